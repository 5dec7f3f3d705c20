/* yaml_file.c - from a path to the text that yaml_read_text understands. */
#include <errno.h>
#include <stdio.h>

#include "base/buffer.h"
#include "config/yaml.h"

/* Up to one byte more than is accepted, which yaml_read_text then refuses. */
static bool read_bytes(FILE *file, struct buffer *bytes)
{
    const size_t piece = 16384;
    size_t len = 1;
    while (len > 0 && bytes->len <= YAML_TEXT_MAX && buffer_reserve(bytes, piece)) {
        len = fread(bytes->data + bytes->len, 1, piece, file);
        bytes->len += len;
    }
    return !ferror(file);
}

const struct yaml_node *yaml_read_file(const char *path, struct arena *arena,
                                       struct problems *problems)
{
    const struct yaml_node *root = NULL;
    FILE *file = fopen(path, "rbe");
    struct buffer bytes;
    buffer_init(&bytes, YAML_TEXT_MAX + 32768);
    if (file && read_bytes(file, &bytes))
        root = yaml_read_text(buffer_text(&bytes), path, arena, problems);
    else
        problems_add_at(problems, PROBLEM_ERROR, arena_string(arena, path), 0, 0,
                        "cannot be read: %s", strerror(errno));
    buffer_clear(&bytes);
    if (file)
        fclose(file);
    return root;
}
