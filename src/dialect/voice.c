/* voice.c - the table of clients' languages, and what they have in common: trees and events. */
#include "dialect/voice.h"

#include <stdlib.h>

#include "voice_row.h"

static const struct voice *const rows[ENDPOINT_COUNT] = {
    [ENDPOINT_COMPLETIONS] = &voice_completions,
    [ENDPOINT_RESPONSES] = &voice_responses,
    [ENDPOINT_MESSAGES] = &voice_messages,
    [ENDPOINT_COUNT_TOKENS] = &voice_messages,
};

const struct voice *voice_of(enum endpoint endpoint)
{
    return rows[endpoint];
}

/* ---- what they ask ---- */

/* A body of 64 MB has that many nodes if it is made of nothing but small values. */
#define BODY_NODES_MAX ((size_t)512 << 10)
#define BODY_ROOM      ((size_t)1 << 20) /* for what is written around what was read */
#define GROWTH_MAX     3

void chat_put_member(struct chat_reading *reading, const char *name, const struct json_node *value)
{
    if (json_is_given(value))
        put_raw_member(&reading->json, name, json_raw(&reading->tree, value));
}

/* The first ones OpenAI's servers take. */
static const struct {
    const char *name;
    bool is_openais;
} beside_rows[] = {
    { "stop", true },
    { "seed", true },
    { "frequency_penalty", true },
    { "presence_penalty", true },
    { "logit_bias", true },
    { "prediction", true },
    { "modalities", true },
    { "audio", true },
    { "web_search_options", true },
    { "top_k", false },
    { "thinking", false },
    { "cache_control", false },
    { "safetySettings", false },
    { "safety_settings", false },
    { "cachedContent", false },
    { "cached_content", false },
};

void chat_put_beside(struct chat_reading *reading)
{
    for (size_t i = 0; i < sizeof(beside_rows) / sizeof(beside_rows[0]); i++)
        if (beside_rows[i].is_openais || !chat_is_final(reading))
            chat_put_member(reading, beside_rows[i].name,
                            chat_member(reading, beside_rows[i].name));
}

void chat_put_model(struct chat_reading *reading)
{
    const struct json_node *model = chat_member(reading, "model");
    if (chat_is_final(reading)) {
        put_key(&reading->json, "model");
        put_string(&reading->json, text_of(reading->aim->model));
    } else if (model) {
        put_raw_member(&reading->json, "model", json_raw(&reading->tree, model));
    }
}

static enum fail write(const struct voice *voice, struct chat_reading *reading,
                       const char **ret_why)
{
    if (!json_is_kind(json_root(&reading->tree), JSON_OBJECT)) {
        *ret_why = "The body must be a JSON object.";
        return FAIL_BAD_JSON;
    }
    put_open(&reading->json, '{');
    enum fail fail = voice->put_chat(reading, ret_why);
    put_close(&reading->json, '}');
    if (fail)
        return fail;
    *ret_why = "The body is too large.";
    return reading->json.full ? FAIL_BODY_TOO_LARGE : FAIL_NONE;
}

enum fail voice_to_chat(const struct voice *voice, struct text body, const struct chat_aim *aim,
                        struct buffer *out, const char **ret_why)
{
    struct chat_reading reading = { .aim = aim, .json = json_writer_of(out) };
    buffer_clear(out);
    buffer_init(out, GROWTH_MAX * (body.len + aim->last_message.len) + BODY_ROOM);
    json_tree_init(&reading.tree, BODY_NODES_MAX, voice->body_levels);
    enum fail fail = json_tree_read(&reading.tree, body);
    *ret_why = fail == FAIL_BAD_JSON ? "The body is not valid JSON."
                                     : "The body has too many values, or is nested too deeply.";
    if (!fail)
        fail = write(voice, &reading, ret_why);
    json_tree_clear(&reading.tree);
    return fail;
}

size_t voice_strange_thoughts(const struct voice *voice, struct text body, struct span *ret_spans,
                              size_t room)
{
    struct json_tree tree;
    size_t count = 0;
    if (!voice->strange_thoughts || (voice->may_be_strange && !voice->may_be_strange(body)))
        return 0;
    json_tree_init(&tree, BODY_NODES_MAX, voice->body_levels);
    if (!json_tree_read(&tree, body))
        count = voice->strange_thoughts(&tree, ret_spans, room);
    json_tree_clear(&tree);
    return count;
}

/* ---- streams ---- */

#define CHUNK_NODES_MAX 4096
#define CHUNK_LEVELS    8

static void join(struct buffer *out, size_t from, char end)
{
    char *at = out->data + from;
    while ((at = memchr(at, end, out->len - (size_t)(at - out->data))))
        *at = ' ';
}

void voice_join_lines(struct voice_writer *writer, size_t data_at)
{
    if (writer->json.full)
        return;
    join(writer->json.out, data_at, '\n');
    join(writer->json.out, data_at, '\r');
}

/* Other lines without data are of no use to anybody. */
static struct text comment_of(const struct sse_event *event)
{
    return text_starts(event->bytes, ":") ? event->bytes : (struct text){ 0 };
}

static bool on_event(void *owner, const struct sse_event *event)
{
    struct voice_writer *writer = owner;
    if (writer->ended)
        return true;
    if (event->data_lines == 0)
        put_bytes(&writer->json, comment_of(event));
    else if (text_is(text_trim(event->data), "[DONE]"))
        writer->voice->end(writer);
    else if (!json_tree_read(&writer->tree, event->data))
        writer->voice->read_chunk(writer);
    return !writer->json.full;
}

struct voice_writer *voice_writer_new(const struct voice *voice, const struct voice_about *about,
                                      size_t max_event)
{
    struct voice_writer *writer = calloc(1, voice->writer_size);
    if (!writer)
        abort();
    writer->voice = voice;
    writer->about = *about;
    sse_init(&writer->sse, max_event, on_event, writer);
    json_tree_init(&writer->tree, CHUNK_NODES_MAX, CHUNK_LEVELS);
    if (voice->init)
        voice->init(writer);
    return writer;
}

bool voice_can_resume(const struct voice *voice)
{
    return voice->resume != NULL;
}

struct voice_writer *voice_writer_resume(const struct voice *voice, const struct voice_about *about,
                                         size_t max_event, const struct delivered *delivered)
{
    struct voice_writer *writer = voice_writer_new(voice, about, max_event);
    voice->resume(writer, delivered);
    return writer;
}

void voice_writer_free(struct voice_writer *writer)
{
    if (!writer)
        return;
    if (writer->voice->clear)
        writer->voice->clear(writer);
    sse_clear(&writer->sse);
    json_tree_clear(&writer->tree);
    free(writer);
}

bool voice_events(struct voice_writer *writer, struct text events, struct buffer *out)
{
    writer->json = json_writer_of(out);
    return sse_feed(&writer->sse, events);
}

bool voice_end(struct voice_writer *writer, struct buffer *out)
{
    writer->json = json_writer_of(out);
    if (!writer->ended)
        writer->voice->end(writer);
    return !writer->json.full;
}

void voice_cut(struct voice_writer *writer, const struct error_note *note, struct buffer *out)
{
    writer->json = json_writer_of(out);
    if (!writer->ended)
        writer->voice->cut(writer, note);
    writer->ended = true;
}

/* ---- whole replies ---- */

#define REPLY_NODES_MAX ((size_t)64 << 10)
#define REPLY_LEVELS    8

bool voice_reply(const struct voice *voice, const struct voice_about *about, struct text completion,
                 struct buffer *out)
{
    struct json_tree tree;
    struct json_writer json = json_writer_of(out);
    json_tree_init(&tree, REPLY_NODES_MAX, REPLY_LEVELS);
    bool is_one = !json_tree_read(&tree, completion) &&
                  json_first(&tree, json_find(&tree, json_root(&tree), "choices")) != NULL;
    if (is_one)
        voice->put_reply(about, &tree, &json);
    json_tree_clear(&tree);
    return is_one && !json.full;
}

bool voice_error_of(const struct voice *voice, struct text error, const char *request_id,
                    struct buffer *out)
{
    struct json_tree tree;
    struct json_writer json = json_writer_of(out);
    if (!voice->put_error)
        return false;
    json_tree_init(&tree, REPLY_NODES_MAX, REPLY_LEVELS);
    json_tree_read(&tree, error);
    voice->put_error(&tree, request_id, &json);
    json_tree_clear(&tree);
    return true;
}

void chat_put_forced(struct chat_reading *reading, const struct json_node *choice, const char *type)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    put_key(json, "tool_choice");
    put_open(json, '{');
    put_word_member(json, "type", type);
    put_key(json, type);
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, choice, "name")));
    put_close(json, '}');
    put_close(json, '}');
}
