/* attempt.c - calling one candidate after the other until one answers. */
#include "attempt.h"

#include <string.h>

#include "adapting.h"
#include "admission.h"
#include "answer.h"
#include "base/clock.h"
#include "base/random.h"
#include "bearer.h"
#include "candidates.h"
#include "client.h"
#include "connection.h"
#include "experience.h"
#include "hearing.h"
#include "hedge.h"
#include "outgoing.h"
#include "rescue.h"
#include "retry.h"
#include "silence.h"
#include "translation.h"

static struct live_model *slot_of(const struct exchange *exchange)
{
    const struct model *model = exchange->attempt->model;
    return model ? exchange->snapshot->slots[model->index] : NULL;
}

static void ask(struct exchange *exchange, size_t candidate);
static bool ask_next(struct exchange *exchange, enum fail fail);
static void start_later(struct exchange *exchange, int64_t wait_ms);

/* ---- the end of an attempt ---- */

static void close_attempt(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    if (attempt->listening)
        stream_listener_clear(&attempt->listener);
    translation_clear(exchange);
    adapting_clear(exchange);
    attempt->listening = false;
    attempt->call = NULL;
}

void attempt_clear(struct exchange *exchange)
{
    close_attempt(exchange);
    buffer_clear(&exchange->attempt->body);
}

static bool cancel(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    admission_leave(exchange);
    if (!attempt->call)
        return false;
    upstream_cancel(exchange->worker->upstream, attempt->call);
    experience_note(exchange, FAIL_CLIENT_GONE);
    attempt_clear(exchange);
    return true;
}

bool attempt_cancel(struct exchange *exchange)
{
    bool was_calling = cancel(exchange);
    if (hedge_leave(exchange))
        cancel(exchange);
    admission_leave_route(exchange);
    return was_calling;
}

void attempt_outrun(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    admission_leave(exchange);
    upstream_cancel(exchange->worker->upstream, attempt->call);
    attempt->broken_off = FAIL_OUTRUN;
    if (attempt->listening)
        hearing_learn_usage(exchange, &attempt->listener.usage);
    experience_note(exchange, FAIL_OUTRUN);
    experience_note_waste(exchange);
    attempt_clear(exchange);
}

static void remember_failure(struct exchange *exchange, enum fail fail)
{
    const struct attempt *attempt = exchange->attempt;
    int64_t wait_ms = attempt->retry_after_ms;
    if (wait_ms >= 0 && (exchange->retry_after_ms < 0 || wait_ms < exchange->retry_after_ms))
        exchange->retry_after_ms = wait_ms;
    if (exchange->failed_count == ATTEMPTS_MAX)
        return;
    exchange->failed = arena_room_for_one(&exchange->arena, exchange->failed,
                                          exchange->failed_count, sizeof(*exchange->failed));
    exchange->failed[exchange->failed_count++] = (struct failed_attempt){
        .provider = attempt->provider->object.name,
        .model = attempt->model ? attempt->model->object.name : "",
        .status = attempt->status,
        .code = fail_row(fail)->name,
    };
}

/* Paths that are only relayed are asked twice where that cannot do anything twice. */
#define RELAYED_ATTEMPTS 2

static int attempts_allowed(const struct exchange *exchange)
{
    int64_t most = exchange->decided ? exchange->decision.route->attempts : RELAYED_ATTEMPTS;
    bool is_safe = exchange->row->kind != KIND_RELAYED || strcmp(exchange->method, "GET") == 0;
    int64_t wanted = exchange->request.num_retries;
    if (!is_safe)
        return 1;
    if (exchange->is_read && wanted >= 0 && wanted + 1 < most)
        most = wanted + 1;
    return most < ATTEMPTS_MAX ? (int)most : ATTEMPTS_MAX;
}

static int64_t time_left_ms(const struct exchange *exchange)
{
    return exchange->deadline_ms ? exchange->deadline_ms - exchange->worker->now_ms : INT64_MAX;
}

static struct retry_step what_follows(const struct exchange *exchange, enum fail fail,
                                      bool may_repeat)
{
    const struct route *route = exchange->decided ? exchange->decision.route : NULL;
    const struct retry_case failed = {
        .fail = fail,
        .attempts = exchange->attempts,
        .most = attempts_allowed(exchange),
        .tries = exchange->attempt->tries,
        .has_next = candidates_left(exchange, fail),
        .prefers_wait = !route || route->on_rate_limit == RATE_LIMIT_WAIT,
        .may_repeat = may_repeat,
        .retry_after_ms = exchange->attempt->retry_after_ms,
        .max_wait_ms = route ? route->max_wait_ms : 0,
        .time_left_ms = time_left_ms(exchange),
        .dice = random_u64(),
    };
    return retry_decide(&failed);
}

/* The client is told: by a reply, or inside the stream that has begun. */
static void refuse(struct exchange *exchange, enum fail fail, const char *message)
{
    if (exchange->phase != PHASE_STREAMING) {
        exchange_refuse(exchange, fail, message, NULL);
        connection_resume(exchange->connection);
        return;
    }
    exchange->fail = fail;
    exchange->fail_message = message;
    if (rescue_is_on(exchange))
        rescue_give_up(exchange);
    answer_stream_cut(exchange);
}

/* Nobody is left to ask: what went wrong last, and before. */
static void give_up(struct exchange *exchange, enum fail fail)
{
    struct attempt *attempt = exchange->attempt;
    struct reply_facts facts = { 0 };
    reply_read(exchange->row->endpoint, buffer_text(&attempt->body), &exchange->arena, &facts);
    bool is_open = exchange->phase == PHASE_STREAMING; /* by a comment */
    if (!is_open && fail_row(fail)->status == 400 &&
        facts.is_error) { /* the provider's own words */
        client_error(exchange);
        answer_provider(exchange, buffer_text(&attempt->body));
        return;
    }
    const char *said = facts.error_message.len && fail != FAIL_PROVIDER_AUTH
                           ? arena_string_of(&exchange->arena, facts.error_message)
                           : NULL;
    const char *why = exchange->fail_message; /* it could not be asked */
    const char *message =
        arena_printf(&exchange->arena, "%s (%s%s%s)%s%s", fail_row(fail)->sentence,
                     attempt->provider->object.name, attempt->model ? ", " : "",
                     attempt->model ? attempt->model->object.name : "",
                     said  ? " It said: "
                     : why ? " "
                           : "",
                     said  ? said
                     : why ? why
                           : "");
    refuse(exchange, fail, message);
}

/* A failed attempt: somebody else, a broken stream's last words, or the error. */
void attempt_fail(struct exchange *exchange, enum fail fail)
{
    experience_note(exchange, fail);
    remember_failure(exchange, fail);
    experience_note_waste(exchange);
    if (hedge_goes_on(exchange))
        return;
    if (exchange->answer_begun) {
        if (!rescue_try(exchange, fail))
            answer_stream_cut(exchange);
        return;
    }
    struct retry_step step = what_follows(exchange, fail, true);
    if (step.what == RETRY_SAME && !candidates_may_repeat(exchange))
        step = what_follows(exchange, fail, false);
    if (step.what == RETRY_SAME) {
        start_later(exchange, step.wait_ms);
    } else if (step.what == RETRY_GIVE_UP || !ask_next(exchange, fail)) {
        give_up(exchange, fail);
        connection_resume(exchange->connection);
        return;
    }
    counter_add(&exchange->worker->server->totals->fallbacks, 1);
}

/* ---- starting ---- */

/* What cannot be written is not even asked. */
static void send_question(struct exchange *exchange)
{
    translation_begin(exchange);
    exchange->fail_message = NULL;
    enum fail fail = bearer_take(exchange);
    if (!fail)
        fail = outgoing_write(exchange);
    if (fail) {
        admission_leave(exchange);
        attempt_fail(exchange, fail);
        return;
    }
    outgoing_start(exchange, &hearing_events);
    hedge_watch(exchange);
}

void attempt_start(struct exchange *exchange, unsigned grant)
{
    struct attempt *attempt = exchange->attempt;
    attempt_clear(exchange);
    *attempt = (struct attempt){ .exchange = exchange,
                                 .model = attempt->model,
                                 .provider = attempt->provider,
                                 .candidate = attempt->candidate,
                                 .tries = attempt->tries + 1,
                                 .repeating = attempt->repeating,
                                 .place = attempt->place,
                                 .grant = grant,
                                 .started_us = clock_us(),
                                 .retry_after_ms = -1,
                                 .limit_ms = -1 };
    exchange->attempts++;
    if (slot_of(exchange))
        live_note_start(slot_of(exchange));
    if (rescue_is_on(exchange))
        rescue_start(exchange);
    send_question(exchange);
}

/* The provider has as many calls as it may have, and those who wait are too many or too late. */
static void refuse_full(struct exchange *exchange)
{
    const struct provider *provider = exchange->attempt->provider;
    refuse(exchange, FAIL_OVERLOADED,
           arena_printf(&exchange->arena, "%s is at its limit of %lld calls at a time.",
                        provider->object.name, (long long)provider->max_inflight));
}

/* The provider has room. Where the candidate may not be asked all the same (it is out by now, or
 * another exchange is its probe), somebody who is well is asked instead, if there is anybody. */
static void call_or_pass(struct exchange *exchange)
{
    unsigned grant = candidates_ask(exchange);
    size_t other = grant ? NO_CANDIDATE
                         : candidates_well(exchange, exchange->candidate + 1, exchange->failed_by);
    if (other == NO_CANDIDATE) {
        outbox_drop_held(&exchange->outbox);
        attempt_start(exchange, grant ? grant : GRANT_STARTS);
        return;
    }
    admission_leave(exchange);
    ask(exchange, other);
}

static void start(struct exchange *exchange)
{
    if (bearer_waits(exchange))
        start_later(exchange, BEARER_MOMENT_MS);
    else
        admission_ask(exchange, call_or_pass, refuse_full);
}

static void on_wait_over(struct timer *timer)
{
    start((struct exchange *)((char *)timer - offsetof(struct exchange, retry_timer)));
}

static void start_later(struct exchange *exchange, int64_t wait_ms)
{
    attempt_clear(exchange);
    exchange->retry_timer.ring = on_wait_over;
    timer_arm(&exchange->worker->timers, &exchange->retry_timer,
              exchange->worker->now_ms + wait_ms);
}

static void ask(struct exchange *exchange, size_t candidate)
{
    struct attempt *attempt = exchange->attempt;
    candidates_repeated(exchange); /* it is another one */
    attempt->model = exchange->decision.candidates[candidate].model;
    attempt->provider = attempt->model->provider;
    exchange->candidate = attempt->candidate = candidate;
    attempt->tries = 0;
    start(exchange);
}

/* False where nobody is left that may be asked. */
static bool ask_next(struct exchange *exchange, enum fail fail)
{
    size_t next = candidates_next(exchange, exchange->candidate + 1, fail);
    if (next == NO_CANDIDATE)
        return false;
    exchange->failed_by = fail;
    ask(exchange, next);
    return true;
}

/* ---- another candidate for a stream that broke ---- */

bool attempt_may_start_another(const struct exchange *exchange)
{
    return exchange->attempts < attempts_allowed(exchange) && time_left_ms(exchange) > 0;
}

bool attempt_has_next(const struct exchange *exchange)
{
    return attempt_may_start_another(exchange) && candidates_left(exchange, FAIL_STREAM_CUT);
}

bool attempt_next(struct exchange *exchange)
{
    if (!attempt_may_start_another(exchange) || !ask_next(exchange, FAIL_STREAM_CUT))
        return false;
    counter_add(&exchange->worker->server->totals->fallbacks, 1);
    return true;
}

bool attempt_again(struct exchange *exchange)
{
    if (!attempt_may_start_another(exchange))
        return false;
    counter_add(&exchange->worker->server->totals->fallbacks, 1);
    start(exchange);
    return true;
}

/* For a path that is only relayed there is no decision, only a route's order, or the provider that
 * the preparation has named. */
static void ask_first(struct exchange *exchange)
{
    if (exchange->decided) {
        ask(exchange, candidates_next(exchange, 0, FAIL_NONE));
        return;
    }
    if (exchange->route) {
        exchange->attempt->model = candidates_relayed(exchange);
        exchange->attempt->provider = exchange->attempt->model->provider;
    }
    start(exchange);
}

static void refuse_full_route(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    refuse(exchange, FAIL_OVERLOADED,
           arena_printf(&exchange->arena, "%s is at its limit of %lld requests at a time.",
                        route->object.name, (long long)route->max_inflight));
}

void attempt_first(struct exchange *exchange)
{
    silence_watch(exchange);
    hedge_earn(exchange);
    admission_ask_route(exchange, ask_first, refuse_full_route);
}

void attempt_drained(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    if (attempt->call && outbox_is_low(&exchange->outbox))
        upstream_pause(exchange->worker->upstream, attempt->call, false);
}
