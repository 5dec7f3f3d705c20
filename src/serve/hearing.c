/* hearing.c - a provider's reply as it comes: kept whole, or relayed event by event. */
#include "hearing.h"

#include "admission.h"
#include "answer.h"
#include "attempt.h"
#include "base/clock.h"
#include "bearer.h"
#include "client.h"
#include "connection.h"
#include "experience.h"
#include "hedge.h"
#include "relay.h"
#include "rescue.h"
#include "translation.h"
#include "wire/http.h"

#define ERROR_BODY_MAX ((size_t)64 << 10)

void hearing_learn_usage(struct exchange *exchange, const struct usage *usage)
{
    exchange->usage = *usage;
    if (exchange->attempt->model)
        exchange->cost = price_of(&exchange->attempt->model->price, usage);
}

/* Of an exchange the first one counts; a rescue has another. */
void hearing_note_token(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    if (attempt->first_token_us)
        return;
    attempt->first_token_us = clock_us();
    upstream_note_token(attempt->call);
    if (attempt->mode == REPLY_EVENTS)
        experience_spoke(exchange);
    if (rescue_is_on(exchange))
        return;
    exchange->first_token_us = attempt->first_token_us;
    histogram_note_us(&exchange->worker->server->totals->first_token,
                      attempt->first_token_us - exchange->started_us);
}

/* ---- whole replies ---- */

static bool must_be_json(const struct exchange *exchange)
{
    return exchange->row->kind == KIND_ROUTED;
}

static void on_whole_end(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct reply_facts facts = { 0 };
    bool is_understood = !translation_is_on(exchange) || translation_reply(exchange);
    reply_read(exchange->row->endpoint, buffer_text(&attempt->body), &exchange->arena, &facts);
    is_understood = is_understood && client_reply(exchange);
    bool is_garbage = !is_understood || (must_be_json(exchange) && !facts.is_json);
    if (exchange->phase == PHASE_STREAMING || is_garbage) {
        attempt_fail(exchange, FAIL_PROVIDER_GARBAGE);
        return;
    }
    hedge_speaks(exchange);
    hearing_learn_usage(exchange, &facts.usage);
    experience_note(exchange, FAIL_NONE);
    answer_provider(exchange, buffer_text(&attempt->body));
    connection_resume(exchange->connection);
}

/* ---- what the upstream calls ---- */

static bool is_event_stream(const struct exchange *exchange, struct upstream_call *call)
{
    const struct foreign *foreign = exchange->attempt->translation.foreign;
    const char *type = foreign ? foreign_stream_type(foreign) : "text/event-stream";
    return text_starts(upstream_header(call, "content-type"), type);
}

static int64_t wait_asked_for(const struct upstream_call *call)
{
    struct text seconds = upstream_header(call, "retry-after");
    struct text ms = upstream_header(call, "retry-after-ms");
    return seconds.len || ms.len ? http_retry_after_ms(seconds, ms, clock_wall_ms()) : -1;
}

static void on_head(void *owner, struct upstream_call *call, int status)
{
    struct attempt *attempt = owner;
    struct exchange *exchange = attempt->exchange;
    hedge_listen(attempt);
    attempt->status = status;
    attempt->retry_after_ms = wait_asked_for(call);
    attempt->limit_ms = experience_limit_ms(attempt);
    answer_keep_headers(attempt);
    if (status == 401)
        bearer_doubt(exchange);
    if (status >= 400)
        attempt->mode = REPLY_ERROR;
    else if (is_event_stream(exchange, call))
        attempt->mode = REPLY_EVENTS;
    else
        attempt->mode = REPLY_WHOLE;
    buffer_init(&attempt->body, attempt->mode == REPLY_WHOLE ? REPLY_KEPT_MAX : ERROR_BODY_MAX);
    if (attempt->mode == REPLY_EVENTS)
        relay_begin(exchange);
}

static bool on_body(void *owner, struct text bytes)
{
    struct attempt *attempt = owner;
    struct exchange *exchange = attempt->exchange;
    hedge_listen(attempt);
    if (attempt->mode == REPLY_EVENTS)
        return relay_bytes(exchange, bytes);
    if (attempt->mode == REPLY_WHOLE)
        hearing_note_token(exchange);
    if (buffer_append_text(&attempt->body, bytes) || attempt->mode == REPLY_ERROR)
        return true;
    attempt->broken_off = FAIL_REPLY_TOO_LARGE;
    return false;
}

/* What a status and the body that came with it mean. */
static enum fail read_error(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct reply_facts facts = { 0 };
    if (translation_is_on(exchange))
        translation_error(exchange);
    reply_read(exchange->row->endpoint, buffer_text(&attempt->body), &exchange->arena, &facts);
    return fail_from_error(attempt->status, arena_string_of(&exchange->arena, facts.error_code),
                           arena_string_of(&exchange->arena, facts.error_message));
}

static void on_end(void *owner, enum fail fail)
{
    struct attempt *attempt = owner;
    struct exchange *exchange = attempt->exchange;
    hedge_listen(attempt);
    attempt->call = NULL;
    admission_leave(exchange);
    if (attempt->mode == REPLY_EVENTS) {
        relay_end(exchange, fail);
        return;
    }
    if (attempt->broken_off)
        fail = attempt->broken_off;
    if (!fail && attempt->status >= 400)
        fail = read_error(exchange);
    if (fail)
        attempt_fail(exchange, fail);
    else
        on_whole_end(exchange);
}

const struct upstream_events hearing_events = { on_head, on_body, on_end };
