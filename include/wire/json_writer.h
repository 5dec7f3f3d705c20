/* json_writer.h - writes a JSON document piece by piece; commas come by themselves.
 *
 *     put_open(w, '{'); put_key(w, "role"); put_word(w, "user"); put_close(w, '}');
 *
 * What was read elsewhere goes in as it stands (json_tree.h): a value with its quotes and brackets,
 * or the inside of a string as a part of another string. Whether all had room is asked once, at the
 * end. */
#ifndef BOURSE_WIRE_JSON_WRITER_H
#define BOURSE_WIRE_JSON_WRITER_H

#include "base/buffer.h"

struct json_writer {
    struct buffer *out;
    bool wants_comma; /* before the next key or item */
    bool full;        /* something had no room: what was written is of no use */
};

static inline struct json_writer json_writer_of(struct buffer *out)
{
    return (struct json_writer){ .out = out };
}

void put_open(struct json_writer *writer, char bracket);
void put_close(struct json_writer *writer, char bracket);

/* The name of the next value; it needs no escapes. */
void put_key(struct json_writer *writer, const char *name);

/* A value as it stands elsewhere; empty: null. */
void put_raw(struct json_writer *writer, struct text raw);

/* A string that needs no escapes. */
void put_word(struct json_writer *writer, const char *word);
/* A string of any bytes. */
void put_string(struct json_writer *writer, struct text string);
void put_count(struct json_writer *writer, int64_t count);
void put_bool(struct json_writer *writer, bool truth);

/* A string made of parts: the insides of others, or any bytes. */
void put_open_string(struct json_writer *writer);
void put_inside(struct json_writer *writer, struct text inside);
void put_escaped(struct json_writer *writer, struct text bytes);
void put_close_string(struct json_writer *writer);

/* A member of each kind. */
void put_raw_member(struct json_writer *writer, const char *name, struct text raw);
void put_word_member(struct json_writer *writer, const char *name, const char *word);
void put_count_member(struct json_writer *writer, const char *name, int64_t count);
/* A string, by its inside. */
void put_inside_member(struct json_writer *writer, const char *name, struct text inside);

/* Bytes that are not JSON, or a beginning that was written before. */
void put_bytes(struct json_writer *writer, struct text bytes);

#endif
