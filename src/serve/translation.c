/* translation.c - between the client's language and that of the attempt's provider. */
#include "translation.h"

#include "base/clock.h"
#include "relay.h"

void translation_begin(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    bool is_chat = exchange->row->kind == KIND_ROUTED && exchange->row->endpoint == ENDPOINT_CHAT;
    *translation = (struct translation){ 0 };
    if (is_chat && exchange->attempt->model)
        translation->foreign = foreign_of(exchange->attempt->provider->dialect);
    translation->about = (struct foreign_about){
        .created = clock_wall_ms() / 1000,
        .id = exchange->id,
        .model = exchange->attempt->model ? exchange->attempt->model->upstream_model : "",
    };
}

static void count(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    gauge_add(&exchange->worker->server->totals->buffered_bytes,
              (int64_t)translation->question.room - (int64_t)translation->counted);
    translation->counted = translation->question.room;
}

static struct foreign_question question_of(const struct exchange *exchange)
{
    return (struct foreign_question){
        .request = &exchange->request,
        .body = buffer_text(&exchange->body),
        .last_message = buffer_text(&exchange->rescue.message),
        .model = exchange->attempt->model,
        .tokens_in = exchange->decision.candidates[exchange->attempt->candidate].tokens_in_safe,
    };
}

/* ---- what is lost ---- */

static uint64_t lost(const struct exchange *exchange)
{
    return exchange->decision.candidates[exchange->attempt->candidate].lost;
}

static void count_losses(const struct exchange *exchange)
{
    struct live_totals *totals = exchange->worker->server->totals;
    for (uint64_t rest = lost(exchange); rest; rest &= rest - 1)
        counter_add(&totals->lossy[__builtin_ctzll(rest)], 1);
}

#define LOSSES_MAX 1024 /* bytes of a header */

/* Names of the client's own making go into a header: what does not belong there becomes a mark. */
static void add_unknown(const struct chat_names *unknown, struct buffer *names)
{
    for (size_t i = 0; i < unknown->count; i++) {
        const struct text name = unknown->items[i];
        const size_t start = names->len + (names->len > 0);
        if (!buffer_printf(names, "%s%.*s", names->len ? "," : "", TEXT_ARGS(name)))
            return;
        for (char *at = names->data + start; at < names->data + names->len; at++)
            if (!http_is_token((struct text){ at, 1 }))
                *at = '?';
    }
}

const char *translation_losses(const struct exchange *exchange, struct arena *arena)
{
    if (!translation_is_on(exchange) || !lost(exchange))
        return NULL;
    const uint64_t other = field_bit(FIELD_OTHER);
    struct buffer names;
    buffer_init(&names, LOSSES_MAX);
    fields_print(lost(exchange) & ~other, ",", &names);
    if (lost(exchange) & other)
        add_unknown(&exchange->request.unknown, &names);
    const char *string = arena_string_of(arena, buffer_text(&names));
    buffer_clear(&names);
    return string;
}

/* ---- the request ---- */

enum fail translation_write(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    const struct foreign_question question = question_of(exchange);
    enum fail fail = foreign_write(translation->foreign, &question, &translation->question);
    count(exchange);
    if (!fail)
        count_losses(exchange);
    return fail;
}

struct text translation_path(struct exchange *exchange)
{
    const struct foreign_question question = question_of(exchange);
    return foreign_path(exchange->attempt->translation.foreign, &question, &exchange->arena);
}

static bool on_events(void *owner, struct text events)
{
    struct exchange *exchange = owner;
    return stream_listener_feed(&exchange->attempt->listener, events);
}

void translation_listen(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    translation->stream = foreign_stream_new(translation->foreign, &translation->about,
                                             RELAY_EVENT_MAX, on_events, exchange);
}

bool translation_hear(struct exchange *exchange, struct text bytes)
{
    struct foreign_stream *stream = exchange->attempt->translation.stream;
    bool goes_on = foreign_stream_feed(stream, bytes);
    if (foreign_stream_is_too_large(stream))
        exchange->attempt->broken_off = FAIL_REPLY_TOO_LARGE;
    return goes_on;
}

void translation_hear_end(struct exchange *exchange)
{
    foreign_stream_end(exchange->attempt->translation.stream);
}

bool translation_reply(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct buffer reply;
    buffer_init(&reply, REPLY_KEPT_MAX);
    bool is_one = foreign_reply(attempt->translation.foreign, &attempt->translation.about,
                                buffer_text(&attempt->body), &reply);
    buffer_clear(&attempt->body);
    attempt->body = reply;
    return is_one;
}

void translation_error(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct buffer error;
    buffer_init(&error, 4 * attempt->body.max);
    foreign_error(attempt->translation.foreign, buffer_text(&attempt->body), &error);
    buffer_clear(&attempt->body);
    attempt->body = error;
}

void translation_clear(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    if (!translation_is_on(exchange))
        return;
    foreign_stream_free(translation->stream);
    translation->stream = NULL;
    buffer_clear(&translation->question);
    count(exchange);
}
