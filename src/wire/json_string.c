/* json_string.c - a string of JSON: told as it stands, or put together. */
#include <assert.h>

#include "json_scan.h"

static enum json_kind kind_of_string(const struct json_scan *scan)
{
    bool is_key = scan->expect == EXPECT_KEY || scan->expect == EXPECT_KEY_OR_END;
    return is_key ? JSON_KEY : JSON_STRING;
}

static bool tell_part(struct json_scan *scan)
{
    const struct json_value part = {
        .kind = kind_of_string(scan),
        .depth = scan->depth,
        .text = { scan->long_text->part, scan->part_len },
        .wide = scan->part_wide,
        .start = scan->start,
    };
    scan->rest += scan->part_len;
    scan->part_len = 0;
    scan->part_wide = false;
    if (!scan->part_sink || scan->part_sink(scan->owner, &part))
        return true;
    scan->fail = FAIL_BAD_VALUE;
    return false;
}

static enum json_stop copy_to_text(struct json_scan *scan, struct json_cursor *cursor)
{
    cursor->out = scan->text + scan->text_len;
    cursor->limit = scan->text + scan->text_room;
    cursor->wide = scan->wide;
    const enum json_stop stop = json_copy_characters(cursor);
    scan->text_len = (size_t)(cursor->out - scan->text);
    scan->wide = cursor->wide;
    return stop;
}

static enum json_stop copy_to_part(struct json_scan *scan, struct json_cursor *cursor)
{
    cursor->out = scan->long_text->part + scan->part_len;
    cursor->limit = scan->long_text->part + JSON_PART_BYTES;
    cursor->wide = scan->part_wide;
    const enum json_stop stop = json_copy_characters(cursor);
    scan->part_len = (size_t)(cursor->out - scan->long_text->part);
    scan->part_wide = cursor->wide;
    return stop;
}

/* JSON_STOP_FULL only when the scan has failed. */
static enum json_stop copy(struct json_scan *scan, struct json_cursor *cursor)
{
    enum json_stop stop = JSON_STOP_FULL;
    while (stop == JSON_STOP_FULL && !scan->long_string) {
        stop = copy_to_text(scan, cursor);
        if (stop == JSON_STOP_FULL && scan->long_text)
            scan->long_string = true;
        else if (stop == JSON_STOP_FULL && !json_grow_text(scan))
            return stop;
    }
    while (stop == JSON_STOP_FULL) {
        stop = copy_to_part(scan, cursor);
        if (stop == JSON_STOP_FULL && !tell_part(scan))
            break;
    }
    return stop;
}

static void keep_cut(struct json_scan *scan, const struct json_cursor *cursor)
{
    scan->cut_len = (size_t)(cursor->end - cursor->at);
    assert(scan->cut_len <= sizeof(scan->cut));
    memmove(scan->cut, cursor->at, scan->cut_len);
}

/* A character that was cut is put together byte by byte, until it is one. */
static enum json_stop copy_cut(struct json_scan *scan, struct json_cursor *cursor)
{
    enum json_stop stop = JSON_STOP_CUT;
    while (stop == JSON_STOP_CUT && cursor->at < cursor->end) {
        scan->cut[scan->cut_len++] = *cursor->at++;
        struct json_cursor cut = { .at = scan->cut, .end = scan->cut + scan->cut_len };
        stop = copy(scan, &cut);
        keep_cut(scan, &cut);
    }
    return stop;
}

static const unsigned char *end_string(struct json_scan *scan, struct json_value *value,
                                       const unsigned char *at)
{
    value->kind = kind_of_string(scan);
    if (!json_tell(scan, value, json_place(scan, at)))
        return NULL;
    if (value->kind == JSON_KEY) {
        scan->expect = EXPECT_COLON;
        scan->inside = BETWEEN_TOKENS;
    } else {
        json_expect_behind_value(scan);
    }
    return at;
}

static const unsigned char *stop_string(struct json_scan *scan, const struct json_cursor *cursor,
                                        enum json_stop stop)
{
    switch (stop) {
    case JSON_STOP_QUOTE:
        if (scan->part_len > 0 && !tell_part(scan))
            return NULL;
        return end_string(scan,
                          &(struct json_value){ .text = { scan->text, scan->text_len },
                                                .rest = scan->rest,
                                                .wide = scan->wide },
                          cursor->at);
    case JSON_STOP_CUT:
        keep_cut(scan, cursor);
        return cursor->end;
    case JSON_STOP_END:
        return cursor->at;
    default:
        scan->not_utf8 = stop == JSON_STOP_NOT_UTF8;
        return json_refuse(scan, FAIL_BAD_JSON);
    }
}

const unsigned char *json_read_string(struct json_scan *scan, const unsigned char *at,
                                      const unsigned char *end)
{
    struct json_cursor cursor = { .at = at, .end = end };
    enum json_stop stop = JSON_STOP_END;
    if (scan->cut_len > 0)
        stop = copy_cut(scan, &cursor);
    if (stop == JSON_STOP_CUT)
        return end; /* its bytes are kept */
    if (stop == JSON_STOP_END)
        stop = copy(scan, &cursor);
    return stop_string(scan, &cursor, stop);
}

/* Most are told as they stand. For the others the bytes of this piece are looked at again. */
const unsigned char *json_begin_string(struct json_scan *scan, const unsigned char *at,
                                       const unsigned char *end)
{
    struct json_cursor cursor = { .at = ++at, .end = end };
    if (json_skip_characters(&cursor) == JSON_STOP_QUOTE) {
        const struct text inside = { (const char *)at, (size_t)(cursor.at - at) - 1 };
        return end_string(scan, &(struct json_value){ .text = inside, .wide = cursor.wide },
                          cursor.at);
    }
    json_begin_text(scan);
    scan->inside = IN_STRING;
    return json_read_string(scan, at, end);
}
