/* request_feed.c - hands the body to the scan: strings that are long are read here instead. */
#include "request_feed.h"

#include <ctype.h>

/* Bytes of the body, with the quotes. Below, to let the scanner have it is less work. */
#define LONG_STRING 256

/* The reader's own failures have their words already. */
static enum fail note_scan_failure(struct request_reader *reader, enum fail fail)
{
    if (!fail || reader->fail)
        return reader->fail;
    if (fail == FAIL_TOO_DEEP)
        return request_fail(reader, fail,
                            arena_printf(reader->arena,
                                         "The body is nested more than %d levels deep.",
                                         JSON_DEPTH_MAX));
    return request_fail(reader, fail, "The body is not valid JSON.");
}

static enum fail scan_up_to(struct request_reader *reader, struct text body, size_t end)
{
    if (reader->fail || end <= reader->scanned)
        return reader->fail;
    const struct text piece = { body.data + reader->scanned, end - reader->scanned };
    reader->scanned = end;
    return note_scan_failure(reader, json_scan_feed(reader->scan, piece));
}

static void scan_string(struct request_reader *reader, struct text body)
{
    struct request_string *string = &reader->string;
    if (string->read.at - string->start < LONG_STRING || scan_up_to(reader, body, string->start))
        return;
    if (!reader->string_head)
        reader->string_head = arena_alloc(reader->arena, STRING_HEAD);
    reader->string_rest = string->start + 1;
    const size_t len =
        request_string_decode(string, body, &reader->string_rest, reader->string_head, STRING_HEAD);
    reader->body = body;
    reader->scanned = string->read.at;
    const enum fail fail = json_scan_feed_string(reader->scan, string->read.at - string->start,
                                                 (struct text){ reader->string_head, len });
    reader->body = (struct text){ 0 };
    note_scan_failure(reader, fail);
}

/* What was wrong in front of it is told first. */
static void refuse_string(struct request_reader *reader, struct text body, enum string_state state)
{
    if (!scan_up_to(reader, body, reader->string.start))
        request_fail(reader, FAIL_BAD_JSON,
                     state == STRING_NOT_UTF8 ? "The body is not valid UTF-8."
                                              : "The body is not valid JSON.");
}

/* False when there is nothing more to read. */
static bool read_string(struct request_reader *reader, struct text body)
{
    const enum string_state state = request_string_read(&reader->string, body);
    reader->looked = reader->string.read.at;
    if (state == STRING_GOES_ON)
        return false;
    reader->in_string = false;
    if (state == STRING_ENDED)
        scan_string(reader, body);
    else
        refuse_string(reader, body, state);
    return !reader->fail;
}

static bool find_string(struct request_reader *reader, struct text body)
{
    const char *quote = memchr(body.data + reader->looked, '"', body.len - reader->looked);
    reader->looked = quote ? (size_t)(quote - body.data) : body.len;
    if (!quote)
        return false;
    request_string_begin(&reader->string, reader->looked);
    reader->in_string = true;
    return true;
}

static bool is_of_token(char byte)
{
    return isalnum((unsigned char)byte) || memchr("+-.", byte, 3);
}

/* Where the numbers and words end that are known to have ended. */
static size_t end_of_tokens(const struct request_reader *reader, struct text body)
{
    size_t end = body.len;
    while (end > reader->scanned && is_of_token(body.data[end - 1]))
        end--;
    return end;
}

/* The scanner reads a number from its beginning again, too, so a number that is cut waits. */
static enum fail scan_tokens(struct request_reader *reader, struct text body)
{
    const size_t end = end_of_tokens(reader, body);
    if (body.len - end <= REQUEST_NUMBER_MAX)
        return scan_up_to(reader, body, end);
    if (!scan_up_to(reader, body, body.len))
        request_refuse_number(reader);
    return reader->fail;
}

enum fail request_feed(struct request_reader *reader, struct text body)
{
    bool more = !reader->fail && reader->looked < body.len;
    while (more)
        more = reader->in_string ? read_string(reader, body)
                                 : reader->looked < body.len && find_string(reader, body);
    return reader->in_string ? scan_up_to(reader, body, reader->string.start)
                             : scan_tokens(reader, body);
}

/* A string without an end is not looked at by the scanner: it could be as long as the body. */
enum fail request_feed_end(struct request_reader *reader, struct text body)
{
    if (request_feed(reader, body))
        return reader->fail;
    if (!reader->in_string && scan_up_to(reader, body, body.len))
        return reader->fail;
    return note_scan_failure(reader,
                             reader->in_string ? FAIL_BAD_JSON : json_scan_finish(reader->scan));
}
