/* json.c - the JSON scan: what may stand where, byte by byte, and what is told of it. */
#include <assert.h>
#include <stdlib.h>

#include "json_scan.h"

const unsigned char json_class_of[256] = {
    [' '] = SPACE,         ['\t'] = SPACE,      ['\n'] = SPACE,   ['\r'] = SPACE,   ['"'] = QUOTE,
    ['{'] = OPEN_OBJECT,   ['['] = OPEN_ARRAY,  [','] = COMMA,    [':'] = COLON,    ['-'] = MINUS,
    ['}'] = CLOSE_OBJECT,  [']'] = CLOSE_ARRAY, ['t'] = LETTER,   ['f'] = LETTER,   ['n'] = LETTER,
    ['+'] = PLUS,          ['.'] = POINT,       ['e'] = EXPONENT, ['E'] = EXPONENT, ['0'] = ZERO,
    ['1' ... '9'] = DIGIT,
};

#define VALUES                                                                                     \
    (1 << QUOTE | 1 << OPEN_OBJECT | 1 << OPEN_ARRAY | 1 << LETTER | 1 << MINUS | 1 << ZERO |      \
     1 << DIGIT)

/* Bits of enum json_class; spaces are allowed everywhere. */
static const uint32_t allowed[] = {
    [EXPECT_VALUE] = VALUES,
    [EXPECT_ITEM_OR_END] = VALUES | 1 << CLOSE_ARRAY,
    [EXPECT_KEY_OR_END] = 1 << QUOTE | 1 << CLOSE_OBJECT,
    [EXPECT_KEY] = 1 << QUOTE,
    [EXPECT_COLON] = 1 << COLON,
    [EXPECT_MORE_ITEMS] = 1 << COMMA | 1 << CLOSE_ARRAY,
    [EXPECT_MORE_MEMBERS] = 1 << COMMA | 1 << CLOSE_OBJECT,
    [EXPECT_NOTHING] = 0,
};

struct json_word {
    const char *letters;
    enum json_kind kind;
    bool truth;
};

static const struct json_word words[] = {
    { "true", JSON_BOOL, true },
    { "false", JSON_BOOL, false },
    { "null", JSON_NULL, false },
};

/* ---- telling ---- */

const unsigned char *json_refuse(struct json_scan *scan, enum fail fail)
{
    if (!scan->fail)
        scan->fail = fail;
    return NULL;
}

bool json_tell(struct json_scan *scan, struct json_value *value, size_t end)
{
    value->start = scan->start;
    value->end = end;
    value->depth = scan->depth;
    if (scan->sink(scan->owner, value))
        return true;
    scan->fail = FAIL_BAD_VALUE;
    return false;
}

void json_expect_behind_value(struct json_scan *scan)
{
    scan->inside = BETWEEN_TOKENS;
    if (scan->depth == 0)
        scan->expect = EXPECT_NOTHING;
    else if (scan->arrays >> (scan->depth - 1) & 1)
        scan->expect = EXPECT_MORE_ITEMS;
    else
        scan->expect = EXPECT_MORE_MEMBERS;
}

void json_begin_text(struct json_scan *scan)
{
    scan->long_string = scan->wide = scan->part_wide = false;
    scan->text_len = scan->part_len = scan->cut_len = scan->rest = 0;
}

bool json_grow_text(struct json_scan *scan)
{
    scan->long_text = malloc(sizeof(*scan->long_text));
    if (!scan->long_text) {
        scan->fail = FAIL_OVERLOADED;
        return false;
    }
    memcpy(scan->long_text->text, scan->text, scan->text_len);
    scan->text = scan->long_text->text;
    scan->text_room = JSON_TEXT_KEPT;
    return true;
}

/* ---- words and signs ---- */

static const unsigned char *read_word(struct json_scan *scan, const unsigned char *at,
                                      const unsigned char *end)
{
    const struct json_word *word = scan->word;
    while (at < end && word->letters[scan->letters]) {
        if (*at++ != (unsigned char)word->letters[scan->letters++])
            return json_refuse(scan, FAIL_BAD_JSON);
    }
    if (word->letters[scan->letters])
        return at;
    if (!json_tell(scan, &(struct json_value){ .kind = word->kind, .truth = word->truth },
                   json_place(scan, at)))
        return NULL;
    json_expect_behind_value(scan);
    return at;
}

static const unsigned char *begin_word(struct json_scan *scan, const unsigned char *at,
                                       const unsigned char *end)
{
    scan->inside = IN_WORD;
    scan->letters = 0;
    scan->word = words;
    while (scan->word->letters[0] != *at)
        scan->word++;
    return read_word(scan, at, end);
}

static const unsigned char *open_container(struct json_scan *scan, const unsigned char *at,
                                           const unsigned char *end)
{
    (void)end;
    const bool is_array = *at == '[';
    if (scan->depth == JSON_DEPTH_MAX)
        return json_refuse(scan, FAIL_TOO_DEEP);
    if (!json_tell(scan, &(struct json_value){ .kind = is_array ? JSON_ARRAY : JSON_OBJECT },
                   json_place(scan, at + 1)))
        return NULL;
    const uint64_t bit = (uint64_t)1 << scan->depth++;
    scan->arrays = is_array ? scan->arrays | bit : scan->arrays & ~bit;
    scan->expect = is_array ? EXPECT_ITEM_OR_END : EXPECT_KEY_OR_END;
    return at + 1;
}

static const unsigned char *close_container(struct json_scan *scan, const unsigned char *at,
                                            const unsigned char *end)
{
    (void)end;
    scan->depth--;
    if (!json_tell(scan,
                   &(struct json_value){ .kind = *at == ']' ? JSON_ARRAY_END : JSON_OBJECT_END },
                   json_place(scan, at + 1)))
        return NULL;
    json_expect_behind_value(scan);
    return at + 1;
}

/* ---- one token after the other ---- */

static const unsigned char *read_tokens(struct json_scan *scan, const unsigned char *at,
                                        const unsigned char *end)
{
    static json_reader *const readers[CLASSES] = {
        [QUOTE] = json_begin_string,     [OPEN_OBJECT] = open_container,
        [OPEN_ARRAY] = open_container,   [CLOSE_OBJECT] = close_container,
        [CLOSE_ARRAY] = close_container, [LETTER] = begin_word,
        [MINUS] = json_begin_number,     [ZERO] = json_begin_number,
        [DIGIT] = json_begin_number,
    };
    while (at && at < end) {
        const unsigned char class = json_class_of[*at];
        if (class == SPACE) {
            at++;
            continue;
        }
        if (!(allowed[scan->expect] >> class & 1))
            return json_refuse(scan, FAIL_BAD_JSON);
        if (class == COLON || class == COMMA) {
            scan->expect = scan->expect == EXPECT_MORE_MEMBERS ? EXPECT_KEY : EXPECT_VALUE;
            at++;
            continue;
        }
        scan->start = json_place(scan, at);
        at = readers[class](scan, at, end);
    }
    return at;
}

static json_reader *const readers_inside[] = {
    [IN_STRING] = json_read_string,
    [IN_NUMBER] = json_read_number,
    [IN_WORD] = read_word,
};

static void begin(struct json_scan *scan)
{
    scan->fail = FAIL_NONE;
    scan->not_utf8 = false;
    scan->expect = EXPECT_VALUE;
    scan->inside = BETWEEN_TOKENS;
    scan->depth = 0;
    scan->fed = 0;
}

struct json_scan *json_scan_new(json_sink *sink, void *owner)
{
    static_assert(JSON_DEPTH_MAX <= 64, "each container has a bit");
    struct json_scan *scan = malloc(sizeof(*scan));
    if (!scan)
        return NULL;
    scan->sink = sink;
    scan->part_sink = NULL;
    scan->owner = owner;
    scan->arrays = 0;
    scan->long_text = NULL;
    scan->text = scan->short_text;
    scan->text_room = JSON_SHORT_TEXT;
    begin(scan);
    return scan;
}

void json_scan_free(struct json_scan *scan)
{
    if (!scan)
        return;
    free(scan->long_text);
    free(scan);
}

void json_scan_tell_parts(struct json_scan *scan, json_sink *part_sink)
{
    scan->part_sink = part_sink;
}

void json_scan_reset(struct json_scan *scan)
{
    begin(scan);
}

enum fail json_scan_feed(struct json_scan *scan, struct text bytes)
{
    if (scan->fail || bytes.len == 0)
        return scan->fail;
    const unsigned char *at = scan->piece = (const unsigned char *)bytes.data;
    const unsigned char *end = at + bytes.len;
    if (scan->inside)
        at = readers_inside[scan->inside](scan, at, end);
    read_tokens(scan, at, end);
    scan->fed += bytes.len;
    return scan->fail;
}

/* Only of a number the end is not known before. */
enum fail json_scan_finish(struct json_scan *scan)
{
    if (!scan->fail && scan->inside == IN_NUMBER)
        json_end_number(scan, scan->fed);
    if (!scan->fail && scan->expect != EXPECT_NOTHING)
        scan->fail = FAIL_BAD_JSON;
    return scan->fail;
}

bool json_scan_is_not_utf8(const struct json_scan *scan)
{
    return scan->not_utf8;
}
