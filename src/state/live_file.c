/* live_file.c - the bytes of the file: its head with version and digest, and how it is replaced. */
#include "state/live_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live_document.h"

#define FILE_MAX     ((size_t)64 << 20)
#define PATH_MAXIMUM 4096
#define MAGIC        "bourse live state "
#define HEAD_SIZE    (sizeof(MAGIC) + 100)

static void write_head(struct text body, char head[HEAD_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH + 1];
    SHA256((const unsigned char *)body.data, body.len, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    snprintf(head, HEAD_SIZE, MAGIC "%d sha256:%s\n", LIVE_FILE_VERSION, hex);
}

/* ---- reading ---- */

static bool read_all(FILE *file, struct buffer *ret_bytes)
{
    char piece[16384];
    size_t len;
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
        if (!buffer_append(ret_bytes, piece, len))
            return false;
    return !ferror(file);
}

static enum live_file read_bytes(const struct live_memory *memory, struct text bytes,
                                 const struct live_file_clock *clock)
{
    struct text head, body = bytes;
    char expected[HEAD_SIZE];
    if (!text_starts(bytes, MAGIC))
        return bytes.len ? LIVE_FILE_FOREIGN : LIVE_FILE_DAMAGED;
    text_split(&body, '\n', &head);
    write_head(body, expected);
    if (!text_starts(bytes, expected))
        return LIVE_FILE_DAMAGED;
    return live_document_read(memory, body, clock) ? LIVE_FILE_READ : LIVE_FILE_DAMAGED;
}

enum live_file live_file_read(const struct live_memory *memory, const char *path,
                              const struct live_file_clock *clock)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? LIVE_FILE_ABSENT : LIVE_FILE_UNREADABLE;
    struct buffer bytes;
    buffer_init(&bytes, FILE_MAX);
    enum live_file found = LIVE_FILE_UNREADABLE;
    if (read_all(file, &bytes))
        found = read_bytes(memory, buffer_text(&bytes), clock);
    fclose(file);
    buffer_clear(&bytes);
    return found;
}

/* ---- writing ---- */

static bool write_bytes(int fd, struct text bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes.data += written;
        bytes.len -= (size_t)written;
    }
    return true;
}

/* The name is on the disk only when its folder is. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAXIMUM];
    snprintf(folder, sizeof(folder), "%s", path);
    int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static bool write_new(const char *path, struct text head, struct text body)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool written = write_bytes(fd, head) && write_bytes(fd, body) && fsync(fd) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return written;
}

static bool replace(const char *path, struct text head, struct text body)
{
    char fresh[PATH_MAXIMUM];
    if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh)) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!write_new(fresh, head, body) || rename(fresh, path) != 0) {
        int why = errno;
        unlink(fresh);
        errno = why;
        return false;
    }
    sync_folder(path);
    return true;
}

bool live_file_write(const struct live_memory *memory, const char *path,
                     const struct live_file_clock *clock)
{
    char *body = live_document_write(memory, clock);
    char head[HEAD_SIZE];
    if (!body) {
        errno = ENOMEM;
        return false;
    }
    write_head(text_of(body), head);
    bool written = replace(path, text_of(head), text_of(body));
    free(body);
    return written;
}
