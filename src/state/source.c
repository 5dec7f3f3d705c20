/* source.c - finds the configuration and reads it whole, with its digest. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zero.h"

static const char *const usual_paths[] = { "bourse.yaml", "/etc/bourse/bourse.yaml" };

/* NULL: there is none. One that may not be looked at counts as there, so that reading it complains.
 */
static const char *find_usual(void)
{
    for (size_t i = 0; i < sizeof(usual_paths) / sizeof(usual_paths[0]); i++)
        if (access(usual_paths[i], F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
            return usual_paths[i];
    return NULL;
}

static void take_digest(struct source *source)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)source->text.data, source->text.len, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(source->digest + 2 * i, 3, "%02x", digest[i]);
}

/* Up to one byte more than is allowed: the reader of YAML then says so. */
static bool read_bytes(FILE *file, struct arena *arena, struct text *ret_text)
{
    struct buffer bytes;
    buffer_init(&bytes, SOURCE_MAX + 1);
    char piece[16384];
    size_t len;
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0) {
        size_t room = bytes.max - bytes.len;
        buffer_append(&bytes, piece, len < room ? len : room);
        if (bytes.len == bytes.max)
            break;
    }
    bool good = !ferror(file);
    if (good)
        *ret_text = arena_text(arena, buffer_text(&bytes));
    buffer_clear(&bytes);
    return good;
}

static bool read_file(const char *path, struct arena *arena, struct problems *problems,
                      struct source *ret_source)
{
    FILE *file = fopen(path, "re");
    bool good = file && read_bytes(file, arena, &ret_source->text);
    if (!good)
        problems_add_at(problems, PROBLEM_ERROR, arena_string(problems->arena, path), 0, 0,
                        "cannot be read: %s", strerror(errno));
    if (file)
        fclose(file);
    ret_source->path = arena_string(arena, path);
    return good;
}

bool source_read(const char *asked, struct arena *arena, struct problems *problems,
                 struct source *ret_source)
{
    struct source source = { .path = "" };
    const char *path = asked ? asked : find_usual();
    if (path && !read_file(path, arena, problems, &source))
        return false;
    if (!path)
        source.text = zero_configuration(arena, &source.zero_note);
    take_digest(&source);
    *ret_source = source;
    return true;
}
