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

enum fail translation_write(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    const struct foreign_question question = question_of(exchange);
    enum fail fail = foreign_write(translation->foreign, &question, &translation->question);
    count(exchange);
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
