/* json_writer.c - writes a JSON document piece by piece. */
#include "wire/json_writer.h"

void put_bytes(struct json_writer *writer, struct text bytes)
{
    if (!writer->full && !buffer_append_text(writer->out, bytes))
        writer->full = true;
}

static void put_byte(struct json_writer *writer, char byte)
{
    put_bytes(writer, (struct text){ &byte, 1 });
}

static void begin_item(struct json_writer *writer)
{
    if (writer->wants_comma)
        put_byte(writer, ',');
    writer->wants_comma = true;
}

void put_open(struct json_writer *writer, char bracket)
{
    begin_item(writer);
    put_byte(writer, bracket);
    writer->wants_comma = false;
}

void put_close(struct json_writer *writer, char bracket)
{
    put_byte(writer, bracket);
    writer->wants_comma = true;
}

void put_key(struct json_writer *writer, const char *name)
{
    begin_item(writer);
    put_byte(writer, '"');
    put_bytes(writer, text_of(name));
    put_bytes(writer, (struct text){ "\":", 2 });
    writer->wants_comma = false;
}

void put_raw(struct json_writer *writer, struct text raw)
{
    begin_item(writer);
    put_bytes(writer, raw.len > 0 ? raw : text_of("null"));
}

void put_open_string(struct json_writer *writer)
{
    begin_item(writer);
    put_byte(writer, '"');
}

void put_inside(struct json_writer *writer, struct text inside)
{
    put_bytes(writer, inside);
}

void put_escaped(struct json_writer *writer, struct text bytes)
{
    if (!writer->full && !buffer_append_json(writer->out, bytes))
        writer->full = true;
}

void put_close_string(struct json_writer *writer)
{
    put_byte(writer, '"');
}

void put_word(struct json_writer *writer, const char *word)
{
    put_open_string(writer);
    put_inside(writer, text_of(word));
    put_close_string(writer);
}

void put_string(struct json_writer *writer, struct text string)
{
    put_open_string(writer);
    put_escaped(writer, string);
    put_close_string(writer);
}

/* Events are full of small numbers: printf would be a third of what they cost. */
void put_count(struct json_writer *writer, int64_t count)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t left = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (count < 0)
        digits[--at] = '-';
    begin_item(writer);
    put_bytes(writer, (struct text){ digits + at, sizeof(digits) - at });
}

void put_bool(struct json_writer *writer, bool truth)
{
    put_raw(writer, text_of(truth ? "true" : "false"));
}

void put_raw_member(struct json_writer *writer, const char *name, struct text raw)
{
    put_key(writer, name);
    put_raw(writer, raw);
}

void put_word_member(struct json_writer *writer, const char *name, const char *word)
{
    put_key(writer, name);
    put_word(writer, word);
}

void put_count_member(struct json_writer *writer, const char *name, int64_t count)
{
    put_key(writer, name);
    put_count(writer, count);
}

void put_inside_member(struct json_writer *writer, const char *name, struct text inside)
{
    put_key(writer, name);
    put_open_string(writer);
    put_inside(writer, inside);
    put_close_string(writer);
}
