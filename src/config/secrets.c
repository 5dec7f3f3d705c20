/* secrets.c - where a secret comes from. Its value is never part of a message. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "values.h"

#define SECRET_FILE_MAX ((size_t)64 << 10)

static bool from_env(struct text name, struct arena *arena, struct text *ret_value,
                     const char **ret_why)
{
    const char *value = getenv(arena_string_of(arena, name));
    if (!value || !*value) {
        *ret_why = arena_printf(arena, "the environment variable %.*s is not set", TEXT_ARGS(name));
        return false;
    }
    *ret_value = arena_text(arena, text_of(value));
    return true;
}

static bool from_path(const char *path, struct arena *arena, struct text *ret_value,
                      const char **ret_why)
{
    FILE *file = fopen(path, "rbe");
    char *bytes = arena_alloc(arena, SECRET_FILE_MAX + 1);
    size_t len = file ? fread(bytes, 1, SECRET_FILE_MAX + 1, file) : 0;
    if (!file) {
        *ret_why = arena_printf(arena, "%s cannot be read: %s", path, strerror(errno));
        return false;
    }
    fclose(file);
    *ret_value = text_trim((struct text){ bytes, len });
    if (len > SECRET_FILE_MAX || ret_value->len == 0) {
        *ret_why = arena_printf(arena, "%s is %s", path, len ? "larger than 64 KiB" : "empty");
        return false;
    }
    return true;
}

static bool from_file(struct text path, struct arena *arena, struct text *ret_value,
                      const char **ret_why)
{
    return from_path(arena_string_of(arena, path), arena, ret_value, ret_why);
}

/* systemd puts LoadCredential= files into a folder that only the service can read. */
static bool from_credential(struct text name, struct arena *arena, struct text *ret_value,
                            const char **ret_why)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || memchr(name.data, '/', name.len)) {
        *ret_why = folder ? "a credential's name has no slash"
                          : "there are no systemd credentials ($CREDENTIALS_DIRECTORY is not set)";
        return false;
    }
    return from_path(arena_printf(arena, "%s/%.*s", folder, TEXT_ARGS(name)), arena, ret_value,
                     ret_why);
}

static const struct {
    const char *prefix;
    bool (*read)(struct text rest, struct arena *arena, struct text *ret_value,
                 const char **ret_why);
} sources[] = {
    { "env:", from_env },
    { "os.environ/", from_env },
    { "file:", from_file },
    { "credential:", from_credential },
};

static bool find_value(struct text text, struct arena *arena, struct text *ret_value,
                       const char **ret_why)
{
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        size_t len = strlen(sources[i].prefix);
        if (text_starts(text, sources[i].prefix))
            return sources[i].read((struct text){ text.data + len, text.len - len }, arena,
                                   ret_value, ret_why);
    }
    *ret_value = arena_text(arena, text);
    return true;
}

/* A secret becomes part of a header line: a control byte in it would begin another one. */
static bool is_printable(struct text value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
            return false;
    return true;
}

bool secret_resolve(struct text text, struct arena *arena, struct secret *ret_secret,
                    const char **ret_why)
{
    struct text value;
    if (!find_value(text, arena, &value, ret_why))
        return false;
    if (!is_printable(value)) {
        *ret_why = "the secret contains a control character";
        return false;
    }
    ret_secret->hidden = value;
    secret_register(*ret_secret);
    return true;
}
