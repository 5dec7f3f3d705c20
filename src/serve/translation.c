/* translation.c - between the client's language and that of the attempt's provider. */
#include "translation.h"

#include "base/clock.h"
#include "catalog/dialects.h"
#include "catalog/manners.h"
#include "client.h"
#include "relay.h"

/* A stream that was begun by translating goes on so: its next provider may speak the client's own
 * language. */
static bool is_wanted(const struct exchange *exchange)
{
    return exchange->row->kind == KIND_ROUTED &&
           (!provider_speaks(exchange->attempt->provider, exchange->row->endpoint) ||
            exchange->writer != NULL);
}

void translation_begin(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    enum provider_dialect language = dialect_language(exchange->attempt->provider->dialect);
    *translation = (struct translation){ .is_on = is_wanted(exchange) };
    if (!translation->is_on)
        return;
    translation->foreign = foreign_of(language);
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
        .body = buffer_text(client_voice(exchange) ? &exchange->chat : &exchange->body),
        .last_message = buffer_text(&exchange->rescue.message),
        .model = exchange->attempt->model,
        .tokens_in = exchange->decision.candidates[exchange->attempt->candidate].tokens_in_safe,
    };
}

/* ---- what is lost ---- */

static uint64_t lost(const struct exchange *exchange)
{
    const size_t candidate = exchange->attempt->candidate;
    if (!exchange->decided || candidate >= exchange->decision.count)
        return 0;
    return exchange->decision.candidates[candidate].lost;
}

void translation_count_losses(const struct exchange *exchange)
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
    if (!lost(exchange))
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

/* Of a client with a language of its own, for a provider that speaks OpenAI's. */
static enum fail write_chat(struct exchange *exchange)
{
    const struct model *model = exchange->attempt->model;
    const struct chat_aim aim = {
        .model = model->upstream_model,
        .limit = model_limit_name(model),
        .may_reason = model->capabilities & NEED_REASONING,
        .last_message = buffer_text(&exchange->rescue.message),
    };
    return voice_to_chat(client_voice(exchange), buffer_text(&exchange->body), &aim,
                         &exchange->attempt->translation.question, &exchange->fail_message);
}

static enum fail write_foreign(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    enum fail fail = client_write_chat(exchange);
    const struct foreign_question question = question_of(exchange);
    return fail ? fail : foreign_write(translation->foreign, &question, &translation->question);
}

enum fail translation_write(struct exchange *exchange)
{
    bool is_foreign = exchange->attempt->translation.foreign != NULL;
    enum fail fail = is_foreign ? write_foreign(exchange) : write_chat(exchange);
    count(exchange);
    return fail;
}

struct text translation_path(struct exchange *exchange)
{
    if (!exchange->attempt->translation.foreign)
        return text_of("/chat/completions");
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
    if (!translation->foreign)
        return;
    translation->stream = foreign_stream_new(translation->foreign, &translation->about,
                                             RELAY_EVENT_MAX, on_events, exchange);
}

bool translation_hear(struct exchange *exchange, struct text bytes)
{
    struct foreign_stream *stream = exchange->attempt->translation.stream;
    if (!stream)
        return on_events(exchange, bytes);
    bool goes_on = foreign_stream_feed(stream, bytes);
    if (foreign_stream_is_too_large(stream))
        exchange->attempt->broken_off = FAIL_REPLY_TOO_LARGE;
    return goes_on;
}

void translation_hear_end(struct exchange *exchange)
{
    struct foreign_stream *stream = exchange->attempt->translation.stream;
    if (stream)
        foreign_stream_end(stream);
}

static bool read_reply(struct exchange *exchange, struct buffer *reply)
{
    const struct attempt *attempt = exchange->attempt;
    const struct translation *translation = &attempt->translation;
    const struct text body = buffer_text(&attempt->body);
    if (exchange->row->endpoint == ENDPOINT_EMBEDDINGS)
        return foreign_embeddings(translation->foreign, &translation->about,
                                  buffer_text(&exchange->body), body, reply);
    return foreign_reply(translation->foreign, &translation->about, body, reply);
}

bool translation_reply(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct buffer reply;
    if (!attempt->translation.foreign)
        return true;
    buffer_init(&reply, REPLY_KEPT_MAX);
    bool is_one = read_reply(exchange, &reply);
    buffer_clear(&attempt->body);
    attempt->body = reply;
    return is_one;
}

void translation_error(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct buffer error;
    if (!attempt->translation.foreign)
        return;
    buffer_init(&error, 4 * attempt->body.max);
    const int64_t wait_ms =
        foreign_error(attempt->translation.foreign, buffer_text(&attempt->body), &error);
    if (attempt->retry_after_ms < 0)
        attempt->retry_after_ms = wait_ms;
    buffer_clear(&attempt->body);
    attempt->body = error;
}

void translation_clear(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    if (!translation_is_on(exchange))
        return;
    foreign_stream_free(translation->stream);
    voice_writer_free(translation->writer);
    translation->stream = NULL;
    translation->writer = NULL;
    buffer_clear(&translation->question);
    count(exchange);
}
