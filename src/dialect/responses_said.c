/* responses_said.c - the item that is open: a thought, or a message with its parts. */
#include "dialect/openai.h"
#include "foreign_values.h"
#include "responses_writer.h"

static struct json_writer *json_of(struct responses_writer *writer)
{
    return &writer->base.json;
}

/* ---- parts of a message ---- */

static void put_list(struct json_writer *json, const char *name, const struct buffer *items)
{
    put_key(json, name);
    put_open(json, '[');
    put_bytes(json, buffer_text(items));
    put_close(json, ']');
}

static void put_part(struct responses_writer *writer, struct json_writer *json)
{
    const bool is_text = writer->part == PART_TEXT;
    put_open(json, '{');
    put_word_member(json, "type", is_text ? "output_text" : "refusal");
    put_inside_member(json, is_text ? "text" : "refusal", buffer_text(&writer->words));
    if (is_text) {
        put_list(json, "annotations", &writer->annotations);
        put_list(json, "logprobs", &writer->logprobs);
    }
    put_close(json, '}');
}

static void put_place(struct responses_writer *writer, const char *prefix)
{
    responses_put_id(writer, "item_id", prefix, writer->place);
    put_count_member(json_of(writer), "output_index", (int64_t)writer->place);
}

static void open_part_event(struct responses_writer *writer, const char *type)
{
    responses_open_event(writer, type);
    put_place(writer, "msg_");
    put_count_member(json_of(writer), "content_index", (int64_t)writer->part_index);
}

static void tell_part(struct responses_writer *writer, const char *type)
{
    open_part_event(writer, type);
    put_key(json_of(writer), "part");
    put_part(writer, json_of(writer));
    responses_close_event(writer);
}

static void open_part(struct responses_writer *writer, enum part part)
{
    writer->part = part;
    writer->words.len = writer->annotations.len = writer->logprobs.len = 0;
    writer->annotation_count = 0;
    tell_part(writer, "response.content_part.added");
}

static void tell_words(struct responses_writer *writer)
{
    const bool is_text = writer->part == PART_TEXT;
    open_part_event(writer, is_text ? "response.output_text.done" : "response.refusal.done");
    put_inside_member(json_of(writer), is_text ? "text" : "refusal", buffer_text(&writer->words));
    if (is_text)
        put_list(json_of(writer), "logprobs", &writer->logprobs);
    responses_close_event(writer);
}

static void close_part(struct responses_writer *writer)
{
    struct buffer part;
    if (writer->part == PART_NONE)
        return;
    tell_words(writer);
    tell_part(writer, "response.content_part.done");
    buffer_init(&part, 3 * RESPONSES_KEPT_MAX + 4096);
    struct json_writer json = json_writer_of(&part);
    put_part(writer, &json);
    responses_keep_item(writer, &writer->parts, buffer_text(&part));
    buffer_clear(&part);
    writer->part = PART_NONE;
    writer->part_index++;
}

/* ---- messages ---- */

static void put_message(struct responses_writer *writer, struct json_writer *json,
                        const char *status)
{
    put_word_member(json, "type", "message");
    put_word_member(json, "status", status);
    put_word_member(json, "role", "assistant");
    put_list(json, "content", &writer->parts);
}

static void open_message(struct responses_writer *writer)
{
    responses_close_item(writer);
    writer->open = ITEM_MESSAGE;
    writer->place = writer->places++;
    writer->part_index = 0;
    writer->parts.len = 0;
    responses_open_added(writer, writer->place);
    put_open(json_of(writer), '{');
    responses_put_id(writer, "id", "msg_", writer->place);
    put_message(writer, json_of(writer), "in_progress");
    put_close(json_of(writer), '}');
    responses_close_event(writer);
}

static void tell_delta(struct responses_writer *writer, struct text words, struct text logprobs)
{
    const bool is_text = writer->part == PART_TEXT;
    open_part_event(writer, is_text ? "response.output_text.delta" : "response.refusal.delta");
    put_inside_member(json_of(writer), "delta", words);
    if (is_text)
        put_raw_member(json_of(writer), "logprobs", logprobs.len ? logprobs : text_of("[]"));
    responses_close_event(writer);
}

static void need_part(struct responses_writer *writer, enum part part)
{
    responses_close_calls(writer);
    if (writer->open != ITEM_MESSAGE)
        open_message(writer);
    if (writer->part == part)
        return;
    close_part(writer);
    open_part(writer, part);
}

void responses_say(struct responses_writer *writer, enum part part, struct text words,
                   struct text logprobs)
{
    if (words.len == 0 && logprobs.len == 0)
        return;
    need_part(writer, part);
    tell_delta(writer, words, logprobs);
    responses_keep(writer, &writer->words, words);
    if (logprobs.len > 0) /* without its brackets */
        responses_keep_item(writer, &writer->logprobs,
                            text_trim((struct text){ logprobs.data + 1, logprobs.len - 2 }));
}

static const char *const annotation_types[] = { "url_citation", "file_citation" };

/* What stands in chat one level deeper, under the name of its type. */
static const struct json_node *inside_of(const struct json_tree *tree,
                                         const struct json_node *annotation)
{
    const struct json_node *inside = NULL;
    for (size_t i = 0; i < sizeof(annotation_types) / sizeof(annotation_types[0]) && !inside; i++)
        if (responses_is_type(tree, annotation, annotation_types[i]))
            inside = json_find(tree, annotation, annotation_types[i]);
    return inside;
}

static void put_annotation(struct responses_writer *writer, struct json_writer *json,
                           const struct json_node *annotation)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *inside = inside_of(tree, annotation);
    if (!inside) {
        put_raw(json, json_raw(tree, annotation));
        return;
    }
    put_open(json, '{');
    put_raw_member(json, "type", json_raw(tree, json_find(tree, annotation, "type")));
    for (const struct json_node *member = json_first(tree, inside); member;
         member = json_next(tree, member)) {
        put_string(json, json_name(tree, member));
        put_bytes(json, text_of(":"));
        put_bytes(json, json_raw(tree, member));
    }
    put_close(json, '}');
}

void responses_annotate(struct responses_writer *writer, const struct json_node *annotation)
{
    struct buffer written;
    need_part(writer, PART_TEXT);
    buffer_init(&written, RESPONSES_KEPT_MAX);
    struct json_writer json = json_writer_of(&written);
    put_annotation(writer, &json, annotation);
    open_part_event(writer, "response.output_text.annotation.added");
    put_count_member(json_of(writer), "annotation_index", (int64_t)writer->annotation_count++);
    put_raw_member(json_of(writer), "annotation", buffer_text(&written));
    responses_close_event(writer);
    responses_keep_item(writer, &writer->annotations, buffer_text(&written));
    buffer_clear(&written);
}

/* ---- thoughts ---- */

static void open_summary_event(struct responses_writer *writer, const char *type)
{
    responses_open_event(writer, type);
    put_place(writer, RESPONSES_STRANGE_ID);
    put_count_member(json_of(writer), "summary_index", 0);
}

static void put_summary(struct responses_writer *writer, struct json_writer *json)
{
    put_open(json, '{');
    put_word_member(json, "type", "summary_text");
    put_inside_member(json, "text", buffer_text(&writer->words));
    put_close(json, '}');
}

static void tell_summary(struct responses_writer *writer, const char *type)
{
    open_summary_event(writer, type);
    put_key(json_of(writer), "part");
    put_summary(writer, json_of(writer));
    responses_close_event(writer);
}

static void put_proof(struct responses_writer *writer, struct json_writer *json)
{
    put_key(json, "encrypted_content");
    put_open_string(json);
    put_inside(json, text_of(writer->is_hidden ? "@@" : "@"));
    put_inside(json, buffer_text(&writer->vendor));
    put_inside(json, text_of(":"));
    put_inside(json, buffer_text(&writer->proof));
    put_close_string(json);
}

static void put_thought(struct responses_writer *writer, struct json_writer *json)
{
    put_word_member(json, "type", "reasoning");
    put_key(json, "summary");
    put_open(json, '[');
    if (writer->words.len > 0)
        put_summary(writer, json);
    put_close(json, ']');
    if (writer->proof.len > 0)
        put_proof(writer, json);
}

static void open_thought(struct responses_writer *writer, int64_t detail)
{
    responses_close_item(writer);
    responses_close_calls(writer);
    writer->open = ITEM_THOUGHT;
    writer->detail = detail;
    writer->place = writer->places++;
    writer->words.len = writer->vendor.len = writer->proof.len = 0;
    writer->is_hidden = false;
    responses_open_added(writer, writer->place);
    put_open(json_of(writer), '{');
    responses_put_id(writer, "id", RESPONSES_STRANGE_ID, writer->place);
    put_thought(writer, json_of(writer));
    put_close(json_of(writer), '}');
    responses_close_event(writer);
}

void responses_think(struct responses_writer *writer, int64_t detail, struct text thought)
{
    if (writer->open != ITEM_THOUGHT || writer->detail != detail || writer->is_hidden)
        open_thought(writer, detail);
    if (thought.len == 0)
        return;
    if (writer->words.len == 0)
        tell_summary(writer, "response.reasoning_summary_part.added");
    open_summary_event(writer, "response.reasoning_summary_text.delta");
    put_inside_member(json_of(writer), "delta", thought);
    responses_close_event(writer);
    responses_keep(writer, &writer->words, thought);
}

void responses_prove(struct responses_writer *writer, struct text vendor, struct text proof,
                     bool is_hidden)
{
    if (vendor.len == 0)
        vendor = text_of(ANTHROPIC_FORMAT);
    writer->is_hidden = is_hidden;
    writer->vendor.len = 0;
    responses_keep(writer, &writer->vendor, vendor);
    responses_keep(writer, &writer->proof, proof);
}

static void close_summary(struct responses_writer *writer)
{
    if (writer->words.len == 0)
        return;
    open_summary_event(writer, "response.reasoning_summary_text.done");
    put_inside_member(json_of(writer), "text", buffer_text(&writer->words));
    responses_close_event(writer);
    tell_summary(writer, "response.reasoning_summary_part.done");
}

/* ---- the end of either ---- */

static void keep_open(struct responses_writer *writer)
{
    const bool is_thought = writer->open == ITEM_THOUGHT;
    struct buffer item;
    struct json_writer kept = json_writer_of(&item), json = *json_of(writer);
    buffer_init(&item, 3 * RESPONSES_KEPT_MAX + 4096);
    writer->base.json = kept;
    put_open(json_of(writer), '{');
    responses_put_id(writer, "id", is_thought ? RESPONSES_STRANGE_ID : "msg_", writer->place);
    if (is_thought)
        put_thought(writer, json_of(writer));
    else
        put_message(writer, json_of(writer), writer->incomplete ? "incomplete" : "completed");
    put_close(json_of(writer), '}');
    json.full = json.full || writer->base.json.full;
    writer->base.json = json;
    responses_put_done(writer, writer->place, buffer_text(&item));
    buffer_clear(&item);
}

void responses_close_item(struct responses_writer *writer)
{
    if (writer->open == ITEM_NONE)
        return;
    if (writer->open == ITEM_MESSAGE)
        close_part(writer);
    else
        close_summary(writer);
    keep_open(writer);
    writer->open = ITEM_NONE;
}
