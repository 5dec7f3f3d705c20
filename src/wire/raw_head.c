/* raw_head.c - cuts the bytes of a request's head at their line ends, spaces and colons. */
#include "wire/raw_head.h"

static enum fail malformed(struct raw_head *head, const char *why)
{
    head->why = why;
    return FAIL_MALFORMED_HTTP;
}

static struct text without(struct text text, size_t count)
{
    return (struct text){ text.data + count, text.len - count };
}

/* Some clients send an empty line after a body; of one that is only half there nothing is left. */
static struct text skip_empty_line(struct text bytes)
{
    if (bytes.len == 0 || bytes.data[0] != '\r')
        return bytes;
    if (bytes.len == 1)
        return without(bytes, 1);
    return bytes.data[1] == '\n' ? without(bytes, 2) : bytes;
}

/* Up to the next LF, with all that stands before it. */
static bool take_line(struct text *rest, struct text *ret_line)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    if (!end)
        return false;
    *ret_line = (struct text){ rest->data, (size_t)(end - rest->data) };
    *rest = without(*rest, ret_line->len + 1);
    return true;
}

static bool strip_return(struct text *line)
{
    if (line->len == 0 || line->data[line->len - 1] != '\r')
        return false;
    line->len--;
    return true;
}

/* More than three words leave a space in the version, which is then none that is known. */
static enum fail cut_request_line(struct raw_head *head, struct text line)
{
    if (!strip_return(&line))
        return malformed(head, "A line does not end with CRLF.");
    head->version = line;
    text_split(&head->version, ' ', &head->method);
    text_split(&head->version, ' ', &head->uri);
    return FAIL_NONE;
}

static struct text skip_blanks(struct text value)
{
    while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t'))
        value = without(value, 1);
    return value;
}

static enum fail cut_field(struct raw_head *head, struct text line)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return malformed(head, "A header line continues the one before it.");
    if (!colon)
        return malformed(head, "A header line has no colon.");
    if (head->field_count == RAW_HEAD_FIELDS_MAX) {
        head->why = "The request has too many headers.";
        return FAIL_HEADERS_TOO_LARGE;
    }
    size_t name_len = (size_t)(colon - line.data);
    head->fields[head->field_count++] = (struct http_field){
        .name = { line.data, name_len },
        .value = skip_blanks(without(line, name_len + 1)),
    };
    return FAIL_NONE;
}

static enum fail needs_more(struct text bytes)
{
    return bytes.len < RAW_HEAD_MAX ? FAIL_NONE : FAIL_HEADERS_TOO_LARGE;
}

enum fail raw_head_read(struct text bytes, struct raw_head *ret)
{
    struct text rest = skip_empty_line(bytes), line;
    ret->len = ret->field_count = 0;
    ret->why = NULL;
    ret->method = ret->uri = ret->version = (struct text){ NULL, 0 };
    if (rest.len > 0 && !http_is_token((struct text){ rest.data, 1 }))
        return malformed(ret, "This is not HTTP.");
    if (!take_line(&rest, &line))
        return needs_more(bytes);
    enum fail fail = cut_request_line(ret, line);
    while (!fail && take_line(&rest, &line)) {
        if (!strip_return(&line))
            return malformed(ret, "A line does not end with CRLF.");
        if (line.len == 0) {
            ret->len = bytes.len - rest.len;
            return FAIL_NONE;
        }
        fail = cut_field(ret, line);
    }
    return fail ? fail : needs_more(bytes);
}
