/* responses_events.c - OpenAI's chunks become the events that a client of Responses waits for.
 *
 *     response.created ─ response.in_progress
 *         ─ (response.output_item.added ─ … ─ response.output_item.done) …
 *         ─ response.completed, or .incomplete, or .failed
 *
 * What the answer used comes after why it ended, so the last event waits for the end. */
#include "dialect/openai.h"
#include "foreign_values.h"
#include "responses_writer.h"

#define ID_ROOM 256

/* ---- events ---- */

void responses_open_event(struct responses_writer *writer, const char *type)
{
    struct json_writer *json = &writer->base.json;
    put_bytes(json, text_of("event: "));
    put_bytes(json, text_of(type));
    put_bytes(json, text_of("\ndata: "));
    writer->data_at = json->out->len;
    json->wants_comma = false;
    put_open(json, '{');
    put_word_member(json, "type", type);
    put_count_member(json, "sequence_number", writer->sequence++);
}

void responses_close_event(struct responses_writer *writer)
{
    struct json_writer *json = &writer->base.json;
    put_close(json, '}');
    voice_join_lines(&writer->base, writer->data_at);
    put_bytes(json, text_of("\n\n"));
    if (writer->is_whole)
        json->out->len = 0;
}

void responses_keep(struct responses_writer *writer, struct buffer *kept, struct text more)
{
    if (!buffer_append_text(kept, more))
        writer->base.json.full = true;
}

void responses_keep_item(struct responses_writer *writer, struct buffer *list, struct text item)
{
    if (item.len == 0)
        return;
    if (list->len > 0)
        responses_keep(writer, list, text_of(","));
    responses_keep(writer, list, item);
}

void responses_put_id(struct responses_writer *writer, const char *name, const char *prefix,
                      size_t place)
{
    char number[24];
    struct json_writer *json = &writer->base.json;
    snprintf(number, sizeof(number), "_%zu", place);
    put_key(json, name);
    put_open_string(json);
    put_inside(json, text_of(prefix));
    put_inside(json, buffer_text(&writer->id));
    put_inside(json, text_of(number));
    put_close_string(json);
}

void responses_open_added(struct responses_writer *writer, size_t place)
{
    responses_open_event(writer, "response.output_item.added");
    put_count_member(&writer->base.json, "output_index", (int64_t)place);
    put_key(&writer->base.json, "item");
}

void responses_put_done(struct responses_writer *writer, size_t place, struct text item)
{
    responses_open_event(writer, "response.output_item.done");
    put_count_member(&writer->base.json, "output_index", (int64_t)place);
    put_raw_member(&writer->base.json, "item", item);
    responses_close_event(writer);
    responses_keep_item(writer, &writer->items, item);
}

static void tell_response(struct responses_writer *writer, const char *type, const char *status)
{
    responses_open_event(writer, type);
    put_key(&writer->base.json, "response");
    responses_put_response(writer, status, NULL);
    responses_close_event(writer);
}

static void begin(struct responses_writer *writer)
{
    if (writer->begun)
        return;
    writer->begun = true;
    responses_read_about(writer);
    if (writer->is_whole)
        return;
    tell_response(writer, "response.created", "in_progress");
    tell_response(writer, "response.in_progress", "in_progress");
}

/* ---- what a delta says, or a whole message ---- */

static void read_detail(struct responses_writer *writer, const struct json_node *detail)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct text vendor = json_inside(tree, json_find(tree, detail, "format"));
    const struct text hidden = json_inside(tree, json_find(tree, detail, "data"));
    const struct text proof = json_inside(tree, json_find(tree, detail, "signature"));
    struct text thought = json_inside(tree, json_find(tree, detail, "text"));
    int64_t index = 0;
    json_to_count(tree, json_find(tree, detail, "index"), &index);
    if (thought.len == 0)
        thought = json_inside(tree, json_find(tree, detail, "summary"));
    if (hidden.len > 0)
        responses_close_item(writer);
    if (thought.len + hidden.len + proof.len == 0)
        return;
    responses_think(writer, index, thought);
    if (hidden.len + proof.len > 0)
        responses_prove(writer, vendor, hidden.len > 0 ? hidden : proof, hidden.len > 0);
}

static struct text plain_thought(const struct json_tree *tree, const struct json_node *said)
{
    struct text thought = json_inside(tree, json_find(tree, said, "reasoning_content"));
    return thought.len > 0 ? thought : json_inside(tree, json_find(tree, said, "reasoning"));
}

/* Where the same is said twice, the details say more. */
static void read_thoughts(struct responses_writer *writer, const struct json_node *said)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *details = json_find(tree, said, "reasoning_details");
    if (!json_is_kind(details, JSON_ARRAY) || details->count == 0) {
        if (plain_thought(tree, said).len > 0)
            responses_think(writer, 0, plain_thought(tree, said));
        return;
    }
    for (const struct json_node *detail = json_first(tree, details); detail;
         detail = json_next(tree, detail))
        read_detail(writer, detail);
}

static void read_annotations(struct responses_writer *writer, const struct json_node *said)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *annotations = json_find(tree, said, "annotations");
    if (!json_is_kind(annotations, JSON_ARRAY))
        return;
    for (const struct json_node *annotation = json_first(tree, annotations); annotation;
         annotation = json_next(tree, annotation))
        responses_annotate(writer, annotation);
}

/* False where the pieces of several cannot be told apart. */
static bool read_calls(struct responses_writer *writer, const struct json_node *said)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *calls = json_find(tree, said, "tool_calls");
    int64_t index = 0;
    if (!json_is_kind(calls, JSON_ARRAY))
        return true;
    for (const struct json_node *call = json_first(tree, calls); call; call = json_next(tree, call))
        if (!responses_read_call(writer, call, index++))
            return false;
    return true;
}

static const char *incomplete_of(const struct json_tree *tree, const struct json_node *reason)
{
    static const struct {
        const char *chat, *theirs;
    } rows[] = {
        { "length", "max_output_tokens" },
        { "content_filter", "content_filter" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (json_is(tree, reason, rows[i].chat))
            return rows[i].theirs;
    return NULL;
}

static bool read_choice(struct responses_writer *writer, const struct json_node *choice,
                        const char *name)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *said = json_find(tree, choice, name);
    const struct json_node *reason = json_find(tree, choice, "finish_reason");
    const struct json_node *likely =
        json_find(tree, json_find(tree, choice, "logprobs"), "content");
    const struct text logprobs =
        json_is_kind(likely, JSON_ARRAY) ? json_raw(tree, likely) : (struct text){ 0 };
    read_thoughts(writer, said);
    responses_say(writer, PART_TEXT, json_inside(tree, json_find(tree, said, "content")), logprobs);
    responses_say(writer, PART_REFUSAL, json_inside(tree, json_find(tree, said, "refusal")),
                  (struct text){ 0 });
    read_annotations(writer, said);
    const bool is_clear = read_calls(writer, said);
    if (json_is_given(reason))
        writer->incomplete = incomplete_of(tree, reason);
    return is_clear;
}

/* ---- the end ---- */

static void close_all(struct responses_writer *writer)
{
    responses_close_item(writer);
    responses_close_calls(writer);
}

/* SDKs raise on a member `error` beside the response. */
static void fail(struct responses_writer *writer, const struct responses_failure *failure,
                 struct text error)
{
    writer->base.ended = true;
    begin(writer);
    responses_open_event(writer, "response.failed");
    put_key(&writer->base.json, "response");
    responses_put_response(writer, "failed", failure);
    put_raw_member(&writer->base.json, "error", error);
    responses_close_event(writer);
}

static void fail_by(struct responses_writer *writer, const struct json_node *error)
{
    const struct json_tree *tree = &writer->base.tree;
    struct responses_failure failure = {
        .code = json_inside(tree, json_find(tree, error, "code")),
        .message = json_inside(tree, json_find(tree, error, "message")),
    };
    if (failure.code.len == 0)
        failure.code = text_of("server_error");
    fail(writer, &failure, json_raw(tree, error));
}

static void cut(struct voice_writer *base, const struct error_note *note)
{
    struct responses_writer *writer = responses_writer_of(base);
    struct buffer error;
    buffer_init(&error, 64 << 10);
    error_write(&error, note);
    json_tree_clear(&base->tree);
    json_tree_init(&base->tree, 4096, 4);
    if (!json_tree_read(&base->tree, buffer_text(&error)))
        fail_by(writer, json_find(&base->tree, json_root(&base->tree), "error"));
    buffer_clear(&error);
}

static void fail_mixed(struct responses_writer *writer)
{
    static const struct responses_failure failure = {
        TEXT("server_error"), TEXT("The calls of several tools came mixed.")
    };
    fail(writer, &failure,
         text_of("{\"message\":\"The calls of several tools came mixed.\",\"type\":"
                 "\"server_error\",\"param\":null,\"code\":\"server_error\"}"));
}

static void read_chunk(struct voice_writer *base)
{
    struct responses_writer *writer = responses_writer_of(base);
    const struct json_tree *tree = &base->tree;
    const struct json_node *chunk = json_root(tree);
    const struct json_node *error = json_find(tree, chunk, "error");
    if (json_is_given(error)) {
        fail_by(writer, error);
        return;
    }
    begin(writer);
    responses_read_usage(writer, json_find(tree, chunk, "usage"));
    if (!read_choice(writer, json_first(tree, json_find(tree, chunk, "choices")), "delta"))
        fail_mixed(writer);
}

static void end(struct voice_writer *base)
{
    struct responses_writer *writer = responses_writer_of(base);
    if (!writer->begun)
        return;
    base->ended = true;
    close_all(writer);
    if (writer->incomplete)
        tell_response(writer, "response.incomplete", "incomplete");
    else
        tell_response(writer, "response.completed", "completed");
}

static void init(struct voice_writer *base)
{
    struct responses_writer *writer = responses_writer_of(base);
    struct buffer *const kept[] = { &writer->items,       &writer->parts,    &writer->words,
                                    &writer->annotations, &writer->logprobs, &writer->vendor,
                                    &writer->proof };
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        buffer_init(kept[i], RESPONSES_KEPT_MAX);
    buffer_init(&writer->id, ID_ROOM);
    buffer_init(&writer->head, 2 * ID_ROOM);
    buffer_init(&writer->echo, 2 * base->about.question.len + RESPONSES_KEPT_MAX);
}

static void clear(struct voice_writer *base)
{
    struct responses_writer *writer = responses_writer_of(base);
    struct buffer *const kept[] = { &writer->items,       &writer->parts,    &writer->words,
                                    &writer->annotations, &writer->logprobs, &writer->vendor,
                                    &writer->proof,       &writer->id,       &writer->head,
                                    &writer->echo };
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        buffer_clear(kept[i]);
    responses_calls_clear(writer);
}

/* ---- a whole reply ---- */

/* Read like a stream: what it says piece by piece is thrown away. */
static void put_reply(const struct voice_about *about, const struct json_tree *tree,
                      struct json_writer *json)
{
    struct responses_writer writer = { .base = { .about = *about, .tree = *tree },
                                       .is_whole = true };
    struct buffer unheard;
    const struct json_node *completion = json_root(tree);
    buffer_init(&unheard, 4 * RESPONSES_KEPT_MAX);
    init(&writer.base);
    writer.base.json = json_writer_of(&unheard);
    begin(&writer);
    responses_read_usage(&writer, json_find(tree, completion, "usage"));
    read_choice(&writer, json_first(tree, json_find(tree, completion, "choices")), "message");
    close_all(&writer);
    const bool full = writer.base.json.full;
    writer.base.json = *json;
    responses_put_response(&writer, writer.incomplete ? "incomplete" : "completed", NULL);
    *json = writer.base.json;
    json->full = json->full || full;
    clear(&writer.base);
    buffer_clear(&unheard);
}

const struct voice voice_responses = {
    .body_levels = RESPONSES_LEVELS,
    .put_chat = responses_put_chat,
    .may_be_strange = responses_may_be_strange,
    .strange_thoughts = responses_strange_thoughts,
    .writer_size = sizeof(struct responses_writer),
    .init = init,
    .clear = clear,
    .read_chunk = read_chunk,
    .end = end,
    .cut = cut,
    .put_reply = put_reply,
};
