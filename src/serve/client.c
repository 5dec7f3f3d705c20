/* client.c - the language of the client, where it is not OpenAI's. */
#include "client.h"

#include <stdlib.h>

#include "answer.h"
#include "relay.h"
#include "translation.h"

/* ---- what it asks ---- */

/* What is removed and replaced in the client's own bytes. */
static enum fail read_own(struct exchange *exchange)
{
    exchange->own = arena_new(&exchange->arena, struct chat_request);
    enum fail fail =
        request_reader_finish(exchange->reader, buffer_text(&exchange->body), exchange->own);
    const struct reading_problem *problem = request_reader_problem(exchange->reader);
    if (fail && problem)
        exchange->fail_message = problem->message;
    return fail;
}

static int by_place(const void *a, const void *b)
{
    const struct splice *first = a, *second = b;
    return first->span.start < second->span.start ? -1 : first->span.start > second->span.start;
}

/* A conversation may have had other models before. What they thought is nothing for Anthropic,
 * which refuses it. */
static void leave_out_thoughts(struct exchange *exchange)
{
    struct chat_request *own = exchange->own;
    struct span spans[CHAT_SPLICES_MAX];
    if (!(exchange->request.fields & field_bit(FIELD_REASONING_DETAILS)))
        return;
    size_t count = messages_strange_thoughts(buffer_text(&exchange->body), spans,
                                             CHAT_SPLICES_MAX - own->splice_count);
    for (size_t i = 0; i < count; i++)
        own->splices[own->splice_count++] = (struct splice){ SPLICE_REMOVE, spans[i] };
    qsort(own->splices, own->splice_count, sizeof(own->splices[0]), by_place);
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
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, &exchange->arena);
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

enum fail client_read(struct exchange *exchange)
{
    static const struct messages_aim aim = { .limit = "max_tokens" };
    enum fail fail = read_own(exchange);
    if (fail)
        return fail;
    fail = messages_to_chat(buffer_text(&exchange->body), &aim, &exchange->chat,
                            &exchange->fail_message);
    count_chat(exchange);
    if (!fail)
        fail = read_chat(exchange);
    if (fail)
        return fail;
    exchange->fail_message = NULL;
    leave_out_thoughts(exchange);
    exchange->request.endpoint = exchange->row->endpoint;
    exchange->request.language = DIALECT_ANTHROPIC;
    return FAIL_NONE;
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
    return client_is_anthropic(exchange) && translation_is_on(exchange);
}

/* Before the answer has begun two attempts may speak, each by itself. */
static struct messages_writer *writer_of(struct exchange *exchange)
{
    struct translation *translation = &exchange->attempt->translation;
    if (exchange->writer)
        return exchange->writer;
    if (!translation->writer)
        translation->writer = messages_writer_new(RELAY_EVENT_MAX);
    return translation->writer;
}

bool client_events(struct exchange *exchange, struct text *bytes)
{
    struct buffer *said = &exchange->said;
    if (!is_needed(exchange) || bytes->len == 0)
        return true;
    if (said->max == 0)
        buffer_init(said, 8 * RELAY_EVENT_MAX);
    said->len = 0;
    bool had_room = messages_events(writer_of(exchange), *bytes, said);
    *bytes = buffer_text(said);
    return had_room;
}

struct text client_stream_end(struct exchange *exchange)
{
    static const struct text stop =
        TEXT("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    if (!is_needed(exchange))
        return exchange->attempt->listener.done ? (struct text){ 0 } : stop;
    exchange->said.len = 0;
    messages_end(writer_of(exchange), &exchange->said);
    return buffer_text(&exchange->said);
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
    buffer_init(&reply, REPLY_KEPT_MAX);
    bool is_one = messages_reply(buffer_text(&exchange->attempt->body), &reply);
    replace_body(exchange, &reply);
    return is_one;
}

void client_error(struct exchange *exchange)
{
    struct buffer error;
    if (!is_needed(exchange))
        return;
    buffer_init(&error, 4 * exchange->attempt->body.max + 1024);
    messages_error_of(buffer_text(&exchange->attempt->body), exchange->id, &error);
    replace_body(exchange, &error);
}

void client_write_error(struct exchange *exchange, const struct error_note *note)
{
    if (client_is_anthropic(exchange))
        messages_error(&exchange->reply, note, exchange->id);
    else
        error_write(&exchange->reply, note);
}

void client_clear(struct exchange *exchange)
{
    messages_writer_free(exchange->writer);
    exchange->writer = NULL;
    buffer_clear(&exchange->said);
    buffer_clear(&exchange->chat);
    count_chat(exchange);
}
