/* client.c - the language of the client, where it is not OpenAI's. */
#include "client.h"

#include <stdlib.h>

#include "answer.h"
#include "dialect/messages.h"
#include "relay.h"

#define SAID_MAX ((size_t)64 << 20) /* of one event: a last one may repeat all that was said */

/* ---- what it asks ---- */

/* Of the bytes as they came: what is removed and replaced there, and nearly always all else. */
static enum fail read_body(struct exchange *exchange, struct chat_request *ret_request)
{
    enum fail fail =
        request_reader_finish(exchange->reader, buffer_text(&exchange->body), ret_request);
    const struct reading_problem *problem = request_reader_problem(exchange->reader);
    if (fail && problem) {
        exchange->fail_message = problem->message;
        exchange->fail_param = problem->param;
    }
    return fail;
}

static int by_place(const void *a, const void *b)
{
    const struct splice *first = a, *second = b;
    return first->span.start < second->span.start ? -1 : first->span.start > second->span.start;
}

/* A conversation may have had other models before. What they thought is nothing for a provider of
 * the client's own language, which refuses it. */
static void leave_out_thoughts(struct exchange *exchange, struct chat_request *spliced)
{
    struct span spans[CHAT_SPLICES_MAX];
    if (!client_voice(exchange) || !(exchange->request.fields & field_bit(FIELD_REASONING_DETAILS)))
        return;
    size_t count = voice_strange_thoughts(client_voice(exchange), buffer_text(&exchange->body),
                                          spans, CHAT_SPLICES_MAX - spliced->splice_count);
    for (size_t i = 0; i < count; i++) {
        spliced->splices = arena_room_for_one(&exchange->arena, spliced->splices,
                                              spliced->splice_count, sizeof(spliced->splices[0]));
        spliced->splices[spliced->splice_count++] = (struct splice){ SPLICE_REMOVE, spans[i] };
    }
    if (count > 0)
        qsort(spliced->splices, spliced->splice_count, sizeof(spliced->splices[0]), by_place);
}

static void count_chat(struct exchange *exchange)
{
    gauge_add(&exchange->worker->server->totals->buffered_bytes,
              (int64_t)exchange->chat.room - (int64_t)exchange->chat_counted);
    exchange->chat_counted = exchange->chat.room;
}

static enum fail read_chat(struct exchange *exchange)
{
    struct text chat = buffer_text(&exchange->chat);
    struct request_reader *reader =
        request_reader_apart(ENDPOINT_CHAT, &exchange->reading, &exchange->arena);
    enum fail fail = request_reader_feed(reader, chat, 0);
    if (!fail)
        fail = request_reader_finish(reader, chat, &exchange->request);
    const struct reading_problem *problem = request_reader_problem(reader);
    if (!fail || !problem)
        return fail;
    exchange->fail_message =
        problem->param ? arena_printf(&exchange->arena, "%s: %s", problem->param, problem->message)
                       : problem->message;
    return fail;
}

enum fail client_write_chat(struct exchange *exchange)
{
    static const struct chat_aim aim = { .limit = "max_tokens" };
    if (!client_voice(exchange) || exchange->chat.len > 0)
        return FAIL_NONE;
    enum fail fail = voice_to_chat(client_voice(exchange), buffer_text(&exchange->body), &aim,
                                   &exchange->chat, &exchange->fail_message);
    count_chat(exchange);
    if (!fail)
        exchange->fail_message = NULL;
    return fail;
}

/* Our reader knows OpenAI's words only. */
static enum fail read_anthropic(struct exchange *exchange)
{
    exchange->own = arena_new(&exchange->arena, struct chat_request);
    enum fail fail = read_body(exchange, exchange->own);
    exchange->fail_param = NULL;
    if (!fail)
        fail = client_write_chat(exchange);
    if (!fail)
        fail = read_chat(exchange);
    if (fail)
        return fail;
    leave_out_thoughts(exchange, exchange->own);
    exchange->request.endpoint = exchange->row->endpoint;
    return FAIL_NONE;
}

enum fail client_read(struct exchange *exchange)
{
    if (client_is_anthropic(exchange))
        return read_anthropic(exchange);
    enum fail fail = read_body(exchange, &exchange->request);
    if (!fail)
        leave_out_thoughts(exchange, &exchange->request);
    return fail;
}

void client_answer_count(struct exchange *exchange)
{
    exchange->reply.len = 0;
    buffer_printf(&exchange->reply, "{\"input_tokens\":%lld}",
                  (long long)exchange->features.tokens_in);
    exchange_answer(exchange, 200, "application/json");
}

/* ---- what it is told ---- */

static bool is_needed(const struct exchange *exchange)
{
    return client_voice(exchange) && translation_is_on(exchange);
}

bool client_hears_usage(const struct exchange *exchange)
{
    return exchange->request.include_usage || is_needed(exchange);
}

static struct voice_about about_of(const struct exchange *exchange)
{
    return (struct voice_about){
        .question = buffer_text(&exchange->body),
        .created = exchange->attempt->translation.about.created,
        .id = exchange->id,
        .wants_usage = exchange->request.include_usage,
    };
}

/* Before the answer has begun two attempts may speak, each by itself. */
static struct voice_writer *writer_of(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    if (exchange->writer)
        return exchange->writer;
    if (!translation->writer) {
        const struct voice_about about = about_of(exchange);
        translation->writer = voice_writer_new(client_voice(exchange), &about, RELAY_EVENT_MAX);
    }
    return translation->writer;
}

static struct buffer *said_by(struct exchange *exchange)
{
    if (exchange->said.max == 0)
        buffer_init(&exchange->said, SAID_MAX);
    exchange->said.len = 0;
    return &exchange->said;
}

bool client_events(struct exchange *exchange, struct text *bytes)
{
    if (!is_needed(exchange) || bytes->len == 0)
        return true;
    struct buffer *said = said_by(exchange);
    bool had_room = voice_events(writer_of(exchange), *bytes, said);
    *bytes = buffer_text(said);
    return had_room;
}

/* Some forget it. */
static const struct text last_words[ENDPOINT_COUNT] = {
    [ENDPOINT_CHAT] = TEXT("data: [DONE]\n\n"),
    [ENDPOINT_COMPLETIONS] = TEXT("data: [DONE]\n\n"),
    [ENDPOINT_MESSAGES] = TEXT("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
};

struct text client_stream_end(struct exchange *exchange)
{
    if (is_needed(exchange)) {
        struct buffer *said = said_by(exchange);
        voice_end(writer_of(exchange), said);
        return buffer_text(said);
    }
    return exchange->attempt->listener.done ? (struct text){ 0 }
                                            : last_words[exchange->row->endpoint];
}

struct text client_stream_cut(struct exchange *exchange, const struct error_note *note)
{
    struct buffer *said = said_by(exchange);
    if (exchange->writer)
        voice_cut(exchange->writer, note, said);
    else
        error_write_event(said, exchange->row->endpoint, note);
    return buffer_text(said);
}

bool client_can_resume(const struct exchange *exchange)
{
    const struct voice *voice = client_voice(exchange);
    return voice && !translation_is_on(exchange) && voice_can_resume(voice);
}

void client_resume(struct exchange *exchange)
{
    if (exchange->writer || !client_can_resume(exchange))
        return;
    const struct voice_about about = about_of(exchange);
    exchange->writer = voice_writer_resume(client_voice(exchange), &about, RELAY_EVENT_MAX,
                                           &exchange->rescue.delivered);
}

void client_commit(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    if (!translation->writer)
        return;
    exchange->writer = translation->writer;
    translation->writer = NULL;
}

/* ---- whole replies ---- */

static void replace_body(struct exchange *exchange, struct buffer *body)
{
    buffer_clear(&exchange->attempt->body);
    exchange->attempt->body = *body;
}

bool client_reply(struct exchange *exchange)
{
    struct buffer reply;
    if (!is_needed(exchange))
        return true;
    const struct voice_about about = about_of(exchange);
    buffer_init(&reply, REPLY_KEPT_MAX);
    bool is_one =
        voice_reply(client_voice(exchange), &about, buffer_text(&exchange->attempt->body), &reply);
    replace_body(exchange, &reply);
    return is_one;
}

void client_error(struct exchange *exchange)
{
    struct buffer error;
    if (!is_needed(exchange))
        return;
    buffer_init(&error, 4 * exchange->attempt->body.max + 1024);
    if (voice_error_of(client_voice(exchange), buffer_text(&exchange->attempt->body), exchange->id,
                       &error))
        replace_body(exchange, &error);
    else
        buffer_clear(&error);
}

void client_write_error(struct exchange *exchange, const struct error_note *note)
{
    if (client_reads_anthropic(exchange))
        messages_error(&exchange->reply, note, exchange->id);
    else
        error_write(&exchange->reply, note);
}

void client_clear(struct exchange *exchange)
{
    voice_writer_free(exchange->writer);
    exchange->writer = NULL;
    buffer_clear(&exchange->said);
    buffer_clear(&exchange->chat);
    count_chat(exchange);
}
