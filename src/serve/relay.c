/* relay.c - events are heard, passed on as they came, and paused when the client does not take
 * them.
 */
#include "relay.h"

#include "admission.h"
#include "answer.h"
#include "attempt.h"
#include "client.h"
#include "connection.h"
#include "experience.h"
#include "hearing.h"
#include "hedge.h"
#include "rescue.h"
#include "translation.h"

#define HELD_LEAST ((size_t)16 << 10)
#define GRACE_MS   1000

/* Before it, what was said is kept back. */
static void commit(struct exchange *exchange)
{
    if (exchange->answer_begun)
        return;
    if (exchange->phase == PHASE_CALLING)
        answer_stream_begin(exchange, exchange->attempt->status);
    client_commit(exchange);
    exchange->answer_begun = true;
    exchange->said_ms = exchange->worker->now_ms;
    outbox_release(&exchange->outbox);
}

static bool is_real(const struct stream_event *event)
{
    return event->kind >= STREAM_DELTA && event->kind <= STREAM_DONE;
}

/* The first real event does, where the route does not want the whole answer to be there. */
static bool commits(const struct exchange *exchange, const struct stream_event *event)
{
    return is_real(event) &&
           !(exchange->decided && exchange->decision.route->stream_failover == FAILOVER_HOLD);
}

/* An error in the middle is passed on, unless somebody else can go on. */
static enum fail failure_of(const struct exchange *exchange, const struct stream_event *event)
{
    if (event->kind == STREAM_TOO_LARGE)
        return FAIL_REPLY_TOO_LARGE;
    if (event->kind != STREAM_ERROR)
        return FAIL_NONE;
    bool is_kept_back =
        !exchange->answer_begun || rescue_is_on(exchange) || rescue_is_possible(exchange);
    return is_kept_back ? FAIL_STREAM_ERROR : FAIL_NONE;
}

static void note(struct exchange *exchange, const struct stream_event *event)
{
    if (event->kind == STREAM_ERROR)
        exchange->error_told = true;
    if (event->kind == STREAM_DELTA)
        exchange->attempt->said += event->count;
    if (event->kind == STREAM_DELTA || event->kind == STREAM_FINISH)
        hearing_note_token(exchange);
}

/* A provider whose answer is held back is not slowed by anybody. So it may be little only, once all
 * together hold as much as they may. */
static bool hold_back(struct exchange *exchange, struct text bytes)
{
    int64_t together = gauge_read(&exchange->worker->server->totals->buffered_bytes);
    bool is_aside = hedge_is_aside(exchange);
    size_t held = is_aside ? exchange->hedge.aside.len : exchange->outbox.held;
    bool is_little = held + bytes.len <= HELD_LEAST;
    if (!is_little && together > (int64_t)exchange->snapshot->limits.buffered_bytes)
        return false;
    return is_aside ? buffer_append_text(&exchange->hedge.aside, bytes)
                    : outbox_hold(&exchange->outbox, bytes);
}

/* `is_last`: nothing is held back any more after it. */
static bool put(struct exchange *exchange, struct text bytes, bool is_last)
{
    if (exchange->answer_begun) {
        exchange->said_ms = exchange->worker->now_ms;
        return outbox_add(&exchange->outbox, bytes);
    }
    return is_last ? outbox_hold(&exchange->outbox, bytes) : hold_back(exchange, bytes);
}

static bool pass_on(struct exchange *exchange, const struct stream_event *event, struct text bytes)
{
    bool is_last = commits(exchange, event);
    bool is_said = client_events(exchange, &bytes);
    if (!is_said || (bytes.len > 0 && !put(exchange, bytes, is_last))) {
        exchange->attempt->broken_off = FAIL_REPLY_TOO_LARGE;
        return false;
    }
    if (is_last)
        commit(exchange);
    return true;
}

static bool on_event(void *owner, const struct stream_event *event)
{
    struct exchange *exchange = owner;
    struct attempt *attempt = exchange->attempt;
    struct text bytes = event->bytes;
    attempt->broken_off = failure_of(exchange, event);
    if (attempt->broken_off) {
        buffer_append_text(&attempt->body, event->error_message);
        return false;
    }
    if (is_real(event))
        hedge_speaks(exchange);
    note(exchange, event);
    if (rescue_is_on(exchange) && !rescue_read(exchange, event, &bytes))
        return false;
    return pass_on(exchange, event, bytes);
}

void relay_begin(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    bool hide = !client_hears_usage(exchange);
    stream_listener_init(&attempt->listener, translation_endpoint(exchange), hide, RELAY_EVENT_MAX,
                         on_event, exchange);
    attempt->listening = true;
    rescue_listen(exchange);
    if (translation_is_on(exchange))
        translation_listen(exchange);
}

static bool is_complete(const struct attempt *attempt)
{
    return attempt->listener.finished || attempt->listener.done;
}

static void expect_end(struct exchange *exchange);

/* Nothing that is wanted can follow: usage comes at once, if it comes. A provider that is paused
 * has had no chance to say it. */
static void on_grace_over(struct timer *timer)
{
    struct exchange *exchange =
        (struct exchange *)((char *)timer - offsetof(struct exchange, end_timer));
    struct attempt *attempt = exchange->attempt;
    if (!attempt->call)
        return;
    if (!outbox_is_low(&exchange->outbox)) {
        expect_end(exchange);
        return;
    }
    upstream_cancel(exchange->worker->upstream, attempt->call);
    attempt->call = NULL;
    admission_leave(exchange);
    relay_end(exchange, FAIL_NONE);
}

/* Some say all there is to say and then leave the connection open. */
static void expect_end(struct exchange *exchange)
{
    struct timer *timer = &exchange->end_timer;
    if (timer->link || !is_complete(exchange->attempt))
        return;
    timer->ring = on_grace_over;
    timer_arm(&exchange->worker->timers, timer, exchange->worker->now_ms + GRACE_MS);
}

bool relay_bytes(struct exchange *exchange, struct text bytes)
{
    struct attempt *attempt = exchange->attempt;
    bool goes_on = translation_is_on(exchange) ? translation_hear(exchange, bytes)
                                               : stream_listener_feed(&attempt->listener, bytes);
    if (exchange->answer_begun)
        connection_resume(exchange->connection);
    expect_end(exchange);
    if (goes_on && attempt->call && outbox_is_high(&exchange->outbox))
        upstream_pause(exchange->worker->upstream, attempt->call, true);
    return goes_on;
}

/* ---- the end ---- */

static void count_events(const struct exchange *exchange)
{
    struct live_totals *totals = exchange->worker->server->totals;
    counter_add(&totals->events_malformed, exchange->attempt->listener.malformed);
    counter_add(&totals->events_relayed, exchange->attempt->listener.events);
}

/* FAIL_NONE where the answer is complete, however the call ended. */
static enum fail verdict(const struct exchange *exchange, enum fail fail)
{
    const struct attempt *attempt = exchange->attempt;
    bool is_error = attempt->broken_off && attempt->listener.failed;
    if (is_complete(attempt) && !is_error && (exchange->answer_begun || !attempt->broken_off))
        return FAIL_NONE;
    if (attempt->broken_off)
        return attempt->broken_off;
    if (fail)
        return fail;
    bool begun = exchange->answer_begun || attempt->said;
    return begun ? FAIL_STREAM_CUT : FAIL_RESET; /* a stream without a single event */
}

/* The provider has done nothing wrong. */
static void end_contradiction(struct exchange *exchange)
{
    experience_note(exchange, FAIL_CLIENT_GONE);
    experience_note_waste(exchange);
    rescue_differed(exchange);
    answer_stream_cut(exchange);
}

void relay_end(struct exchange *exchange, enum fail fail)
{
    if (translation_is_on(exchange))
        translation_hear_end(exchange);
    timer_stop(&exchange->worker->timers, &exchange->end_timer);
    count_events(exchange);
    hearing_learn_usage(exchange, &exchange->attempt->listener.usage);
    fail = verdict(exchange, fail);
    if (exchange->rescue.differs) {
        end_contradiction(exchange);
    } else if (fail) {
        attempt_fail(exchange, fail);
    } else {
        experience_note(exchange, FAIL_NONE);
        rescue_completed(exchange);
        commit(exchange);
        answer_stream_end(exchange);
    }
}
