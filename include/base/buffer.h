/* buffer.h - bytes that grow, up to a maximum that is stated when the buffer is born.
 *
 * An append that would pass the maximum changes nothing and says false; what the caller does then
 * is its own affair (413, a dropped event, a cut line). Memory is given back by buffer_clear. */
#ifndef BOURSE_BASE_BUFFER_H
#define BOURSE_BASE_BUFFER_H

#include <stdio.h>

#include "base/text.h"

struct buffer {
    char *data;
    size_t len;
    size_t room; /* bytes allocated */
    size_t max;  /* bytes this buffer may ever hold */
};

void buffer_init(struct buffer *buffer, size_t max);
void buffer_clear(struct buffer *buffer);

bool buffer_append(struct buffer *buffer, const void *data, size_t len);
bool buffer_append_text(struct buffer *buffer, struct text text);
bool buffer_append_string(struct buffer *buffer, const char *string);
bool buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The inside of a JSON string: quotes, backslashes and control bytes escaped, bytes that are not
 * UTF-8 replaced by U+FFFD. Adds no quotes of its own. */
bool buffer_append_json(struct buffer *buffer, struct text text);

/* Makes room for `len` more bytes at data + len, for callers that read straight into it. */
bool buffer_reserve(struct buffer *buffer, size_t len);

/* All of it to a file; false when that fails. */
bool buffer_write(const struct buffer *buffer, FILE *file);

/* Takes `len` bytes off the front. */
void buffer_consume(struct buffer *buffer, size_t len);

static inline struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){ buffer->data, buffer->len };
}

#endif
