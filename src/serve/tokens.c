/* tokens.c - keeps the bearer tokens of providers fresh. */
#include "tokens.h"

#include <assert.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "state/tokens.h"
#include "upstream/token.h"
#include "worker.h"

static_assert(TOKEN_MAX <= LIVE_TOKEN_MAX, "what is read can be kept");

/* ---- when ---- */

#define FILE_PERIOD_MS   2000         /* a file that was replaced is noticed after so long */
#define MARGIN_MS        (240 * 1000) /* Google's server gives a new one five minutes before */
#define SOONEST_MS       1000
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS  (30 * 1000)

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Well before it ends: at four minutes, or at half of what is left where that is sooner. */
static int64_t refresh_ms(const struct token_source *source, int64_t lives_ms)
{
    if (source->is_file)
        return FILE_PERIOD_MS;
    if (lives_ms < 0)
        return MARGIN_MS;
    return larger(larger(lives_ms - MARGIN_MS, lives_ms / 2), SOONEST_MS);
}

/* Doubled from one failure to the next, and up to a quarter less, so that many machines that were
 * started at once do not ask at once. */
static int64_t backoff_ms(const struct token_source *source, unsigned failures)
{
    int64_t ms = BACKOFF_FIRST_MS;
    if (source->is_file)
        return FILE_PERIOD_MS;
    for (unsigned i = 0; i < failures && ms < BACKOFF_MOST_MS; i++)
        ms = 2 * ms < BACKOFF_MOST_MS ? 2 * ms : BACKOFF_MOST_MS;
    return ms - (int64_t)(random_u64() % (uint64_t)(ms / 4));
}

/* ---- one source ---- */

/* The first failure of a row is told, and the end of the row: an outage is two lines of the log. */
static void tell(const struct live_token *token, const struct token_answer *answer)
{
    struct arena arena;
    if (live_token_failed_in_a_row(token) > 0)
        return;
    arena_init(&arena);
    log_say(LOG_WARN, "token", "%s: %s", live_token_source(token),
            token_trouble_words(answer->trouble, answer->detail, &arena));
    arena_clear(&arena);
}

static void tell_recovery(const struct live_token *token)
{
    if (live_token_failed_in_a_row(token) > 0)
        log_say(LOG_INFO, "token", "%s: there is a token again", live_token_source(token));
}

static void keep(struct live_token *token, const struct token_source *source,
                 const struct token_answer *answer)
{
    const int64_t now_ms = clock_ms(), lives_ms = answer->lives_ms;
    if (answer->trouble) {
        tell(token, answer);
        live_token_miss(token, answer->trouble, answer->detail, now_ms,
                        now_ms + backoff_ms(source, live_token_failed_in_a_row(token)));
        return;
    }
    tell_recovery(token);
    live_token_put(token, buffer_text(&answer->value),
                   lives_ms < 0 ? TOKEN_ENDS_NEVER : now_ms + lives_ms, now_ms,
                   now_ms + refresh_ms(source, lives_ms));
}

static void ask(const struct token_thread *self, struct live_token *token)
{
    struct token_source source;
    struct token_answer answer;
    const char *why;
    if (!token_source_read(live_token_source(token), &source, &why))
        return; /* no configuration with it was taken */
    token_answer_init(&answer);
    token_fetch(&source, &self->stops, &answer);
    if (!atomic_load(&self->stops))
        keep(token, &source, &answer);
    token_answer_clear(&answer);
}

/* ---- all of them ---- */

#define LOOK_MOST_MS (60 * 1000)

static int64_t turn(const struct token_thread *self, struct live *live)
{
    int64_t sleep_ms = LOOK_MOST_MS;
    for (size_t i = 0; i < live_token_count(live) && !atomic_load(&self->stops); i++) {
        struct live_token *token = live_token_at(live, i);
        if (!live_token_is_wanted(token))
            continue;
        if (live_token_due_ms(token) <= clock_ms())
            ask(self, token);
        const int64_t left_ms = live_token_due_ms(token) - clock_ms();
        if (left_ms < sleep_ms)
            sleep_ms = left_ms > 0 ? left_ms : 0;
    }
    return sleep_ms;
}

static void *run(void *argument)
{
    struct server *server = argument;
    struct token_thread *self = &server->tokens;
    while (!atomic_load(&self->stops)) {
        uint64_t count;
        struct pollfd wake = { self->wake_fd, POLLIN, 0 };
        if (poll(&wake, 1, (int)turn(self, server->live)) == 1)
            (void)!read(self->wake_fd, &count, sizeof(count));
    }
    arena_forget_spares();
    return NULL;
}

/* ---- for the others ---- */

void tokens_begin(struct server *server)
{
    server->tokens.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static bool is_named(const struct snapshot *snapshot, const struct live_token *token)
{
    for (size_t i = 0; i < snapshot->catalog.provider_count; i++)
        if (snapshot->token_slots[i] == token)
            return true;
    return false;
}

void tokens_follow(struct server *server, const struct snapshot *snapshot)
{
    struct token_thread *self = &server->tokens;
    for (size_t i = 0; i < live_token_count(server->live); i++) {
        struct live_token *token = live_token_at(server->live, i);
        live_token_want(token, is_named(snapshot, token));
    }
    if (!self->runs && live_token_count(server->live) > 0) {
        self->runs = pthread_create(&self->thread, NULL, run, server) == 0;
        if (!self->runs)
            abort();
    }
    tokens_wake(server);
}

void tokens_wake(struct server *server)
{
    const uint64_t one = 1;
    (void)!write(server->tokens.wake_fd, &one, sizeof(one));
}

void tokens_end(struct server *server)
{
    struct token_thread *self = &server->tokens;
    atomic_store(&self->stops, true);
    tokens_wake(server);
    if (self->runs)
        pthread_join(self->thread, NULL);
    self->runs = false;
    close(self->wake_fd);
}
