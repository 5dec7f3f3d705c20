/* attempt.c - calling one candidate after the other until one answers. */
#include "attempt.h"

#include <string.h>

#include "answer.h"
#include "base/clock.h"
#include "connection.h"
#include "experience.h"
#include "wire/http.h"

#define ERROR_BODY_MAX ((size_t)64 << 10)
#define EVENT_MAX      ((size_t)16 << 20)

static const char *base_url(const struct exchange *exchange, const struct provider *provider)
{
    return provider->base_url ? provider->base_url : exchange->worker->server->mock_url;
}

static struct live_model *slot_of(const struct exchange *exchange)
{
    const struct model *model = exchange->attempt.model;
    return model ? exchange->snapshot->slots[model->index] : NULL;
}

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
    if (exchange->failed_count == ATTEMPTS_MAX)
        return;
    exchange->failed[exchange->failed_count++] = (struct failed_attempt){
        .provider = attempt->provider->object.name,
        .model = attempt->model ? attempt->model->object.name : "",
        .status = attempt->status,
        .code = fail_row(fail)->name,
    };
}

static bool may_try_again(const struct exchange *exchange, enum fail fail)
{
    int64_t most = exchange->decided ? exchange->decision.route->attempts : 1;
    return exchange->phase == PHASE_CALLING && fail_row(fail)->try_next && exchange->decided &&
           exchange->next_candidate < exchange->decision.shortlist && exchange->attempts < most &&
           exchange->attempts < ATTEMPTS_MAX;
}

/* Nobody is left to ask: what went wrong last, and before. */
static void give_up(struct exchange *exchange, enum fail fail)
{
    struct attempt *attempt = &exchange->attempt;
    struct reply_facts facts = { 0 };
    reply_read(exchange->row->endpoint, buffer_text(&attempt->body), &exchange->arena, &facts);
    if (fail == FAIL_PROVIDER_REFUSED && facts.is_error) {
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
    if (!may_try_again(exchange, fail)) {
        give_up(exchange, fail);
        connection_resume(exchange->connection);
        return;
    }
    counter_add(&exchange->worker->server->totals->fallbacks, 1);
    attempt_next(exchange);
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
    if (!fail)
        fail = fail_from_status(attempt->status);
    if (fail)
        attempt_failed(exchange, fail);
    else
        on_whole_end(exchange);
}

static const struct upstream_events events = { on_head, on_body, on_end };

/* ---- starting ---- */

static void choose_candidate(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    if (!exchange->decided)
        return; /* a relayed path: the preparation has named the provider */
    const struct candidate *candidate = &exchange->decision.candidates[exchange->next_candidate++];
    attempt->model = candidate->model;
    attempt->provider = candidate->model->provider;
}

static void write_request(struct exchange *exchange)
{
    const struct model *model = exchange->attempt.model;
    struct text body = buffer_text(&exchange->body);
    exchange->pieces =
        arena_array(&exchange->arena, request_pieces_most(&exchange->request), sizeof(body));
    if (!exchange->reader) {
        exchange->pieces[0] = body;
        exchange->piece_count = body.len > 0;
        return;
    }
    bool ask_usage = exchange->request.stream && exchange->row->kind == KIND_ROUTED;
    exchange->piece_count =
        request_pieces(&exchange->request, body, model ? model->upstream_model : NULL, ask_usage,
                       &exchange->arena, exchange->pieces);
}

static struct text upstream_path(struct exchange *exchange)
{
    if (exchange->row->kind != KIND_RELAYED || exchange->query.len == 0)
        return exchange->path;
    return text_of(arena_printf(&exchange->arena, "%.*s?%.*s", TEXT_ARGS(exchange->path),
                                TEXT_ARGS(exchange->query)));
}

/* Few enough to be looked up one by one. What an SDK accepts says nothing new where we know what is
 * asked for, so it goes along only on paths that are passed on as they are. */
static const struct {
    const char *name;
    bool only_when_relayed;
} relayed_headers[] = {
    { "OpenAI-Beta", false },
    { "Accept", true },
    { "Range", true },
};

#define RELAYED_HEADERS (sizeof(relayed_headers) / sizeof(relayed_headers[0]))

static size_t read_relayed(const struct exchange *exchange,
                           struct upstream_field fields[RELAYED_HEADERS])
{
    size_t count = 0;
    for (size_t i = 0; i < RELAYED_HEADERS; i++) {
        struct text value = exchange_header(exchange, relayed_headers[i].name);
        if (value.len > 0 &&
            (exchange->row->kind == KIND_RELAYED || !relayed_headers[i].only_when_relayed))
            fields[count++] = (struct upstream_field){ text_of(relayed_headers[i].name), value };
    }
    return count;
}

static void start_call(struct exchange *exchange)
{
    struct upstream_field fields[RELAYED_HEADERS];
    struct attempt *attempt = &exchange->attempt;
    const struct upstream_request request = {
        .provider = attempt->provider,
        .base_url = base_url(exchange, attempt->provider),
        .generation = exchange->snapshot->serial,
        .method = exchange->row->method ? exchange->row->method : exchange->method,
        .path = upstream_path(exchange),
        .content_type = exchange->body.len ? exchange_header(exchange, "Content-Type")
                                           : (struct text){ NULL, 0 },
        .relayed_headers = fields,
        .relayed_header_count = read_relayed(exchange, fields),
        .pieces = exchange->pieces,
        .piece_count = exchange->piece_count,
        .streamed = exchange->request.stream,
        .deadline_ms = exchange->deadline_ms,
        .events = &events,
        .owner = exchange,
    };
    if (!exchange->first_call_us)
        exchange->first_call_us = clock_us();
    attempt->call = upstream_start(exchange->worker->upstream, &request);
}

void attempt_next(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    attempt_clear(exchange);
    outbox_reset(&exchange->outbox);
    *attempt = (struct attempt){ .model = attempt->model,
                                 .provider = attempt->provider,
                                 .started_us = clock_us(),
                                 .retry_after_ms = -1 };
    choose_candidate(exchange);
    exchange->attempts++;
    write_request(exchange);
    if (slot_of(exchange))
        live_note_start(slot_of(exchange));
    start_call(exchange);
}

void attempt_drained(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    if (attempt->call && outbox_is_low(&exchange->outbox))
        upstream_pause(exchange->worker->upstream, attempt->call, false);
}
