/* head.c - the head of a reply: its lines as they came. */
#include "head.h"

#define KEPT_ROOM ((size_t)8 * 1024)

void head_init(struct head *head)
{
    buffer_init(&head->lines, HEAD_MAX);
}

void head_clear(struct head *head)
{
    buffer_clear(&head->lines);
}

void head_reset(struct head *head)
{
    head->lines.len = 0;
    if (head->lines.room > KEPT_ROOM)
        head_clear(head);
}

bool head_add(struct head *head, struct text line)
{
    if (text_starts(line, "HTTP/"))
        head->lines.len = 0;
    uint32_t len = (uint32_t)line.len;
    return buffer_append(&head->lines, &len, sizeof(len)) && buffer_append_text(&head->lines, line);
}

/* False for the status line, the empty one, and the rest of a folded field: obsolete, and nothing
 * that we would pass on. */
static bool read_field(struct text line, struct text *ret_name, struct text *ret_value)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (!colon || colon == line.data || line.data[0] == ' ' || line.data[0] == '\t')
        return false;
    size_t name_len = (size_t)(colon - line.data);
    *ret_name = text_trim((struct text){ line.data, name_len });
    *ret_value = text_trim((struct text){ colon + 1, line.len - name_len - 1 });
    return true;
}

static bool next_line(const struct head *head, size_t *at, struct text *ret_line)
{
    uint32_t len;
    if (*at >= head->lines.len)
        return false;
    memcpy(&len, head->lines.data + *at, sizeof(len));
    *ret_line = (struct text){ head->lines.data + *at + sizeof(len), len };
    *at += sizeof(len) + len;
    return true;
}

bool head_next(const struct head *head, size_t *at, struct text *ret_name, struct text *ret_value)
{
    struct text line;
    while (next_line(head, at, &line))
        if (!text_starts(line, "HTTP/") && read_field(line, ret_name, ret_value))
            return true;
    return false;
}

struct text head_find(const struct head *head, const char *name)
{
    size_t at = 0, len = strlen(name);
    struct text line, field, value;
    while (next_line(head, &at, &line))
        if (line.len > len && line.data[len] == ':' &&
            text_is_nocase((struct text){ line.data, len }, name) &&
            read_field(line, &field, &value))
            return value;
    return (struct text){ NULL, 0 };
}
