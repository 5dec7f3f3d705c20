/* rescue.c - goes on with a broken stream at the next candidate. */
#include "rescue.h"

#include "attempt.h"
#include "client.h"
#include "relay.h"
#include "translation.h"

#define WORDS_MAX  ((size_t)1 << 20)   /* delivered; above it nobody is asked to go on */
#define AROUND_MAX ((size_t)128 << 10) /* what an event has around its words */

static bool is_wanted(const struct exchange *exchange)
{
    if (!exchange->decided || !exchange->request.stream || exchange->request.n != 1 ||
        exchange->row->kind != KIND_ROUTED)
        return false;
    int wanted = exchange->decision.route->stream_failover;
    enum endpoint endpoint = translation_endpoint(exchange);
    return (wanted == FAILOVER_CONTINUE || wanted == FAILOVER_RESTART) &&
           (endpoint == ENDPOINT_CHAT || endpoint == ENDPOINT_COMPLETIONS ||
            client_can_resume(exchange));
}

void rescue_listen(struct exchange *exchange)
{
    struct rescue *rescue = &exchange->rescue;
    struct stream_listener *listener = &exchange->attempt->listener;
    if (rescue_is_on(exchange)) {
        listener->one_by_one = true;
        return;
    }
    if (!is_wanted(exchange) || !attempt_has_next(exchange))
        return;
    delivered_clear(&rescue->delivered);
    delivered_init(&rescue->delivered, WORDS_MAX);
    listener->delivered = &rescue->delivered;
}

bool rescue_is_possible(const struct exchange *exchange)
{
    return delivered_is_fit(&exchange->rescue.delivered) && attempt_has_next(exchange);
}

void rescue_clear(struct exchange *exchange)
{
    struct rescue *rescue = &exchange->rescue;
    stitch_free(rescue->stitch);
    rescue->stitch = NULL;
    delivered_clear(&rescue->delivered);
    buffer_clear(&rescue->message);
    buffer_clear(&rescue->event);
}

/* ---- how it went ---- */

static void note(struct exchange *exchange, enum rescue_outcome outcome)
{
    struct server *server = exchange->worker->server;
    const struct rescue_note rescued = {
        .kind = exchange->rescue.kind,
        .outcome = outcome,
        .from = exchange->rescue.from->object.name,
        .by = exchange->attempt->model->object.name,
    };
    counter_add(&server->totals->rescues[rescued.kind][outcome], 1);
    decisions_note_rescue(server->decisions, exchange->decision_id, &rescued);
}

void rescue_completed(struct exchange *exchange)
{
    if (rescue_is_on(exchange))
        note(exchange, RESCUE_COMPLETED);
}

void rescue_give_up(struct exchange *exchange)
{
    exchange->fail = exchange->rescue.first;
    exchange->fail_message = exchange->rescue.first_message;
}

void rescue_differed(struct exchange *exchange)
{
    note(exchange, RESCUE_DIFFERED);
    rescue_give_up(exchange);
}

/* ---- from one attempt to the next ---- */

static void note_first_failure(struct exchange *exchange, enum fail fail)
{
    struct rescue *rescue = &exchange->rescue;
    struct text said = buffer_text(&exchange->attempt->body);
    rescue->first = fail;
    rescue->from = exchange->attempt->model;
    if (said.len > 0)
        rescue->first_message = arena_printf(&exchange->arena, "%s It said: %.*s",
                                             fail_row(fail)->sentence, TEXT_ARGS(said));
}

/* It speaks of the request, which the first one had taken: of the answer that was begun, then. */
static bool has_refused(const struct exchange *exchange, enum fail fail)
{
    return exchange->rescue.kind == RESCUE_CONTINUE && exchange->attempt->status >= 400 &&
           !fail_row(fail)->providers_fault;
}

bool rescue_try(struct exchange *exchange, enum fail fail)
{
    bool is_first = !rescue_is_on(exchange);
    bool refused = !is_first && has_refused(exchange, fail);
    if (is_first)
        note_first_failure(exchange, fail);
    else
        note(exchange, refused ? RESCUE_REFUSED : RESCUE_FAILED);
    bool goes_on = delivered_is_fit(&exchange->rescue.delivered) && fail != FAIL_REPLY_TOO_LARGE;
    if (goes_on && is_first)
        client_resume(exchange);
    if (goes_on && refused && attempt_again(exchange))
        return true;
    if (goes_on && attempt_next(exchange))
        return true;
    rescue_give_up(exchange);
    return false;
}

/* A message can come behind all others: in a chat, or where one is written of what was asked. */
static bool can_say_last(const struct exchange *exchange)
{
    return exchange->writer ||
           (exchange->row->endpoint == ENDPOINT_CHAT && exchange->request.messages_end > 0);
}

/* One that was asked before has refused to go on. */
static bool can_continue(const struct exchange *exchange)
{
    return exchange->decision.route->stream_failover == FAILOVER_CONTINUE &&
           exchange->attempt->tries == 1 && can_say_last(exchange) &&
           exchange->attempt->model->capabilities & NEED_PREFILL;
}

static bool write_message(struct rescue *rescue)
{
    size_t len = delivered_prefill_len(&rescue->delivered);
    buffer_clear(&rescue->message);
    buffer_init(&rescue->message, WORDS_MAX + AROUND_MAX);
    if (len == 0)
        return false;
    buffer_append_string(&rescue->message, "{\"role\":\"assistant\",\"content\":\"");
    buffer_append(&rescue->message, rescue->delivered.words.data, len);
    buffer_append_string(&rescue->message, "\"}");
    return true;
}

void rescue_start(struct exchange *exchange)
{
    struct rescue *rescue = &exchange->rescue;
    bool continues = can_continue(exchange) && write_message(rescue);
    if (!continues)
        rescue->message.len = 0;
    rescue->kind = continues ? RESCUE_CONTINUE : RESCUE_RESTART;
    rescue->seam_told = rescue->differs = false;
    stitch_free(rescue->stitch);
    rescue->stitch = stitch_new(&rescue->delivered, continues ? STITCH_CONTINUE : STITCH_RESTART,
                                client_hears_usage(exchange));
    buffer_clear(&rescue->event);
    buffer_init(&rescue->event, RELAY_EVENT_MAX + AROUND_MAX);
}

/* ---- events ---- */

static void tell_seam(struct exchange *exchange)
{
    struct rescue *rescue = &exchange->rescue;
    if (!rescue->seam_told)
        buffer_printf(&rescue->event, ": bourse: %s by %s\n\n",
                      rescue->kind == RESCUE_CONTINUE ? "continued" : "restarted",
                      exchange->attempt->model->object.name);
}

static bool stitch_in(struct exchange *exchange, struct text document, struct text *ret_bytes)
{
    struct rescue *rescue = &exchange->rescue;
    rescue->event.len = 0;
    tell_seam(exchange);
    const enum stitch_says says = stitch_event(rescue->stitch, document, &rescue->event);
    *ret_bytes = says == STITCH_MORE ? buffer_text(&rescue->event) : (struct text){ 0 };
    rescue->seam_told = rescue->seam_told || says == STITCH_MORE;
    return says != STITCH_DIFFERS;
}

bool rescue_read(struct exchange *exchange, const struct stream_event *event,
                 struct text *ret_bytes)
{
    struct rescue *rescue = &exchange->rescue;
    if (event->kind == STREAM_DONE)
        rescue->differs = !stitch_has_caught_up(rescue->stitch);
    else if (event->document.len > 0)
        rescue->differs = !stitch_in(exchange, event->document, ret_bytes);
    return !rescue->differs;
}
