/* exchange.c - the life of one request. Read this file first.
 *
 * Every step either goes on or refuses with a row of the failure table. What needs a provider is in
 * attempt.c, what goes to the client in answer.c, what is written down at the end in settle.c. */
#include "exchange.h"

#include <stdlib.h>
#include <strings.h>

#include "answer.h"
#include "attempt.h"
#include "base/clock.h"
#include "base/random.h"
#include "candidates.h"
#include "client.h"
#include "connection.h"
#include "hedge.h"
#include "prepare.h"
#include "quiet.h"
#include "refusal.h"
#include "reload.h"
#include "rescue.h"
#include "settle.h"
#include "silence.h"

#define ARENA_FOR_REST 2500 /* the decision and a few names, as a rule */

static void on_body_deadline(struct timer *timer)
{
    struct exchange *exchange =
        (struct exchange *)((char *)timer - offsetof(struct exchange, timer));
    if (!exchange->told)
        refusal_tell(exchange->connection, FAIL_SLOW_REQUEST, NULL, NULL);
}

static struct text look_up(const struct exchange *exchange, enum MHD_ValueKind kind,
                           const char *name)
{
    const char *value = NULL;
    size_t len = 0;
    if (!exchange->connection->mhd ||
        MHD_lookup_connection_value_n(exchange->connection->mhd, kind, name, strlen(name), &value,
                                      &len) != MHD_YES)
        return (struct text){ NULL, 0 };
    return (struct text){ value, len };
}

struct text exchange_header_named(const struct exchange *exchange, const char *name)
{
    return look_up(exchange, MHD_HEADER_KIND, name);
}

struct text exchange_argument(const struct exchange *exchange, const char *name)
{
    return look_up(exchange, MHD_GET_ARGUMENT_KIND, name);
}

static void read_path(struct exchange *exchange)
{
    struct text uri = arena_text(&exchange->arena, text_of(exchange->connection->uri)), before;
    exchange->path = endpoints_path(uri);
    text_split(&uri, '?', &before);
    exchange->query = uri;
}

struct exchange *exchange_new(struct connection *connection, const char *method,
                              const char *version)
{
    struct arena arena;
    arena_init(&arena);
    arena_reserve(&arena, sizeof(struct exchange) + ARENA_FOR_REST);
    struct exchange *exchange = arena_new(&arena, struct exchange);
    struct worker *worker = connection->worker;
    exchange->arena = arena;
    arena_init(&exchange->reading);
    exchange->worker = worker;
    exchange->connection = connection;
    exchange->snapshot = snapshot_ref(worker->snapshot);
    exchange->started_us = clock_us();
    exchange->method = arena_string(&exchange->arena, method);
    client_headers_read(&exchange->headers, connection->mhd);
    exchange->first_attempt.exchange = exchange;
    exchange->attempt = &exchange->first_attempt;
    exchange->timer.ring = on_body_deadline;
    exchange->cost = -1;
    exchange->retry_after_ms = -1;
    exchange->usage = (struct usage)USAGE_UNKNOWN;
    exchange->close = strcmp(version, "HTTP/1.0") == 0;
    random_id(exchange->id, sizeof(exchange->id), "req_");
    read_path(exchange);
    buffer_init(&exchange->body, exchange->snapshot->limits.request_body);
    buffer_init(&exchange->reply, REPLY_KEPT_MAX);
    outbox_init(&exchange->outbox, exchange->snapshot->limits.client_buffer,
                exchange->snapshot->limits.client_buffer + OUTBOX_OVERRUN,
                &worker->server->totals->buffered_bytes, exchange->snapshot->limits.buffered_bytes,
                &worker->spares);
    worker->exchanges++;
    quiet_note_begin(worker);
    gauge_add(&worker->server->totals->exchanges, 1);
    return exchange;
}

void exchange_refuse(struct exchange *exchange, enum fail fail, const char *message,
                     const char *param)
{
    exchange->fail = fail;
    exchange->fail_message = message;
    exchange->fail_param = param;
    answer_error(exchange);
}

/* ---- headers ---- */

static struct text bearer(const struct exchange *exchange)
{
    struct text header = exchange_header(exchange, HEADER_AUTHORIZATION);
    if (header.len > 7 && strncasecmp(header.data, "Bearer ", 7) == 0)
        return text_trim((struct text){ header.data + 7, header.len - 7 });
    return exchange_header(exchange, HEADER_API_KEY);
}

static enum fail find_endpoint(struct exchange *exchange)
{
    enum fail fail = FAIL_NONE;
    exchange->row =
        endpoints_find(exchange->connection->admin, exchange->method, exchange->path, &fail);
    return fail;
}

static enum fail identify(struct exchange *exchange)
{
    if (exchange->row->open)
        return FAIL_NONE;
    return keyring_identify(&exchange->snapshot->keyring, bearer(exchange), &exchange->caller);
}

/* The operator may look also when, and just when, there is no room for clients. */
static enum fail check_memory(const struct exchange *exchange)
{
    if (exchange->connection->admin)
        return FAIL_NONE;
    int64_t held = gauge_read(&exchange->worker->server->totals->buffered_bytes);
    return held > (int64_t)exchange->snapshot->limits.buffered_bytes ? FAIL_OVERLOADED : FAIL_NONE;
}

static bool is_json(struct text content_type)
{
    return content_type.len >= 16 && strncasecmp(content_type.data, "application/json", 16) == 0;
}

static bool reads_json(const struct endpoint_row *row)
{
    return row->kind == KIND_ROUTED || row->kind == KIND_EXPLAIN || row->body_max > 0;
}

static bool reads_chat(const struct endpoint_row *row)
{
    return row->kind == KIND_ROUTED || row->kind == KIND_EXPLAIN;
}

/* Without a length libmicrohttpd would take the body for the next request. */
static enum fail check_content(const struct exchange *exchange)
{
    if (!reads_json(exchange->row))
        return FAIL_NONE;
    const struct guard_result *framing = &exchange->connection->framing;
    if (framing->content_length < 0 && !framing->chunked)
        return FAIL_LENGTH_REQUIRED;
    struct text type = exchange_header(exchange, HEADER_CONTENT_TYPE);
    return type.len == 0 || is_json(type) ? FAIL_NONE : FAIL_MEDIA_TYPE;
}

/* Everything that can be refused before a byte of the body was read. */
static enum fail admit(struct exchange *exchange)
{
    enum fail fail = find_endpoint(exchange);
    if (fail)
        return fail;

    fail = identify(exchange);
    if (fail)
        return fail;

    fail = check_content(exchange);
    if (fail)
        return fail;

    return check_memory(exchange);
}

static void expect_body(struct exchange *exchange)
{
    const struct endpoint_row *row = exchange->row;
    if (reads_chat(row) ||
        (row->kind == KIND_RELAYED && is_json(exchange_header(exchange, HEADER_CONTENT_TYPE))))
        exchange->reader =
            request_reader_apart(client_is_anthropic(exchange) ? ENDPOINT_RELAYED : row->endpoint,
                                 &exchange->reading, &exchange->arena);
    if (row->body_max > 0 && row->body_max < exchange->body.max)
        exchange->body.max = row->body_max;
    timer_arm(&exchange->worker->timers, &exchange->timer,
              exchange->worker->now_ms + exchange->snapshot->limits.body_timeout_ms);
}

static bool has_body(const struct exchange *exchange)
{
    const struct guard_result *framing = &exchange->connection->framing;
    return framing->chunked || framing->content_length > 0;
}

/* libmicrohttpd would send no answer before the whole body was there, and throw away none of it. */
enum MHD_Result exchange_on_headers(struct exchange *exchange)
{
    prepare_client_id(exchange);
    prepare_client_retry(exchange);
    enum fail fail = admit(exchange);
    if (!fail) {
        expect_body(exchange);
        return MHD_YES;
    }
    if (has_body(exchange)) {
        refusal_tell(exchange->connection, fail, NULL, NULL);
        return MHD_YES;
    }
    exchange_refuse(exchange, fail, NULL, NULL);
    return answer_queue(exchange);
}

/* ---- body ---- */

static void count_body(struct exchange *exchange)
{
    gauge_add(&exchange->worker->server->totals->buffered_bytes,
              (int64_t)exchange->body.room - (int64_t)exchange->body_counted);
    exchange->body_counted = exchange->body.room;
}

static void read_piece(struct exchange *exchange, const char *bytes, size_t len)
{
    size_t fed = exchange->body.len;
    body_spares_grow(&exchange->worker->body_spares, &exchange->body, len);
    if (!buffer_append(&exchange->body, bytes, len)) {
        exchange->fail = FAIL_BODY_TOO_LARGE;
        return;
    }
    count_body(exchange);
    exchange->fail = check_memory(exchange);
    if (!exchange->fail && exchange->reader)
        exchange->fail = request_reader_feed(exchange->reader, buffer_text(&exchange->body), fed);
}

static void forget_body(struct exchange *exchange)
{
    buffer_clear(&exchange->body);
    count_body(exchange);
}

/* libmicrohttpd cannot answer in the middle of an upload. What follows a refusal is thrown away,
 * and answered in order at its end, up to the cap; above it, which only chunks can be, the refusal
 * is told at once. */
enum MHD_Result exchange_on_upload(struct exchange *exchange, const char *bytes, size_t len)
{
    exchange->phase = PHASE_BODY;
    exchange->worker->uploaded += len;
    counter_add(&exchange->worker->server->totals->bytes_in, len);
    if (exchange->told)
        return MHD_YES;
    exchange->received += len;
    if (!exchange->fail)
        read_piece(exchange, bytes, len);
    if (exchange->fail)
        forget_body(exchange);
    if (exchange->fail == FAIL_BODY_TOO_LARGE ||
        exchange->received > exchange->snapshot->limits.request_body)
        refusal_tell(exchange->connection, FAIL_BODY_TOO_LARGE, NULL, NULL);
    return MHD_YES;
}

/* ---- the request is complete ---- */

static void refuse_body(struct exchange *exchange)
{
    const struct reading_problem *problem =
        exchange->reader ? request_reader_problem(exchange->reader) : NULL;
    exchange_refuse(exchange, exchange->fail, problem ? problem->message : NULL,
                    problem ? problem->param : NULL);
}

/* It is as large as the request that it has read, and a stream may last for hours. */
static void forget_reader(struct exchange *exchange)
{
    exchange->reader = NULL;
    arena_clear(&exchange->reading);
}

/* From a complete body to a call, or to an answer at once. */
static void begin(struct exchange *exchange)
{
    timer_stop(&exchange->worker->timers, &exchange->timer);
    exchange->phase = PHASE_CALLING;
    exchange->ready_us = clock_us();
    if (exchange->fail) {
        refuse_body(exchange);
        return;
    }
    if (exchange->row->kind == KIND_LOCAL) {
        exchange->row->answer(exchange);
        return;
    }
    enum fail fail = prepare(exchange);
    forget_reader(exchange);
    if (exchange->row->kind == KIND_EXPLAIN && exchange->decided)
        answer_decision(exchange); /* a refusal is a decision too */
    else if (fail && fail != FAIL_DENIED && exchange->decided && client_only_counts(exchange))
        client_answer_count(exchange); /* nobody counts for us */
    else if (fail)
        exchange_refuse(exchange, fail, exchange->fail_message, exchange->fail_param);
    else
        attempt_first(exchange);
}

enum MHD_Result exchange_on_call(struct exchange *exchange)
{
    if (exchange->client_gone || exchange->told)
        return MHD_NO;
    if (exchange->phase <= PHASE_BODY)
        begin(exchange);
    if (exchange->phase == PHASE_CALLING) {
        connection_pause(exchange->connection);
        return MHD_YES;
    }
    return exchange->queued ? MHD_YES : answer_queue(exchange);
}

void exchange_on_resume(struct exchange *exchange)
{
    bool is_there = exchange->phase > PHASE_CALLING && !exchange->queued;
    if (is_there && !exchange->client_gone && !exchange->told)
        answer_queue(exchange);
}

void exchange_client_gone(struct exchange *exchange)
{
    if (exchange->client_gone || exchange->told)
        return;
    exchange->client_gone = true;
    if (attempt_cancel(exchange))
        counter_add(&exchange->worker->server->totals->upstream_cancelled, 1);
    connection_resume(exchange->connection);
}

void exchange_end(struct exchange *exchange, bool complete)
{
    struct worker *worker = exchange->worker;
    if (!complete && !exchange->told)
        exchange->client_gone = true;
    attempt_cancel(exchange);
    reload_forget(exchange);
    settle(exchange);
    timer_stop(&worker->timers, &exchange->timer);
    timer_stop(&worker->timers, &exchange->retry_timer);
    timer_stop(&worker->timers, &exchange->end_timer);
    candidates_repeated(exchange);
    body_spares_take(&worker->body_spares, &exchange->body, worker->now_ms);
    count_body(exchange);
    buffer_clear(&exchange->reply);
    outbox_clear(&exchange->outbox);
    attempt_clear(exchange);
    hedge_clear(exchange);
    rescue_clear(exchange);
    client_clear(exchange);
    silence_end(exchange);
    arena_clear(&exchange->reading);
    snapshot_unref(exchange->snapshot);
    worker->exchanges--;
    quiet_note_end(worker);
    gauge_add(&worker->server->totals->exchanges, -1);
    struct arena arena = exchange->arena;
    arena_clear(&arena);
}
