/* relay.c - events are heard, passed on as they came, and paused when the client does not take
 * them.
 */
#include "relay.h"

#include "answer.h"
#include "attempt.h"
#include "connection.h"
#include "experience.h"
#include "rescue.h"

/* The first real event commits the answer: before it, what was said is kept back. */
static void commit(struct exchange *exchange)
{
    exchange->phase = PHASE_STREAMING;
    exchange->status = exchange->attempt.status;
    exchange->content_type = "text/event-stream; charset=utf-8";
    gauge_add(&exchange->worker->server->totals->streams, 1);
}

/* An error in the middle is passed on, unless somebody else can go on. */
static enum fail failure_of(const struct exchange *exchange, const struct stream_event *event)
{
    if (event->kind == STREAM_TOO_LARGE)
        return FAIL_REPLY_TOO_LARGE;
    if (event->kind != STREAM_ERROR)
        return FAIL_NONE;
    bool is_kept_back =
        exchange->phase == PHASE_CALLING || rescue_is_on(exchange) || rescue_is_possible(exchange);
    return is_kept_back ? FAIL_STREAM_ERROR : FAIL_NONE;
}

static void note(struct exchange *exchange, const struct stream_event *event)
{
    if (event->kind == STREAM_ERROR)
        exchange->error_told = true;
    if (event->kind == STREAM_DELTA)
        exchange->attempt.said += event->count;
    if (event->kind == STREAM_DELTA || event->kind == STREAM_FINISH)
        attempt_note_token(exchange);
}

static bool pass_on(struct exchange *exchange, struct text bytes)
{
    if (bytes.len == 0 || outbox_add(&exchange->outbox, bytes))
        return true;
    exchange->fail = FAIL_REPLY_TOO_LARGE;
    return false;
}

static bool on_event(void *owner, const struct stream_event *event)
{
    struct exchange *exchange = owner;
    struct text bytes = event->bytes;
    exchange->fail = failure_of(exchange, event);
    if (exchange->fail) {
        buffer_append_text(&exchange->attempt.body, event->error_message);
        return false;
    }
    note(exchange, event);
    if (rescue_is_on(exchange) && !rescue_read(exchange, event, &bytes))
        return false;
    if (!pass_on(exchange, bytes))
        return false;
    if (exchange->phase == PHASE_CALLING && event->kind >= STREAM_DELTA &&
        event->kind <= STREAM_DONE)
        commit(exchange);
    return true;
}

void relay_begin(struct exchange *exchange)
{
    struct attempt *attempt = &exchange->attempt;
    bool hide = !exchange->request.include_usage;
    stream_listener_init(&attempt->listener, exchange->row->endpoint, hide, RELAY_EVENT_MAX,
                         on_event, exchange);
    attempt->listening = true;
    rescue_listen(exchange);
}

bool relay_bytes(struct exchange *exchange, struct text bytes)
{
    struct attempt *attempt = &exchange->attempt;
    bool goes_on = stream_listener_feed(&attempt->listener, bytes);
    if (exchange->phase == PHASE_STREAMING)
        connection_resume(exchange->connection);
    if (goes_on && attempt->call && outbox_is_high(&exchange->outbox))
        upstream_pause(exchange->worker->upstream, attempt->call, true);
    return goes_on;
}

/* ---- the end ---- */

static void count_events(const struct exchange *exchange)
{
    struct live_totals *totals = exchange->worker->server->totals;
    counter_add(&totals->events_malformed, exchange->attempt.listener.malformed);
    counter_add(&totals->events_relayed, exchange->attempt.listener.events);
}

/* FAIL_NONE where the answer is complete, however the call ended. */
static enum fail verdict(const struct exchange *exchange, enum fail fail)
{
    const struct stream_listener *listener = &exchange->attempt.listener;
    bool complete = listener->finished || listener->done;
    bool begun = exchange->phase == PHASE_STREAMING;
    if (exchange->fail)
        fail = exchange->fail;
    else if (fail == FAIL_NONE && !begun)
        fail = FAIL_RESET; /* a stream without a single event */
    if (complete && begun)
        return FAIL_NONE;
    return fail ? fail : FAIL_STREAM_CUT;
}

/* The provider has done nothing wrong. */
static void end_contradiction(struct exchange *exchange)
{
    experience_note(exchange, FAIL_CLIENT_GONE);
    attempt_note_waste(exchange);
    rescue_differed(exchange);
    answer_stream_cut(exchange);
}

void relay_end(struct exchange *exchange, enum fail fail)
{
    count_events(exchange);
    attempt_learn_usage(exchange, &exchange->attempt.listener.usage);
    fail = verdict(exchange, fail);
    exchange->fail = FAIL_NONE;
    if (exchange->rescue.differs) {
        end_contradiction(exchange);
    } else if (fail) {
        attempt_fail(exchange, fail);
    } else {
        experience_note(exchange, FAIL_NONE);
        rescue_completed(exchange);
        answer_stream_end(exchange);
    }
}
