/* messages_writer.c - the events of a stream for an Anthropic client, and its blocks one behind the
 * other. */
#include "messages_writer.h"

/* ---- events ---- */

void messages_open_event(struct messages_writer *writer, const char *type)
{
    struct json_writer *json = &writer->base.json;
    put_bytes(json, text_of("event: "));
    put_bytes(json, text_of(type));
    put_bytes(json, text_of("\ndata: "));
    json->wants_comma = false;
    put_open(json, '{');
    put_word_member(json, "type", type);
}

void messages_close_event(struct messages_writer *writer)
{
    put_close(&writer->base.json, '}');
    put_bytes(&writer->base.json, text_of("\n\n"));
}

/* ---- blocks ---- */

void messages_close_block(struct messages_writer *writer)
{
    if (writer->open == BLOCK_NONE)
        return;
    messages_open_event(writer, "content_block_stop");
    put_count_member(&writer->base.json, "index", (int64_t)writer->index);
    messages_close_event(writer);
    writer->open = BLOCK_NONE;
    writer->is_cited = false;
    writer->index++;
}

void messages_open_block(struct messages_writer *writer, enum block block)
{
    messages_close_block(writer);
    writer->open = block;
    messages_open_event(writer, "content_block_start");
    put_count_member(&writer->base.json, "index", (int64_t)writer->index);
    put_key(&writer->base.json, "content_block");
}

void messages_open_text(struct messages_writer *writer)
{
    if (writer->open == BLOCK_TEXT)
        return;
    messages_open_block(writer, BLOCK_TEXT);
    put_raw(&writer->base.json, text_of("{\"type\":\"text\",\"text\":\"\"}"));
    messages_close_event(writer);
}

/* ---- what is said in them ---- */

void messages_open_delta(struct messages_writer *writer, const char *type)
{
    struct json_writer *json = &writer->base.json;
    messages_open_event(writer, "content_block_delta");
    put_count_member(json, "index", (int64_t)writer->index);
    put_key(json, "delta");
    put_open(json, '{');
    put_word_member(json, "type", type);
}

void messages_close_delta(struct messages_writer *writer)
{
    put_close(&writer->base.json, '}');
    messages_close_event(writer);
}

void messages_put_delta(struct messages_writer *writer, const char *type, const char *name,
                        struct text inside)
{
    if (inside.len == 0)
        return;
    messages_open_delta(writer, type);
    put_inside_member(&writer->base.json, name, inside);
    messages_close_delta(writer);
}
