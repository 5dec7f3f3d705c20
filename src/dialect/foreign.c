/* foreign.c - the table of languages, and what they have in common: trees, events, errors. */
#include <stdlib.h>

#include "foreign_row.h"
#include "wire/event_stream.h"
#include "wire/http.h"
#include "wire/sse.h"

static const struct foreign *const rows[DIALECT_COUNT] = {
    [DIALECT_ANTHROPIC] = &foreign_anthropic,
    [DIALECT_GEMINI] = &foreign_gemini,
    [DIALECT_BEDROCK] = &foreign_bedrock,
};

const struct foreign *foreign_of(enum provider_dialect dialect)
{
    return rows[dialect];
}

/* ---- requests ---- */

/* A body of 64 MB has that many if it is made of nothing but small values. What stands deeper than
 * the levels (schemas, arguments) is copied as it is. */
#define REQUEST_NODES_MAX  ((size_t)512 << 10)
#define REQUEST_LEVELS     7
#define MESSAGE_NODES_MAX  64
#define REQUEST_ROOM       ((size_t)1 << 20) /* for what is written around what was read */
#define REQUEST_GROWTH_MAX 3                 /* by escapes, and by small parts that grow */

static enum fail read_question(struct foreign_writing *writing)
{
    enum fail fail = json_tree_read(&writing->tree, writing->question->body);
    if (fail || writing->question->last_message.len == 0)
        return fail;
    return json_tree_read(&writing->last, writing->question->last_message);
}

enum fail foreign_write(const struct foreign *foreign, const struct foreign_question *question,
                        struct buffer *out)
{
    struct foreign_writing writing = {
        .question = question,
        .request = question->request,
        .model = question->model,
        .json = json_writer_of(out),
    };
    size_t given = question->body.len + question->last_message.len;
    buffer_clear(out);
    buffer_init(out, REQUEST_GROWTH_MAX * given + REQUEST_ROOM);
    json_tree_init(&writing.tree, REQUEST_NODES_MAX, REQUEST_LEVELS);
    json_tree_init(&writing.last, MESSAGE_NODES_MAX, REQUEST_LEVELS);
    enum fail fail = read_question(&writing);
    if (!fail)
        fail = question->request->endpoint == ENDPOINT_EMBEDDINGS
                   ? foreign->write_embeddings(&writing)
                   : foreign->write(&writing);
    if (!fail && writing.json.full)
        fail = FAIL_BAD_VALUE;
    json_tree_clear(&writing.tree);
    json_tree_clear(&writing.last);
    return fail;
}

struct text foreign_path(const struct foreign *foreign, const struct foreign_question *question,
                         struct arena *arena)
{
    return foreign->path(question, arena);
}

/* ---- answers ---- */

#define ANSWER_NODES_MAX ((size_t)64 << 10)

static void answer_init(struct foreign_answer *answer, const struct foreign *foreign, bool streamed,
                        const struct foreign_about *about, struct buffer *out)
{
    openai_writer_init(&answer->writer, streamed, about, out);
    answer->writer.format = foreign->thought_format;
    json_tree_init(&answer->tree, ANSWER_NODES_MAX, foreign->answer_levels);
    answer->state = calloc(1, foreign->state_size + 1);
    if (!answer->state)
        abort();
}

static void answer_clear(struct foreign_answer *answer)
{
    openai_writer_clear(&answer->writer);
    json_tree_clear(&answer->tree);
    free(answer->state);
}

bool foreign_reply(const struct foreign *foreign, const struct foreign_about *about,
                   struct text body, struct buffer *out)
{
    struct foreign_answer answer;
    answer_init(&answer, foreign, false, about, out);
    bool is_one = !json_tree_read(&answer.tree, body) && foreign->read_reply(&answer);
    if (is_one)
        openai_end(&answer.writer);
    is_one = is_one && !answer.writer.json.full;
    answer_clear(&answer);
    return is_one;
}

/* ---- embeddings ---- */

#define VECTORS_MAX   4096 /* values of a reply around its vectors */
#define VECTOR_LEVELS 3

static bool wants_base64(struct text question)
{
    struct json_tree tree;
    json_tree_init(&tree, REQUEST_NODES_MAX, 1);
    const bool wants =
        !json_tree_read(&tree, question) &&
        json_is(&tree, json_find(&tree, json_root(&tree), "encoding_format"), "base64");
    json_tree_clear(&tree);
    return wants;
}

bool foreign_embeddings(const struct foreign *foreign, const struct foreign_about *about,
                        struct text question, struct text body, struct buffer *out)
{
    struct json_tree tree;
    struct json_writer json = json_writer_of(out);
    json_tree_init(&tree, VECTORS_MAX, VECTOR_LEVELS);
    const bool is_one = !json_tree_read(&tree, body) &&
                        foreign->read_embeddings(&tree, about, wants_base64(question), &json);
    json_tree_clear(&tree);
    return is_one && !json.full;
}

/* ---- streams ---- */

/* Events are handed on in batches of about so many bytes. */
#define BATCH_BYTES ((size_t)32 << 10)

struct foreign_stream {
    const struct foreign *foreign;
    struct sse sse;
    struct event_stream frames; /* the one or the other */
    struct foreign_answer answer;
    struct buffer out;
    foreign_sink *sink;
    void *owner;
    bool stopped;
};

static bool hand_on(struct foreign_stream *stream)
{
    struct text events = buffer_text(&stream->out);
    bool goes_on = events.len == 0 || stream->sink(stream->owner, events);
    stream->out.len = 0;
    return goes_on;
}

/* What cannot be read is handed on as it came: the listener knows what to do with it. */
static bool on_event(void *owner, const struct sse_event *event)
{
    struct foreign_stream *stream = owner;
    struct foreign_answer *answer = &stream->answer;
    if (event->data_lines == 0 || json_tree_read(&answer->tree, event->data))
        buffer_append_text(&stream->out, event->bytes);
    else
        stream->foreign->read_event(answer, event->name);
    return stream->out.len < BATCH_BYTES || hand_on(stream);
}

/* Here what cannot be read is no answer. */
static bool on_message(void *owner, const struct event_message *message)
{
    struct foreign_stream *stream = owner;
    struct foreign_answer *answer = &stream->answer;
    if (json_tree_read(&answer->tree, message->payload) && text_is(message->kind, "event"))
        return false;
    stream->foreign->read_event(answer, message->name);
    return stream->out.len < BATCH_BYTES || hand_on(stream);
}

const char *foreign_stream_type(const struct foreign *foreign)
{
    return foreign->frames == FRAMES_AMAZON ? "application/vnd.amazon.eventstream"
                                            : "text/event-stream";
}

struct foreign_stream *foreign_stream_new(const struct foreign *foreign,
                                          const struct foreign_about *about, size_t max_event,
                                          foreign_sink *sink, void *owner)
{
    struct foreign_stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        abort();
    stream->foreign = foreign;
    stream->sink = sink;
    stream->owner = owner;
    sse_init(&stream->sse, max_event, on_event, stream);
    event_stream_init(&stream->frames, max_event, on_message, stream);
    buffer_init(&stream->out, 2 * max_event + BATCH_BYTES);
    answer_init(&stream->answer, foreign, true, about, &stream->out);
    return stream;
}

void foreign_stream_free(struct foreign_stream *stream)
{
    if (!stream)
        return;
    sse_clear(&stream->sse);
    event_stream_clear(&stream->frames);
    answer_clear(&stream->answer);
    buffer_clear(&stream->out);
    free(stream);
}

bool foreign_stream_feed(struct foreign_stream *stream, struct text bytes)
{
    if (stream->stopped)
        return false;
    bool goes_on = stream->foreign->frames == FRAMES_AMAZON
                       ? event_stream_feed(&stream->frames, bytes)
                       : sse_feed(&stream->sse, bytes);
    stream->stopped = !hand_on(stream) || !goes_on || stream->answer.writer.json.full;
    return !stream->stopped;
}

void foreign_stream_end(struct foreign_stream *stream)
{
    if (stream->stopped || !stream->foreign->read_end)
        return;
    stream->foreign->read_end(&stream->answer);
    stream->stopped = true;
    hand_on(stream);
}

bool foreign_stream_is_too_large(const struct foreign_stream *stream)
{
    return stream->sse.too_large || stream->frames.too_large || stream->answer.writer.json.full;
}

/* ---- errors ---- */

static void put_text(struct json_writer *json, const char *name, struct text inside)
{
    put_key(json, name);
    put_open_string(json);
    put_inside(json, inside);
    put_close_string(json);
}

static void put_text_or_null(struct json_writer *json, const char *name, struct text inside)
{
    if (inside.len > 0)
        put_text(json, name, inside);
    else
        put_raw_member(json, name, (struct text){ 0 });
}

int64_t foreign_error(const struct foreign *foreign, struct text body, struct buffer *out)
{
    struct json_tree tree;
    struct foreign_error error = { 0 };
    struct json_writer json = json_writer_of(out);
    json_tree_init(&tree, ANSWER_NODES_MAX, foreign->answer_levels);
    if (!json_tree_read(&tree, body))
        foreign->read_error(&tree, &error);
    const int64_t wait_ms = error.wait.len > 0 ? http_duration_ms(error.wait) : -1;
    put_open(&json, '{');
    put_key(&json, "error");
    put_open(&json, '{');
    put_text(&json, "message", error.message);
    put_text_or_null(&json, "type", error.type);
    put_raw_member(&json, "param", (struct text){ 0 });
    put_text_or_null(&json, "code", error.code);
    put_close(&json, '}');
    put_close(&json, '}');
    json_tree_clear(&tree);
    return wait_ms;
}
