/* answer.c - what goes to the client: whole replies, streams, errors, and their headers. */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "admission.h"
#include "attempt.h"
#include "client.h"
#include "connection.h"
#include "translation.h"

#define READER_BLOCK       ((size_t)8 << 10) /* half of a connection's pool */
#define READER_BLOCK_SMALL ((size_t)2 << 10) /* of a stream that begins word by word */
#define RETRY_AFTER_MAX_MS 60000             /* the SDKs take more for "give up" */
#define CONTENT_JSON       "application/json"

static void set_reply(struct exchange *exchange, int status, const char *content_type)
{
    exchange->status = status;
    exchange->content_type = content_type;
    exchange->phase = PHASE_ANSWERED;
    admission_leave_route(exchange);
}

void exchange_answer(struct exchange *exchange, int status, const char *content_type)
{
    set_reply(exchange, status, content_type);
}

static struct error_note note_of(const struct exchange *exchange)
{
    return (struct error_note){
        .fail = exchange->fail,
        .message = exchange->fail_message,
        .param = exchange->fail_param,
        .previous = exchange->failed,
        .previous_count = exchange->failed_count,
    };
}

/* ---- explanations ---- */

static json_t *explanation_of(struct exchange *exchange)
{
    router_flips(&exchange->decision);
    return decision_to_json(&exchange->decision, exchange->decision_id);
}

static bool append_json(struct buffer *out, json_t *json)
{
    char *printed = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9));
    bool kept = printed && buffer_append_string(out, printed);
    free(printed);
    json_decref(json);
    return kept;
}

void answer_json(struct exchange *exchange, int status, json_t *json)
{
    append_json(&exchange->reply, json);
    set_reply(exchange, status, CONTENT_JSON);
}

void answer_decision(struct exchange *exchange)
{
    answer_json(exchange, 200, explanation_of(exchange));
}

/* The explanation becomes the last member of the reply's object; all other members stay as they
 * were. Where there is no room for it, there is none. */
static void explain_reply(struct exchange *exchange)
{
    struct buffer *reply = &exchange->reply;
    struct text object = text_trim(buffer_text(reply));
    if (!exchange->explain || !exchange->decided || object.len <= 2 ||
        object.data[object.len - 1] != '}')
        return;
    size_t open = (size_t)(object.data - reply->data) + object.len - 1;
    reply->len = open;
    if (!buffer_append_string(reply, ",\"bourse\":") ||
        !append_json(reply, explanation_of(exchange)) || !buffer_append_string(reply, "}")) {
        reply->data[open] = '}';
        reply->len = open + 1;
    }
}

/* ---- replies ---- */

void answer_error(struct exchange *exchange)
{
    const struct fail_row *row = fail_row(exchange->fail);
    const struct error_note note = note_of(exchange);
    exchange->reply.len = 0;
    client_write_error(exchange, &note);
    explain_reply(exchange);
    exchange->close = exchange->close || row->close;
    set_reply(exchange, row->status, CONTENT_JSON);
}

static struct text kept_header(const struct exchange *exchange, const char *name)
{
    const struct attempt *attempt = exchange->attempt;
    for (size_t i = 0; i < attempt->kept_count; i++)
        if (text_is_nocase(attempt->kept[i].name, name))
            return attempt->kept[i].value;
    return (struct text){ NULL, 0 };
}

/* The body changes hands instead of being copied, unless the explanation has to go in. */
void answer_provider(struct exchange *exchange, struct text body)
{
    struct text type = kept_header(exchange, "content-type");
    if (exchange->explain && exchange->decided) {
        buffer_append_text(&exchange->reply, body);
        explain_reply(exchange);
    } else {
        buffer_clear(&exchange->reply);
        exchange->reply = exchange->attempt->body;
        buffer_init(&exchange->attempt->body, 0);
    }
    set_reply(exchange, exchange->attempt->status,
              type.len ? arena_string_of(&exchange->arena, type) : CONTENT_JSON);
}

static void keep_header(struct attempt *attempt, struct text name, struct text value)
{
    struct arena *arena = &attempt->exchange->arena;
    attempt->kept =
        arena_room_for_one(arena, attempt->kept, attempt->kept_count, sizeof(*attempt->kept));
    attempt->kept[attempt->kept_count++] =
        (struct http_field){ arena_text(arena, name), arena_text(arena, value) };
}

/* One that is too long is left out, and shorter ones behind it are not. */
void answer_keep_headers(struct attempt *attempt)
{
    size_t at = 0, bytes = 0;
    struct text name, value;
    while (attempt->kept_count < KEPT_HEADERS_MAX &&
           upstream_next_header(attempt->call, &at, &name, &value)) {
        size_t line = name.len + value.len + strlen(": \r\n");
        if (!http_may_relay_response(name) || bytes + line > KEPT_BYTES_MAX)
            continue;
        bytes += line;
        keep_header(attempt, name, value);
    }
}

/* ---- streams ---- */

void answer_stream_begin(struct exchange *exchange, int status)
{
    exchange->phase = PHASE_STREAMING;
    exchange->status = status;
    exchange->content_type = "text/event-stream; charset=utf-8";
    gauge_add(&exchange->worker->server->totals->streams, 1);
}

static void end_stream(struct exchange *exchange)
{
    exchange->outbox.end = OUTBOX_COMPLETE;
    admission_leave_route(exchange);
    connection_resume(exchange->connection);
}

void answer_stream_end(struct exchange *exchange)
{
    outbox_add(&exchange->outbox, client_stream_end(exchange));
    end_stream(exchange);
}

void answer_stream_cut(struct exchange *exchange)
{
    const struct error_note note = note_of(exchange);
    if (!exchange->error_told)
        outbox_add(&exchange->outbox, client_stream_cut(exchange, &note));
    end_stream(exchange);
}

/* Called by libmicrohttpd whenever the socket has room; after 0 it is not run before a resume. */
static ssize_t read_outbox(void *owner, uint64_t position, char *to, size_t max)
{
    struct exchange *exchange = owner;
    (void)position;
    if (exchange->client_gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t len = outbox_take(&exchange->outbox, to, max);
    if (len == 0 && exchange->outbox.end != OUTBOX_COMPLETE) {
        connection_pause(exchange->connection);
        return 0;
    }
    if (len == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    exchange->bytes_out += len;
    attempt_drained(exchange);
    return (ssize_t)len;
}

/* ---- headers ---- */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value && *value)
        MHD_add_response_header(response, name, value);
}

/* Another attempt might help, but this request has had all that its route allows: were the client
 * to begin anew, attempts would multiply. */
static bool is_spent(const struct exchange *exchange)
{
    return exchange->decided && fail_row(exchange->fail)->next != NEXT_NEVER &&
           exchange->status >= 400 && exchange->attempts >= exchange->decision.route->attempts;
}

static void add_provider_headers(struct exchange *exchange, struct MHD_Response *response)
{
    const struct attempt *attempt = exchange->attempt;
    for (size_t i = 0; i < attempt->kept_count; i++) {
        const struct http_field *field = &attempt->kept[i];
        if (text_is_nocase(field->name, "content-type") ||
            text_starts(field->name, "retry-after") ||
            (is_spent(exchange) && text_is_nocase(field->name, "x-should-retry")))
            continue;
        MHD_add_response_header(response, field->name.data, field->value.data);
    }
}

static void add_decision_headers(struct exchange *exchange, struct MHD_Response *response)
{
    const struct decision *decision = &exchange->decision;
    char attempts[16], rules[RULE_NAMES_SIZE];
    add_header(response, "x-bourse-decision", exchange->decision_id);
    add_header(response, "x-bourse-route", decision->route->object.name);
    snprintf(attempts, sizeof(attempts), "%d", exchange->attempts);
    add_header(response, "x-bourse-attempts", attempts);
    decision_rule_names(decision, rules);
    add_header(response, "x-bourse-rule", rules);
    if (decision->explored)
        add_header(response, "x-bourse-explored", "1");
}

/* By nothing but a comment: who will answer is not known. */
static bool is_open(const struct exchange *exchange)
{
    return exchange->phase == PHASE_STREAMING && !exchange->answer_begun;
}

static void add_who_answered(struct exchange *exchange, struct MHD_Response *response)
{
    const struct attempt *attempt = exchange->attempt;
    if (exchange->attempts == 0)
        return;
    if (attempt->model)
        add_header(response, "x-bourse-model", attempt->model->object.name);
    add_header(response, "x-bourse-provider", attempt->provider->object.name);
    add_header(response, "x-bourse-lossy", translation_losses(exchange, &exchange->arena));
}

/* The shortest that a provider asked for, never more than the SDKs honour. */
static void add_retry_after(struct exchange *exchange, struct MHD_Response *response)
{
    int64_t wait_ms = exchange->retry_after_ms;
    if (exchange->fail == FAIL_OVERLOADED || exchange->fail == FAIL_DRAINING)
        wait_ms = 1000;
    if (exchange->status < 400 || wait_ms <= 0)
        return;
    if (wait_ms > RETRY_AFTER_MAX_MS)
        wait_ms = RETRY_AFTER_MAX_MS;
    char value[24];
    snprintf(value, sizeof(value), "%lld", (long long)((wait_ms + 999) / 1000));
    add_header(response, "retry-after", value);
    snprintf(value, sizeof(value), "%lld", (long long)wait_ms);
    add_header(response, "retry-after-ms", value);
}

static void add_allow(struct exchange *exchange, struct MHD_Response *response)
{
    struct buffer methods;
    buffer_init(&methods, 256);
    endpoints_allowed(exchange->connection->admin, exchange->path, &methods);
    buffer_append(&methods, "", 1);
    add_header(response, "allow", methods.data);
    buffer_clear(&methods);
}

static void add_headers(struct exchange *exchange, struct MHD_Response *response)
{
    add_header(response, "content-type", exchange->content_type);
    add_header(response, "x-request-id", exchange->id);
    if (client_reads_anthropic(exchange))
        add_header(response, "request-id", exchange->id);
    if (exchange->phase == PHASE_STREAMING) {
        add_header(response, "cache-control", "no-cache");
        add_header(response, "x-accel-buffering", "no");
    }
    if (exchange->decided)
        add_decision_headers(exchange, response);
    if (!is_open(exchange)) {
        add_who_answered(exchange, response);
        add_provider_headers(exchange, response);
    }
    add_retry_after(exchange, response);
    if (is_spent(exchange))
        add_header(response, "x-should-retry", "false");
    if (exchange->fail == FAIL_METHOD)
        add_allow(exchange, response);
    if (exchange->close || atomic_load(&exchange->worker->server->phase) != SERVER_SERVES)
        add_header(response, "connection", "close");
}

/* ---- queueing ---- */

/* The explanation of a stream is its first comment. */
static void explain_stream(struct exchange *exchange)
{
    if (!exchange->explain)
        return;
    struct buffer comment;
    buffer_init(&comment, 1 << 20);
    buffer_append_string(&comment, ": ");
    append_json(&comment, explanation_of(exchange));
    buffer_append_string(&comment, "\n\n");
    outbox_prepend(&exchange->outbox, buffer_text(&comment));
    buffer_clear(&comment);
}

/* The response holds this memory as long as the stream lasts, and most say little at a time. */
static size_t block_of(const struct exchange *exchange)
{
    return outbox_waiting(&exchange->outbox) > READER_BLOCK_SMALL ? READER_BLOCK
                                                                  : READER_BLOCK_SMALL;
}

static struct MHD_Response *make_response(struct exchange *exchange)
{
    if (exchange->phase == PHASE_STREAMING) {
        explain_stream(exchange);
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_of(exchange), read_outbox,
                                                 exchange, NULL);
    }
    exchange->bytes_out = exchange->reply.len;
    return MHD_create_response_from_buffer(exchange->reply.len,
                                           exchange->reply.len ? exchange->reply.data : "",
                                           MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result answer_queue(struct exchange *exchange)
{
    struct MHD_Response *response = make_response(exchange);
    if (!response)
        return MHD_NO;
    add_headers(exchange, response);
    exchange->queued = true;
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection->mhd, (unsigned)exchange->status, response);
    MHD_destroy_response(response);
    return queued;
}
