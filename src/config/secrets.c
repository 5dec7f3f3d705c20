/* secrets.c - where a secret comes from. Its value is never part of a message. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "values.h"

#define SECRET_FILE_MAX ((size_t)64 << 10)

/* A secret pasted where a name belongs must not come back in a message: only what can be a name is
 * repeated. */
static bool is_name(struct text name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    if (name.len == 0 || (name.data[0] >= '0' && name.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!memchr(letters, name.data[i], sizeof(letters) - 1))
            return false;
    return true;
}

static bool from_env(struct text name, struct arena *arena, struct text *ret_value,
                     const char **ret_why)
{
    if (!is_name(name)) {
        *ret_why = "what stands there is not the name of an environment variable";
        return false;
    }
    const char *value = getenv(arena_string_of(arena, name));
    if (!value || !*value) {
        *ret_why = arena_printf(arena, "the environment variable %.*s is not set", TEXT_ARGS(name));
        return false;
    }
    *ret_value = arena_text(arena, text_of(value));
    return true;
}

/* Sets errno to EFBIG for a file above the maximum and to EINVAL for what is not a file: a pipe
 * would keep a reload waiting. */
static bool read_file(int fd, struct buffer *bytes)
{
    struct stat status;
    ssize_t len = -1;
    if (fstat(fd, &status) != 0)
        return false;
    errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
    if (!S_ISREG(status.st_mode) || !buffer_reserve(bytes, SECRET_FILE_MAX + 1))
        return false;
    do {
        len = read(fd, bytes->data + bytes->len, SECRET_FILE_MAX + 1 - bytes->len);
        bytes->len += len > 0 ? (size_t)len : 0;
    } while (len > 0 && bytes->len <= SECRET_FILE_MAX);
    if (len > 0)
        errno = EFBIG;
    return len == 0;
}

static bool from_path(const char *path, struct arena *arena, struct text *ret_value,
                      const char **ret_why)
{
    struct buffer bytes;
    buffer_init(&bytes, SECRET_FILE_MAX + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_read = fd >= 0 && read_file(fd, &bytes);
    struct text value = text_trim(buffer_text(&bytes));
    if (!is_read && errno == EFBIG)
        *ret_why = arena_printf(arena, "%s is larger than 64 KiB", path);
    else if (!is_read && errno == EINVAL)
        *ret_why = arena_printf(arena, "%s is not a file", path);
    else if (!is_read)
        *ret_why = arena_printf(arena, "%s cannot be read: %s", path, strerror(errno));
    else if (value.len == 0)
        *ret_why = arena_printf(arena, "%s is empty", path);
    else
        *ret_value = arena_text(arena, value);
    buffer_clear(&bytes);
    if (fd >= 0)
        close(fd);
    return is_read && ret_value->len > 0;
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
    if (name.len == 0 || memchr(name.data, '/', name.len) || text_starts(name, "."))
        *ret_why = "what stands there is not the name of a credential";
    else if (!folder)
        *ret_why = "there are no systemd credentials ($CREDENTIALS_DIRECTORY is not set)";
    else
        return from_path(arena_printf(arena, "%s/%.*s", folder, TEXT_ARGS(name)), arena, ret_value,
                         ret_why);
    return false;
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
    struct text value = { NULL, 0 };
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
