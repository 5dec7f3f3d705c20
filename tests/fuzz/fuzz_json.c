/* fuzz_json.c - the scan tells what yajl tells, and accepts what yajl accepts, wherever it is cut.
 *
 * But for four things: form feeds and vertical tabs for spaces, a string without
 * an end behind the document, UTF-8 that is only nearly so, and what yajl makes of half a surrogate
 * pair. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVENTS_MAX 4096 /* of a document; larger ones are not tried */
#define BODY_MAX   ((size_t)64 << 10)

struct event {
    enum json_kind kind;
    int depth;
    bool truth;
    size_t start, end;
    size_t text, text_len; /* in the texts */
};

struct heard {
    struct text document;
    yajl_handle yajl;
    enum fail fail;
    int depth;
    size_t count, last_end;
    size_t told; /* where the texts begin of which there is no event yet */
    struct event events[EVENTS_MAX];
    struct buffer texts;
};

static void heard_reset(struct heard *heard, struct text document)
{
    if (heard->texts.max == 0)
        buffer_init(&heard->texts, 4 * BODY_MAX);
    assert(buffer_reserve(&heard->texts, 1));
    heard->document = document;
    heard->fail = FAIL_NONE;
    heard->depth = 0;
    heard->count = heard->last_end = heard->told = 0;
    heard->texts.len = 0;
}

static bool note(struct heard *heard, struct event event, struct text text)
{
    if (heard->count == EVENTS_MAX)
        return false;
    event.text = heard->told;
    buffer_append_text(&heard->texts, text);
    event.text_len = heard->texts.len - event.text;
    heard->events[heard->count++] = event;
    heard->told = heard->texts.len;
    return true;
}

/* ---- what yajl tells ---- */

static bool is_between(char byte)
{
    return memchr(" \t\r\n\v\f,:", byte, 8) != NULL;
}

static int on_event(struct heard *heard, struct event event, struct text text)
{
    event.end = yajl_get_bytes_consumed(heard->yajl);
    if (event.end == 0) /* a number at the end of the document */
        event.end = heard->document.len;
    event.start = heard->last_end;
    while (is_between(heard->document.data[event.start]))
        event.start++;
    event.depth = heard->depth;
    heard->last_end = event.end;
    return note(heard, event, text);
}

static int on_null(void *heard)
{
    return on_event(heard, (struct event){ .kind = JSON_NULL }, (struct text){ 0 });
}

static int on_bool(void *heard, int truth)
{
    const struct event event = { .kind = JSON_BOOL, .truth = truth != 0 };
    return on_event(heard, event, (struct text){ 0 });
}

static int on_number(void *heard, const char *digits, size_t len)
{
    return on_event(heard, (struct event){ .kind = JSON_NUMBER }, (struct text){ digits, len });
}

static int on_string(void *heard, const unsigned char *bytes, size_t len)
{
    const struct text text = { (const char *)bytes, len };
    return on_event(heard, (struct event){ .kind = JSON_STRING }, text);
}

static int on_key(void *heard, const unsigned char *bytes, size_t len)
{
    const struct text text = { (const char *)bytes, len };
    return on_event(heard, (struct event){ .kind = JSON_KEY }, text);
}

static int on_open(struct heard *heard, enum json_kind kind)
{
    if (heard->depth == JSON_DEPTH_MAX) {
        heard->fail = FAIL_TOO_DEEP;
        return 0;
    }
    const int go_on = on_event(heard, (struct event){ .kind = kind }, (struct text){ 0 });
    heard->depth++;
    return go_on;
}

static int on_close(struct heard *heard, enum json_kind kind)
{
    heard->depth--;
    return on_event(heard, (struct event){ .kind = kind }, (struct text){ 0 });
}

static int on_object(void *heard)
{
    return on_open(heard, JSON_OBJECT);
}

static int on_object_end(void *heard)
{
    return on_close(heard, JSON_OBJECT_END);
}

static int on_array(void *heard)
{
    return on_open(heard, JSON_ARRAY);
}

static int on_array_end(void *heard)
{
    return on_close(heard, JSON_ARRAY_END);
}

static void ask_yajl(struct heard *heard)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_map_key = on_key,
        .yajl_start_map = on_object,
        .yajl_end_map = on_object_end,
        .yajl_start_array = on_array,
        .yajl_end_array = on_array_end,
    };
    heard->yajl = yajl_alloc(&callbacks, NULL, heard);
    const unsigned char *bytes = (const unsigned char *)heard->document.data;
    bool fine = yajl_parse(heard->yajl, bytes, heard->document.len) == yajl_status_ok &&
                yajl_complete_parse(heard->yajl) == yajl_status_ok;
    if (!fine && !heard->fail)
        heard->fail = FAIL_BAD_JSON;
    yajl_free(heard->yajl);
}

/* ---- what the scan tells ---- */

static bool on_part(void *owner, const struct json_value *part)
{
    struct heard *heard = owner;
    assert(part->kind == JSON_STRING || part->kind == JSON_KEY);
    assert(part->text.len > 0 && part->end == 0);
    return buffer_append_text(&heard->texts, part->text);
}

/* The parts of a text come before its beginning. */
static bool on_value(void *owner, const struct json_value *value)
{
    struct heard *heard = owner;
    const struct event event = {
        value->kind, value->depth, value->truth, value->start, value->end, 0, 0,
    };
    struct buffer whole;
    buffer_init(&whole, BODY_MAX);
    buffer_append_text(&whole, value->text);
    buffer_append(&whole, heard->texts.data + heard->told, heard->texts.len - heard->told);
    assert(value->rest == 0 || value->text.len >= JSON_TEXT_KEPT);
    assert(value->kind == JSON_NUMBER || whole.len == value->text.len + value->rest);
    heard->texts.len = heard->told;
    bool fine = note(heard, event, buffer_text(&whole));
    buffer_clear(&whole);
    return fine;
}

static void ask_scan(struct heard *heard, size_t first, size_t step)
{
    struct json_scan *scan = json_scan_new(on_value, heard);
    assert(scan);
    json_scan_tell_parts(scan, on_part);
    size_t len = first;
    for (size_t at = 0; at < heard->document.len && !heard->fail; at += len, len = step) {
        if (len > heard->document.len - at)
            len = heard->document.len - at;
        /* A copy of its own, so that a look beyond its ends is seen. */
        char *piece = malloc(len);
        assert(piece);
        memcpy(piece, heard->document.data + at, len);
        heard->fail = json_scan_feed(scan, (struct text){ piece, len });
        free(piece);
    }
    if (!heard->fail)
        heard->fail = json_scan_finish(scan);
    json_scan_free(scan);
}

/* ---- the comparison ---- */

static struct text text_at(const struct heard *heard, size_t i)
{
    const struct event *event = &heard->events[i];
    return (struct text){ heard->texts.data + event->text, event->text_len };
}

static unsigned digits_at(const char *escape)
{
    char digits[5] = { 0 };
    memcpy(digits, escape + 2, 4);
    return (unsigned)strtoul(digits, NULL, 16);
}

static bool is_half(unsigned code, unsigned which)
{
    return (code & 0xfc00) == which;
}

/* The bytes of the escape at the front, which is that of a surrogate; its text is appended. */
static size_t decode_surrogate(struct text raw, struct buffer *out)
{
    const unsigned code = digits_at(raw.data);
    bool is_pair = is_half(code, 0xd800) && raw.len >= 12 && memcmp(raw.data + 6, "\\u", 2) == 0 &&
                   is_half(digits_at(raw.data + 6), 0xdc00);
    if (!is_pair) {
        buffer_append_string(out, "?");
        return 6;
    }
    const unsigned whole = 0x10000 + (code - 0xd800) * 0x400 + (digits_at(raw.data + 6) - 0xdc00);
    buffer_printf(out, "%c%c%c%c", 0xf0 | whole >> 18, 0x80 | (whole >> 12 & 0x3f),
                  0x80 | (whole >> 6 & 0x3f), 0x80 | (whole & 0x3f));
    return 12;
}

static bool is_surrogate(struct text raw)
{
    return raw.len >= 6 && raw.data[0] == '\\' && raw.data[1] == 'u' &&
           (digits_at(raw.data) & 0xf800) == 0xd800;
}

/* Surrogates as we mean them, all else as it was written, which yajl decodes. */
static void assert_decoded(struct text raw, struct text text)
{
    struct buffer plain;
    buffer_init(&plain, 4 * BODY_MAX);
    for (size_t at = 0, len; at < raw.len; at += len) {
        const struct text rest = { raw.data + at, raw.len - at };
        len = rest.data[0] == '\\' ? 2 : 1;
        if (is_surrogate(rest))
            len = decode_surrogate(rest, &plain);
        else
            buffer_append(&plain, rest.data, len);
    }
    static struct heard yajl;
    heard_reset(&yajl, buffer_text(&plain));
    ask_yajl(&yajl);
    assert(!yajl.fail && yajl.count == 1 && text_equal(text_at(&yajl, 0), text));
    buffer_clear(&plain);
}

static bool has_surrogates(struct text raw)
{
    return memmem(raw.data, raw.len, "\\ud", 3) || memmem(raw.data, raw.len, "\\uD", 3);
}

static void assert_same_event(const struct heard *a, const struct heard *b, size_t i)
{
    const struct event *one = &a->events[i], *other = &b->events[i];
    const struct text raw = { a->document.data + one->start, one->end - one->start };
    assert(one->kind == other->kind && one->depth == other->depth && one->truth == other->truth);
    assert(one->start == other->start && one->end == other->end);
    if (one->kind == JSON_NUMBER) { /* a long one's beginning only */
        const struct text text = text_at(b, i);
        assert(text.len >= (raw.len < JSON_TEXT_KEPT ? raw.len : JSON_TEXT_KEPT));
        assert(memcmp(raw.data, text.data, text.len) == 0);
    } else if (has_surrogates(raw)) {
        assert_decoded(raw, text_at(b, i));
    } else {
        assert(text_equal(text_at(a, i), text_at(b, i)));
    }
}

static bool is_utf8(struct text text)
{
    for (size_t at = 0, len; at < text.len; at += len)
        if ((len = utf8_sequence(text.data + at, text.len - at)) == 0)
            return false;
    return true;
}

static bool goes_on_behind(const struct heard *heard)
{
    const struct text rest = { heard->document.data + heard->last_end,
                               heard->document.len - heard->last_end };
    return text_trim(rest).len > 0;
}

static void assert_same(const struct heard *yajl, const struct heard *scan)
{
    const struct text document = yajl->document;
    bool is_json = !memchr(document.data, '\v', document.len) &&
                   !memchr(document.data, '\f', document.len) && is_utf8(document);
    if (is_json && (yajl->fail || !goes_on_behind(yajl))) {
        assert(scan->fail == yajl->fail);
        assert(scan->count == yajl->count);
    } else {
        assert(scan->fail && scan->count <= yajl->count);
    }
    for (size_t i = 0; i < scan->count; i++)
        assert_same_event(yajl, scan, i);
}

/* What stands between two bytes 0x01 is repeated, so that there are long texts. */
static size_t unfold(const uint8_t *data, size_t size, size_t times, char *ret_document)
{
    size_t len = 0;
    const uint8_t *first = memchr(data, 1, size);
    const uint8_t *last = first ? memchr(first + 1, 1, size - (size_t)(first + 1 - data)) : NULL;
    if (!last) {
        memcpy(ret_document, data, size);
        return size;
    }
    const size_t before = (size_t)(first - data), inside = (size_t)(last - first) - 1;
    memcpy(ret_document, data, before);
    len = before;
    for (size_t i = 0; i < times; i++, len += inside)
        memcpy(ret_document + len, first + 1, inside);
    const size_t behind = size - (size_t)(last + 1 - data);
    memcpy(ret_document + len, last + 1, behind);
    return len + behind;
}

/* Three bytes say where the document is cut and how often a part of it is repeated. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct heard yajl, whole, cut;
    if (size < 4 || size > 4096)
        return 0;
    const size_t times = 1 + ((size_t)data[2] * 16) % (BODY_MAX / size - 1);
    char *document = malloc(size * (times + 1));
    assert(document);
    const size_t len = unfold(data + 3, size - 3, times, document);
    struct heard *const all[] = { &yajl, &whole, &cut };
    for (size_t i = 0; i < 3; i++)
        heard_reset(all[i], (struct text){ document, len });
    ask_yajl(&yajl);
    ask_scan(&whole, len, len);
    ask_scan(&cut, 1 + data[0], 1 + data[1]);
    if (yajl.count < EVENTS_MAX && whole.count < EVENTS_MAX) {
        assert_same(&yajl, &whole);
        assert_same(&yajl, &cut);
        assert(whole.fail == cut.fail && whole.count == cut.count);
    }
    free(document);
    return 0;
}
