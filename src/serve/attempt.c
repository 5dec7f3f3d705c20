/* attempt.c - calling one candidate after the other until one answers. */
#include "attempt.h"

#include <string.h>

#include "answer.h"
#include "base/clock.h"
#include "base/random.h"
#include "connection.h"
#include "experience.h"
#include "outgoing.h"
#include "retry.h"
#include "wire/http.h"

#define ERROR_BODY_MAX ((size_t)64 << 10)
#define EVENT_MAX      ((size_t)16 << 20)

static struct live_model *slot_of(const struct exchange *exchange)
{
    const struct model *model = exchange->attempt.model;
    return model ? exchange->snapshot->slots[model->index] : NULL;
}

static void ask(struct exchange *exchange, size_t candidate);
static void start_later(struct exchange *exchange, int64_t wait_ms);

/* ---- the end of an attempt ---- */

static void close_attempt(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    if (attempt->listening)
        stream_listener_clear(&attempt->listener);
    attempt->listening = false;
    attempt->call = NULL;
}

void attempt_clear(struct exchange *exchange)
{
    close_attempt(exchange);
    buffer_clear(&exchange->attempt.body);
}

bool attempt_cancel(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    if (!attempt->call)
        return false;
    upstream_cancel(exchange->worker->upstream, attempt->call);
    experience_note(exchange, FAIL_CLIENT_GONE);
    close_attempt(exchange);
    return true;
}

static void remember_failure(struct exchange *exchange, enum fail fail)
{
    const struct attempt *attempt = &exchange->attempt;
    int64_t wait_ms = attempt->retry_after_ms;
    if (wait_ms >= 0 && (exchange->retry_after_ms < 0 || wait_ms < exchange->retry_after_ms))
        exchange->retry_after_ms = wait_ms;
    if (exchange->failed_count == ATTEMPTS_MAX)
        return;
    exchange->failed[exchange->failed_count++] = (struct failed_attempt){
        .provider = attempt->provider->object.name,
        .model = attempt->model ? attempt->model->object.name : "",
        .status = attempt->status,
        .code = fail_row(fail)->name,
    };
}

/* Whether another candidate could do better with what this one failed at. */
static bool may_do_better(const struct exchange *exchange, enum fail fail,
                          const struct model *model)
{
    int64_t window = exchange->attempt.model->context_window;
    switch (fail_row(fail)->next) {
    case NEXT_NEVER:
        return false;
    case NEXT_ANY:
        return true;
    case NEXT_LARGER:
        return model->context_window < 0 || model->context_window > window;
    case NEXT_WANTED:
        return exchange->decision.route->on_content_policy == CONTENT_POLICY_NEXT;
    }
    return false;
}

#define NO_CANDIDATE SIZE_MAX

static size_t next_candidate(const struct exchange *exchange, enum fail fail)
{
    const struct decision *decision = &exchange->decision;
    for (size_t i = exchange->candidate + 1; exchange->decided && i < decision->shortlist; i++)
        if (may_do_better(exchange, fail, decision->candidates[i].model))
            return i;
    return NO_CANDIDATE;
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
    if (exchange->reader && wanted >= 0 && wanted + 1 < most)
        most = wanted + 1;
    return most < ATTEMPTS_MAX ? (int)most : ATTEMPTS_MAX;
}

static int64_t time_left_ms(const struct exchange *exchange)
{
    return exchange->deadline_ms ? exchange->deadline_ms - exchange->worker->now_ms : INT64_MAX;
}

static struct retry_step what_follows(const struct exchange *exchange, enum fail fail)
{
    const struct route *route = exchange->decided ? exchange->decision.route : NULL;
    const struct retry_case failed = {
        .fail = fail,
        .attempts = exchange->attempts,
        .most = attempts_allowed(exchange),
        .tries = exchange->tries,
        .has_next = next_candidate(exchange, fail) != NO_CANDIDATE,
        .prefers_wait = !route || route->on_rate_limit == RATE_LIMIT_WAIT,
        .may_repeat = true,
        .retry_after_ms = exchange->attempt.retry_after_ms,
        .max_wait_ms = route ? route->max_wait_ms : 0,
        .time_left_ms = time_left_ms(exchange),
        .dice = random_u64(),
    };
    return retry_decide(&failed);
}

/* Nobody is left to ask: what went wrong last, and before. */
static void give_up(struct exchange *exchange, enum fail fail)
{
    struct attempt *attempt = &exchange->attempt;
    struct reply_facts facts = { 0 };
    reply_read(exchange->row->endpoint, buffer_text(&attempt->body), &exchange->arena, &facts);
    if (fail_row(fail)->status == 400 && facts.is_error) { /* the provider's own words */
        answer_provider(exchange, buffer_text(&attempt->body));
        return;
    }
    const char *said = facts.error_message.len && fail != FAIL_PROVIDER_AUTH
                           ? arena_string_of(&exchange->arena, facts.error_message)
                           : NULL;
    const char *message =
        arena_printf(&exchange->arena, "%s (%s%s%s)%s%s", fail_row(fail)->sentence,
                     attempt->provider->object.name, attempt->model ? ", " : "",
                     attempt->model ? attempt->model->object.name : "", said ? " It said: " : "",
                     said ? said : "");
    exchange_refuse(exchange, fail, message, NULL);
}

static void end_stream(struct exchange *exchange, enum fail fail)
{
    if (exchange->attempt.listener.finished) {
        answer_stream_end(exchange);
        return;
    }
    exchange->fail = fail == FAIL_NONE ? FAIL_STREAM_CUT : fail;
    answer_stream_cut(exchange);
}

/* A failed attempt: the next candidate, a broken stream's last words, or the error. */
static void attempt_failed(struct exchange *exchange, enum fail fail)
{
    experience_note(exchange, fail);
    remember_failure(exchange, fail);
    if (exchange->phase == PHASE_STREAMING) {
        end_stream(exchange, fail);
        return;
    }
    const struct retry_step step = what_follows(exchange, fail);
    if (step.what == RETRY_GIVE_UP) {
        give_up(exchange, fail);
        connection_resume(exchange->connection);
        return;
    }
    counter_add(&exchange->worker->server->totals->fallbacks, 1);
    if (step.what == RETRY_SAME)
        start_later(exchange, step.wait_ms);
    else
        ask(exchange, next_candidate(exchange, fail));
}

static void learn_usage(struct exchange *exchange, const struct usage *usage)
{
    exchange->usage = *usage;
    if (exchange->attempt.model)
        exchange->cost = price_of(&exchange->attempt.model->price, usage);
}

/* ---- streams ---- */

/* The first real event commits the answer: before it, what was said is kept back. */
static void commit(struct exchange *exchange)
{
    exchange->phase = PHASE_STREAMING;
    exchange->status = exchange->attempt.status;
    exchange->content_type = "text/event-stream; charset=utf-8";
    gauge_add(&exchange->worker->server->totals->streams, 1);
}

static void note_first_token(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    if (attempt->first_token_us)
        return;
    attempt->first_token_us = clock_us();
    histogram_note_us(&exchange->worker->server->totals->first_token,
                      attempt->first_token_us - exchange->started_us);
    upstream_note_token(attempt->call);
}

static bool on_event(void *owner, const struct stream_event *event)
{
    struct exchange *exchange = owner;
    bool uncommitted = exchange->phase == PHASE_CALLING;
    if (event->kind == STREAM_TOO_LARGE)
        exchange->fail = FAIL_REPLY_TOO_LARGE;
    else if (event->kind == STREAM_ERROR && uncommitted)
        exchange->fail = FAIL_STREAM_ERROR;
    if (exchange->fail) {
        buffer_append_text(&exchange->attempt.body, event->error_message);
        return false;
    }
    if (event->kind == STREAM_ERROR)
        exchange->error_told = true;
    if (event->kind == STREAM_DELTA || event->kind == STREAM_FINISH)
        note_first_token(exchange);
    if (event->bytes.len > 0 && !outbox_add(&exchange->outbox, event->bytes)) {
        exchange->fail = FAIL_REPLY_TOO_LARGE;
        return false;
    }
    if (uncommitted && event->kind >= STREAM_DELTA && event->kind <= STREAM_DONE)
        commit(exchange);
    return true;
}

static bool on_stream_bytes(struct exchange *exchange, struct text bytes)
{
    struct attempt *attempt = &exchange->attempt;
    if (!stream_listener_feed(&attempt->listener, bytes))
        return false;
    if (exchange->phase == PHASE_STREAMING)
        connection_resume(exchange->connection);
    if (attempt->call && outbox_is_high(&exchange->outbox))
        upstream_pause(exchange->worker->upstream, attempt->call, true);
    return true;
}

static void on_stream_end(struct exchange *exchange, enum fail fail)
{
    struct attempt *attempt = &exchange->attempt;
    const struct live_totals *totals = exchange->worker->server->totals;
    counter_add((struct counter *)&totals->events_malformed, attempt->listener.malformed);
    counter_add((struct counter *)&totals->events_relayed, attempt->listener.events);
    learn_usage(exchange, &attempt->listener.usage);
    if (exchange->fail)
        fail = exchange->fail;
    else if (fail == FAIL_NONE && exchange->phase == PHASE_CALLING)
        fail = FAIL_RESET; /* a stream without a single event */
    bool complete = attempt->listener.finished || attempt->listener.done;
    if (!fail && !complete)
        fail = FAIL_STREAM_CUT;
    if (fail && !(complete && exchange->phase == PHASE_STREAMING)) {
        exchange->fail = FAIL_NONE;
        attempt_failed(exchange, fail);
        return;
    }
    exchange->fail = FAIL_NONE;
    experience_note(exchange, FAIL_NONE);
    answer_stream_end(exchange);
}

/* ---- whole replies ---- */

static bool must_be_json(const struct exchange *exchange)
{
    return exchange->row->kind == KIND_ROUTED;
}

static void on_whole_end(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    struct reply_facts facts = { 0 };
    struct text body = buffer_text(&attempt->body);
    reply_read(exchange->row->endpoint, body, &exchange->arena, &facts);
    if (must_be_json(exchange) && !facts.is_json) {
        attempt_failed(exchange, FAIL_PROVIDER_GARBAGE);
        return;
    }
    learn_usage(exchange, &facts.usage);
    experience_note(exchange, FAIL_NONE);
    answer_provider(exchange, body);
    connection_resume(exchange->connection);
}

/* ---- what the upstream calls ---- */

static bool is_event_stream(struct upstream_call *call)
{
    return text_starts(upstream_header(call, "content-type"), "text/event-stream");
}

static void listen_to(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    bool hide = !exchange->request.include_usage;
    stream_listener_init(&attempt->listener, exchange->row->endpoint, hide, EVENT_MAX, on_event,
                         exchange);
    attempt->listening = true;
}

static void on_head(void *owner, struct upstream_call *call, int status)
{
    struct exchange *exchange = owner;
    struct attempt *attempt = &exchange->attempt;
    attempt->status = status;
    attempt->retry_after_ms =
        http_retry_after_ms(upstream_header(call, "retry-after"),
                            upstream_header(call, "retry-after-ms"), clock_wall_ms());
    answer_keep_headers(exchange, call);
    if (status >= 400)
        attempt->mode = REPLY_ERROR;
    else if (is_event_stream(call))
        attempt->mode = REPLY_EVENTS;
    else
        attempt->mode = REPLY_WHOLE;
    buffer_init(&attempt->body, attempt->mode == REPLY_WHOLE ? REPLY_KEPT_MAX : ERROR_BODY_MAX);
    if (attempt->mode == REPLY_EVENTS)
        listen_to(exchange);
}

static bool on_body(void *owner, struct text bytes)
{
    struct exchange *exchange = owner;
    struct attempt *attempt = &exchange->attempt;
    if (attempt->mode == REPLY_EVENTS)
        return on_stream_bytes(exchange, bytes);
    if (attempt->mode == REPLY_WHOLE)
        note_first_token(exchange);
    if (buffer_append_text(&attempt->body, bytes) || attempt->mode == REPLY_ERROR)
        return true;
    exchange->fail = FAIL_REPLY_TOO_LARGE;
    return false;
}

/* What a status and the body that came with it mean. */
static enum fail read_error(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    struct reply_facts facts = { 0 };
    reply_read(exchange->row->endpoint, buffer_text(&attempt->body), &exchange->arena, &facts);
    return fail_from_error(attempt->status, arena_string_of(&exchange->arena, facts.error_code),
                           arena_string_of(&exchange->arena, facts.error_message));
}

static void on_end(void *owner, enum fail fail)
{
    struct exchange *exchange = owner;
    struct attempt *attempt = &exchange->attempt;
    attempt->call = NULL;
    if (attempt->mode == REPLY_EVENTS) {
        on_stream_end(exchange, fail);
        return;
    }
    if (exchange->fail) {
        fail = exchange->fail;
        exchange->fail = FAIL_NONE;
    }
    if (!fail && attempt->status >= 400)
        fail = read_error(exchange);
    if (fail)
        attempt_failed(exchange, fail);
    else
        on_whole_end(exchange);
}

static const struct upstream_events events = { on_head, on_body, on_end };

/* ---- starting ---- */

static void start(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    attempt_clear(exchange);
    outbox_reset(&exchange->outbox);
    *attempt = (struct attempt){ .model = attempt->model,
                                 .provider = attempt->provider,
                                 .started_us = clock_us(),
                                 .retry_after_ms = -1 };
    exchange->attempts++;
    exchange->tries++;
    if (slot_of(exchange))
        live_note_start(slot_of(exchange));
    outgoing_start(exchange, &events);
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

/* A relayed path has no candidates: the preparation has named the provider. */
static void ask(struct exchange *exchange, size_t candidate)
{
    struct attempt *attempt = &exchange->attempt;
    if (exchange->decided) {
        attempt->model = exchange->decision.candidates[candidate].model;
        attempt->provider = attempt->model->provider;
        exchange->candidate = candidate;
    }
    exchange->tries = 0;
    start(exchange);
}

void attempt_first(struct exchange *exchange)
{
    ask(exchange, 0);
}

void attempt_drained(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    if (attempt->call && outbox_is_low(&exchange->outbox))
        upstream_pause(exchange->worker->upstream, attempt->call, false);
}
