/* printed_decisions.c - explanations in a file that one process writes and another reads. */
#include "printed_decisions.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

static size_t size_of(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? (size_t)stat.st_size : 0;
}

void printed_add(int fd, const char *id, const json_t *explanation)
{
    struct buffer line;
    char *printed = json_dumps(explanation, JSON_COMPACT | JSON_REAL_PRECISION(9));
    buffer_init(&line, PRINTED_MAX);
    if (printed && buffer_printf(&line, "%s ", id) && buffer_append_string(&line, printed) &&
        buffer_append_string(&line, "\n") && size_of(fd) + line.len <= PRINTED_MAX)
        (void)!write(fd, line.data, line.len);
    buffer_clear(&line);
    free(printed);
}

/* What stands behind the id in its last line. */
static struct text find_line(struct text lines, struct text id)
{
    struct text found = { NULL, 0 };
    const char *end;
    while ((end = memchr(lines.data, '\n', lines.len))) {
        struct text line = { lines.data, (size_t)(end - lines.data) }, word;
        lines.len -= line.len + 1;
        lines.data = end + 1;
        if (text_split(&line, ' ', &word) && text_equal(word, id))
            found = line;
    }
    return found;
}

/* The file is memory, so that looking into it waits for no disk. */
json_t *printed_find(int fd, struct text id)
{
    size_t size = size_of(fd);
    void *mapped = size > 0 ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (mapped == MAP_FAILED)
        return NULL;
    struct text line = find_line((struct text){ mapped, size }, id);
    json_t *explanation = line.len > 0 ? json_loadb(line.data, line.len, 0, NULL) : NULL;
    munmap(mapped, size);
    return explanation;
}
