/* silence.c - one timer for each stream, which looks for itself how long nothing was said. */
#include "silence.h"

#include "answer.h"
#include "connection.h"

static bool is_stream(const struct exchange *exchange)
{
    enum endpoint endpoint = exchange->row->endpoint;
    return exchange->decided && exchange->request.stream &&
           (endpoint == ENDPOINT_CHAT || endpoint == ENDPOINT_COMPLETIONS ||
            endpoint == ENDPOINT_RESPONSES || endpoint == ENDPOINT_MESSAGES);
}

static bool is_over(const struct exchange *exchange)
{
    return exchange->phase == PHASE_ANSWERED || exchange->client_gone ||
           exchange->outbox.end != OUTBOX_OPEN;
}

/* A client that has not taken what there is does not wait for us. */
static void say_something(struct exchange *exchange)
{
    static const struct text comment = TEXT(": keep-alive\n\n");
    exchange->said_ms = exchange->worker->now_ms;
    if (outbox_waiting(&exchange->outbox) > 0)
        return;
    if (exchange->phase == PHASE_CALLING)
        answer_stream_begin(exchange, 200);
    outbox_add(&exchange->outbox, comment);
    connection_resume(exchange->connection);
}

/* Bytes do not arm it anew: most streams end before it rings. */
static void on_ring(struct timer *timer)
{
    struct exchange *exchange =
        (struct exchange *)((char *)timer - offsetof(struct exchange, silence_timer));
    int64_t longest_ms = exchange->decision.route->keep_alive_comments_ms;
    if (is_over(exchange))
        return;
    if (exchange->worker->now_ms >= exchange->said_ms + longest_ms)
        say_something(exchange);
    timer_arm(&exchange->worker->timers, timer, exchange->said_ms + longest_ms);
}

void silence_watch(struct exchange *exchange)
{
    if (!is_stream(exchange) || exchange->decision.route->keep_alive_comments_ms == 0)
        return;
    exchange->said_ms = exchange->worker->now_ms;
    exchange->silence_timer.ring = on_ring;
    timer_arm(&exchange->worker->timers, &exchange->silence_timer,
              exchange->said_ms + exchange->decision.route->keep_alive_comments_ms);
}

void silence_end(struct exchange *exchange)
{
    timer_stop(&exchange->worker->timers, &exchange->silence_timer);
}
