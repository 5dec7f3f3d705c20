/* lines.c - zlib reads gzipped files and plain ones alike; a line has a maximum. */
#include "lines.h"

#include <zlib.h>

#include "base/buffer.h"

#define PIECE 65536

struct lines {
    const char *name;
    size_t number;
    line_sink *sink;
    void *context;
    struct arena *arena;
    const char *why;
};

static bool give(struct lines *lines, struct text line)
{
    const char *why = NULL;
    lines->number++;
    if (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    if (lines->sink(lines->context, line, &why))
        return true;
    lines->why = arena_printf(lines->arena, "%s:%zu: %s", lines->name, lines->number, why);
    return false;
}

/* All whole lines of the buffer; what follows the last stays. */
static bool give_whole(struct lines *lines, struct buffer *buffer)
{
    size_t begin = 0;
    for (const char *end;
         buffer->len > begin && (end = memchr(buffer->data + begin, '\n', buffer->len - begin));) {
        size_t len = (size_t)(end - buffer->data) - begin;
        if (!give(lines, (struct text){ buffer->data + begin, len }))
            return false;
        begin += len + 1;
    }
    if (begin)
        buffer_consume(buffer, begin);
    return true;
}

static bool refuse(struct lines *lines, const char *why)
{
    lines->why = arena_printf(lines->arena, "%s:%zu: %s", lines->name, lines->number + 1, why);
    return false;
}

static bool read_open(struct lines *lines, gzFile file, struct buffer *buffer)
{
    int got;
    char piece[PIECE];
    while ((got = gzread(file, piece, sizeof piece)) > 0) {
        if (!buffer_append(buffer, piece, (size_t)got))
            return refuse(lines, "the line is too long");
        if (!give_whole(lines, buffer))
            return false;
    }
    int error = Z_OK;
    gzerror(file, &error);
    if (got < 0 || (error != Z_OK && error != Z_STREAM_END))
        return refuse(lines, "the file is damaged or cannot be read");
    return buffer->len == 0 || give(lines, buffer_text(buffer));
}

bool lines_read_file(const char *path, size_t line_max, line_sink *sink, void *context,
                     struct arena *arena, const char **ret_why)
{
    struct lines lines = { path, 0, sink, context, arena, NULL };
    struct buffer buffer;
    gzFile file = gzopen(path, "rbe");
    if (!file) {
        *ret_why = arena_printf(arena, "%s: the file cannot be opened", path);
        return false;
    }
    buffer_init(&buffer, line_max + PIECE);
    bool good = read_open(&lines, file, &buffer);
    gzclose(file);
    buffer_clear(&buffer);
    *ret_why = lines.why;
    return good;
}

bool lines_read_text(struct text text, const char *name, line_sink *sink, void *context,
                     struct arena *arena, const char **ret_why)
{
    struct lines lines = { name, 0, sink, context, arena, NULL };
    struct text line;
    bool good = true;
    while (good && text_split(&text, '\n', &line))
        good = give(&lines, line);
    *ret_why = lines.why;
    return good;
}
