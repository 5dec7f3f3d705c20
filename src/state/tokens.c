/* tokens.c - the bearer tokens that are taken from a source again and again. */
#include "state/tokens.h"

#include <assert.h>

#include "slot.h"
#include "token.h"

#define NEVER_ASKED 0
/* What is younger is not asked for again because a provider refuses it: it would be the same. */
#define DOUBT_AGE_MS (10 * 1000)

static int64_t load(const _Atomic int64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic int64_t *word, int64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

/* ---- slots ---- */

static struct live_token *find_locked(struct live *live, const char *source)
{
    for (size_t i = 0; i < live_token_count(live); i++)
        if (strcmp(live->tokens[i]->source, source) == 0)
            return live->tokens[i];
    return NULL;
}

static struct live_token *token_new(struct live *live, const char *source)
{
    const size_t count = live_token_count(live);
    if (count == LIVE_TOKENS_MAX)
        return NULL;
    struct live_token *token = arena_new(&live->arena, struct live_token);
    token->source = arena_string(&live->arena, source);
    live->tokens[count] = token;
    atomic_store_explicit(&live->token_count, count + 1, memory_order_release);
    return token;
}

struct live_token *live_token_slot(struct live *live, const char *source)
{
    pthread_mutex_lock(&live->lock);
    struct live_token *token = find_locked(live, source);
    if (!token)
        token = token_new(live, source);
    pthread_mutex_unlock(&live->lock);
    return token;
}

const char *live_token_source(const struct live_token *token)
{
    return token->source;
}

size_t live_token_count(const struct live *live)
{
    return atomic_load_explicit(&live->token_count, memory_order_acquire);
}

struct live_token *live_token_at(struct live *live, size_t index)
{
    return live->tokens[index];
}

/* ---- putting in ---- */

void live_token_want(struct live_token *token, bool is_wanted)
{
    atomic_store(&token->is_wanted, is_wanted);
}

bool live_token_is_wanted(const struct live_token *token)
{
    return atomic_load(&token->is_wanted);
}

static void write_value(struct token_value *value, struct text text, int64_t ends_ms)
{
    for (size_t at = 0; at < text.len; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        const size_t left = text.len - at;
        memcpy(&word, text.data + at, left < sizeof(word) ? left : sizeof(word));
        atomic_store_explicit(&value->words[at / sizeof(word)], word, memory_order_release);
    }
    atomic_store_explicit(&value->len, text.len, memory_order_release);
    atomic_store_explicit(&value->ends_ms, ends_ms, memory_order_release);
}

static struct text read_value(const struct token_value *value, char room[LIVE_TOKEN_MAX])
{
    size_t len = atomic_load_explicit(&value->len, memory_order_acquire);
    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        const uint64_t word =
            atomic_load_explicit(&value->words[at / sizeof(word)], memory_order_acquire);
        const size_t left = len - at;
        memcpy(room + at, &word, left < sizeof(word) ? left : sizeof(word));
    }
    return (struct text){ room, len };
}

/* What is written over has not been given out for a whole life: nothing need hide it any more. */
static void forget(const struct token_value *value)
{
    char room[LIVE_TOKEN_MAX];
    secret_forget((struct secret){ read_value(value, room) });
}

static void take_over(struct live_token *token, struct text text, int64_t ends_ms)
{
    const uint64_t turn = atomic_load_explicit(&token->turn, memory_order_relaxed) + 1;
    struct token_value *value = &token->values[turn % 2];
    forget(value);
    secret_register((struct secret){ text });
    write_value(value, text, ends_ms);
    atomic_store_explicit(&token->turn, turn, memory_order_release);
}

static bool is_the_same(const struct live_token *token, struct text text)
{
    char room[LIVE_TOKEN_MAX];
    const uint64_t turn = atomic_load_explicit(&token->turn, memory_order_relaxed);
    return text_equal(read_value(&token->values[turn % 2], room), text);
}

static void note_asked(struct live_token *token, int64_t now_ms, int64_t next_ms)
{
    counter_add(&token->fetches, 1);
    store(&token->asked_ms, now_ms);
    store(&token->next_ms, next_ms);
    atomic_store(&token->is_doubted, false);
}

void live_token_put(struct live_token *token, struct text value, int64_t ends_ms, int64_t now_ms,
                    int64_t next_ms)
{
    assert(value.len > 0 && value.len <= LIVE_TOKEN_MAX);
    const uint64_t turn = atomic_load_explicit(&token->turn, memory_order_relaxed);
    if (is_the_same(token, value))
        atomic_store_explicit(&token->values[turn % 2].ends_ms, ends_ms, memory_order_release);
    else
        take_over(token, value, ends_ms);
    store(&token->got_ms, now_ms);
    atomic_store(&token->trouble, TOKEN_FINE);
    atomic_store(&token->failed_in_a_row, 0);
    note_asked(token, now_ms, next_ms);
}

void live_token_miss(struct live_token *token, enum token_trouble trouble, int detail,
                     int64_t now_ms, int64_t next_ms)
{
    counter_add(&token->failures, 1);
    atomic_fetch_add(&token->failed_in_a_row, 1);
    atomic_store(&token->detail, detail);
    atomic_store(&token->trouble, trouble);
    atomic_store(&token->last_trouble, trouble);
    store(&token->failed_ms, now_ms);
    note_asked(token, now_ms, next_ms);
}

unsigned live_token_failed_in_a_row(const struct live_token *token)
{
    return atomic_load(&token->failed_in_a_row);
}

int64_t live_token_due_ms(const struct live_token *token)
{
    const int64_t next_ms = load(&token->next_ms), asked_ms = load(&token->asked_ms);
    const int64_t soon_ms = asked_ms + DOUBT_AGE_MS;
    return atomic_load(&token->is_doubted) && soon_ms < next_ms ? soon_ms : next_ms;
}

/* ---- taking out ---- */

/* The one that is written is never the one that counts; two changes while it is read are noticed
 * by the turn. */
struct secret live_token_take(const struct live_token *token, int64_t now_ms, struct arena *arena)
{
    char room[LIVE_TOKEN_MAX];
    struct text text = { NULL, 0 };
    int64_t ends_ms = 0;
    uint64_t turn, after = atomic_load_explicit(&token->turn, memory_order_acquire);
    do {
        turn = after;
        const struct token_value *value = &token->values[turn % 2];
        text = read_value(value, room);
        ends_ms = atomic_load_explicit(&value->ends_ms, memory_order_acquire);
        after = atomic_load_explicit(&token->turn, memory_order_acquire);
    } while (turn != after);
    if (text.len == 0 || ends_ms <= now_ms)
        return (struct secret){ { NULL, 0 } };
    return (struct secret){ arena_text(arena, text) };
}

static const struct token_value *current(const struct live_token *token)
{
    return &token->values[atomic_load_explicit(&token->turn, memory_order_acquire) % 2];
}

bool live_token_is_valid(const struct live_token *token, int64_t now_ms)
{
    const struct token_value *value = current(token);
    return atomic_load_explicit(&value->len, memory_order_acquire) > 0 &&
           atomic_load_explicit(&value->ends_ms, memory_order_acquire) > now_ms;
}

void live_token_doubt(struct live_token *token)
{
    atomic_store(&token->is_doubted, true);
}

static int64_t ago_ms(int64_t then_ms, int64_t now_ms)
{
    return then_ms == NEVER_ASKED ? -1 : now_ms - then_ms;
}

void live_token_report(const struct live_token *token, int64_t now_ms,
                       struct live_token_report *ret_report)
{
    const bool is_valid = live_token_is_valid(token, now_ms);
    const int64_t ends_ms = atomic_load_explicit(&current(token)->ends_ms, memory_order_acquire);
    const int64_t due_ms = live_token_due_ms(token);
    *ret_report = (struct live_token_report){
        .is_valid = is_valid,
        .ends_in_ms = is_valid && ends_ms != TOKEN_ENDS_NEVER ? ends_ms - now_ms : -1,
        .got_ago_ms = ago_ms(load(&token->got_ms), now_ms),
        .next_in_ms = due_ms > now_ms ? due_ms - now_ms : 0,
        .fetches = counter_read(&token->fetches),
        .failures = counter_read(&token->failures),
        .trouble = (enum token_trouble)atomic_load(&token->trouble),
        .last_trouble = (enum token_trouble)atomic_load(&token->last_trouble),
        .detail = atomic_load(&token->detail),
        .failed_ago_ms = ago_ms(load(&token->failed_ms), now_ms),
    };
}
