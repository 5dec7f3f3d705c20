/* openai_notes.c - what the words of an answer rest on, and blocks that only their vendor knows. */
#include "citations.h"
#include "foreign_values.h"
#include "openai_delta.h"

/* ---- annotations ---- */

static void open_list(struct openai_writer *writer, struct json_writer *json)
{
    openai_open_delta(writer);
    put_key(json, "annotations");
    put_open(json, '[');
}

static void close_list(struct openai_writer *writer, struct json_writer *json)
{
    put_close(json, ']');
    openai_close_delta(writer, NULL);
}

static struct json_writer annotations_of(struct openai_choice *choice)
{
    struct json_writer json = json_writer_of(&choice->annotations);
    json.wants_comma = choice->annotations.len > 0;
    return json;
}

int64_t openai_characters(const struct openai_writer *writer)
{
    return writer->choices[writer->choice].characters;
}

void openai_annotate(struct openai_writer *writer, const struct citation *citation)
{
    struct json_writer whole = annotations_of(openai_chosen(writer));
    struct json_writer *json = writer->streamed ? &writer->json : &whole;
    if (writer->streamed)
        open_list(writer, json);
    citation_open_annotation(json, citation);
    citation_close_annotation(json, citation->end);
    if (writer->streamed)
        close_list(writer, json);
    writer->json.full = writer->json.full || json->full;
}

/* No line end stands in a JSON text that this house has written. */
void openai_cite(struct openai_writer *writer, const struct citation *citation)
{
    struct json_writer json = json_writer_of(&writer->cited);
    struct citation cited = *citation;
    cited.start = openai_chosen(writer)->cited_from;
    citation_open_annotation(&json, &cited);
    put_bytes(&json, text_of("\n"));
    writer->json.full = writer->json.full || json.full;
}

static void put_cited(struct json_writer *json, struct text cited, int64_t end)
{
    for (struct text line; text_split(&cited, '\n', &line);) {
        if (line.len == 0)
            continue;
        if (json->wants_comma)
            put_bytes(json, text_of(","));
        put_bytes(json, line);
        json->wants_comma = false;
        citation_close_annotation(json, end);
    }
}

void openai_end_part(struct openai_writer *writer)
{
    struct openai_choice *choice = openai_chosen(writer);
    if (writer->cited.len > 0 && writer->streamed) {
        open_list(writer, &writer->json);
        put_cited(&writer->json, buffer_text(&writer->cited), choice->characters);
        close_list(writer, &writer->json);
    } else if (writer->cited.len > 0) {
        struct json_writer json = annotations_of(choice);
        put_cited(&json, buffer_text(&writer->cited), choice->characters);
        writer->json.full = writer->json.full || json.full;
    }
    writer->cited.len = 0;
    choice->cited_from = choice->characters;
}

/* ---- a vendor's own blocks ---- */

void openai_put_blocks(struct json_writer *json, struct text blocks)
{
    if (blocks.len == 0)
        return;
    put_key(json, "extra_content");
    put_open(json, '{');
    put_key(json, "anthropic");
    put_open(json, '{');
    put_key(json, "blocks");
    put_open(json, '[');
    put_bytes(json, blocks);
    put_close(json, ']');
    put_close(json, '}');
    put_close(json, '}');
}

/* In a stream the input stands here as an empty object, and comes later. */
void openai_open_block(struct openai_writer *writer, const struct json_tree *tree,
                       const struct json_node *block)
{
    struct json_writer json = json_writer_of(&writer->block);
    const struct json_node *input = json_find(tree, block, "input");
    writer->block.len = writer->input.len = 0;
    put_open(&json, '{');
    for (const struct json_node *member = json_first(tree, block); member;
         member = json_next(tree, member)) {
        if (member == input)
            continue;
        put_string(&json, json_name(tree, member));
        put_bytes(&json, text_of(":"));
        put_bytes(&json, json_raw(tree, member));
    }
    writer->wants_input = writer->streamed && json_is_kind(input, JSON_OBJECT) && input->count == 0;
    if (input && !writer->wants_input)
        put_raw_member(&json, "input", json_raw(tree, input));
    writer->json.full = writer->json.full || json.full;
}

void openai_block_input(struct openai_writer *writer, struct text piece)
{
    if (writer->wants_input && !buffer_append_text(&writer->input, piece))
        writer->json.full = true;
}

/* Line ends between its values would end the event that it goes into. */
static void join_lines(struct buffer *block)
{
    for (size_t i = 0; i < block->len; i++)
        if (block->data[i] == '\n' || block->data[i] == '\r')
            block->data[i] = ' ';
}

static void end_block(struct openai_writer *writer)
{
    struct json_writer json = json_writer_of(&writer->block);
    json.wants_comma = true;
    if (writer->wants_input)
        put_object_member(&json, "input", buffer_text(&writer->input), "arguments");
    put_close(&json, '}');
    join_lines(&writer->block);
    writer->wants_input = false;
    writer->json.full = writer->json.full || json.full;
}

static void keep_block(struct openai_writer *writer)
{
    struct buffer *blocks = &openai_chosen(writer)->blocks;
    if ((blocks->len > 0 && !buffer_append_string(blocks, ",")) ||
        !buffer_append_text(blocks, buffer_text(&writer->block)))
        writer->json.full = true;
}

void openai_close_block(struct openai_writer *writer)
{
    if (writer->block.len == 0)
        return;
    end_block(writer);
    if (writer->streamed) {
        openai_open_delta(writer);
        openai_put_blocks(&writer->json, buffer_text(&writer->block));
        openai_close_delta(writer, NULL);
    } else {
        keep_block(writer);
    }
    writer->block.len = 0;
}
