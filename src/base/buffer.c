/* buffer.c - bytes that grow by doubling, never past the maximum they were born with. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define BUFFER_FIRST_ROOM 256

void buffer_init(struct buffer *buffer, size_t max)
{
    *buffer = (struct buffer){ .max = max };
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->max);
}

bool buffer_reserve(struct buffer *buffer, size_t len)
{
    if (len > buffer->max - buffer->len)
        return false;
    size_t needed = buffer->len + len;
    if (needed <= buffer->room)
        return true;

    size_t room = buffer->room ? buffer->room : BUFFER_FIRST_ROOM;
    while (room < needed)
        room = room > SIZE_MAX / 2 ? needed : room * 2;
    if (room > buffer->max)
        room = buffer->max;
    char *data = realloc(buffer->data, room);
    if (!data)
        return false;
    buffer->data = data;
    buffer->room = room;
    return true;
}

bool buffer_append(struct buffer *buffer, const void *data, size_t len)
{
    if (len == 0)
        return true;
    if (!buffer_reserve(buffer, len))
        return false;
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
    return true;
}

bool buffer_append_text(struct buffer *buffer, struct text text)
{
    return buffer_append(buffer, text.data, text.len);
}

bool buffer_append_string(struct buffer *buffer, const char *string)
{
    return buffer_append(buffer, string, strlen(string));
}

bool buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* One more byte than is kept: vsnprintf always writes a zero. */
    if (len < 0 || (size_t)len > buffer->max - buffer->len)
        return false;
    char small[512];
    char *printed = (size_t)len < sizeof(small) ? small : malloc((size_t)len + 1);
    if (!printed)
        return false;
    va_start(args, format);
    vsnprintf(printed, (size_t)len + 1, format, args);
    va_end(args);
    bool kept = buffer_append(buffer, printed, (size_t)len);
    if (printed != small)
        free(printed);
    return kept;
}

/* The short escape of a byte, or NULL. */
static const char *short_escape(unsigned char byte)
{
    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

bool buffer_append_json(struct buffer *buffer, struct text text)
{
    size_t before = buffer->len;
    bool kept = true;
    for (size_t i = 0; kept && i < text.len;) {
        unsigned char byte = (unsigned char)text.data[i];
        const char *escape = short_escape(byte);
        size_t sequence = utf8_sequence(text.data + i, text.len - i);
        if (escape)
            kept = buffer_append_string(buffer, escape);
        else if (byte < 0x20)
            kept = buffer_printf(buffer, "\\u%04x", byte);
        else if (sequence == 0)
            kept = buffer_append_string(buffer, "\xef\xbf\xbd");
        else
            kept = buffer_append(buffer, text.data + i, sequence);
        i += sequence ? sequence : 1;
    }
    if (!kept)
        buffer->len = before;
    return kept;
}

bool buffer_write(const struct buffer *buffer, FILE *file)
{
    bool wrote = buffer->len == 0 || fwrite(buffer->data, 1, buffer->len, file) == buffer->len;
    return fflush(file) == 0 && wrote;
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    if (len >= buffer->len) {
        buffer->len = 0;
        return;
    }
    memmove(buffer->data, buffer->data + len, buffer->len - len);
    buffer->len -= len;
}
