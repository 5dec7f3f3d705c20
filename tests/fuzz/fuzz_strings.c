/* fuzz_strings.c - of a long string the same is kept as of its whole text, wherever it is cut. */
#include <assert.h>
#include <stdlib.h>

#include "dialect/request_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bodies that are shorter are not read before their end. */
#define PADDING     ((size_t)16 << 10)
#define BODY_MAX    ((size_t)256 << 10)
#define VALUES      11 /* of the body below, names and ends of containers included */
#define CONTENT_NTH 8

struct reading {
    struct arena arena;
    enum fail fail;
    const struct reading_problem *problem;
    struct chat_request request;
};

/* What the scanner sees in the whole body, and what its text comes to. */
struct oracle {
    struct arena arena;
    struct chat_request request;
    struct excerpt_collector collector;
    struct buffer parts;
    size_t values;
};

static bool on_part(void *owner, const struct json_value *part)
{
    struct oracle *oracle = owner;
    return oracle->values != CONTENT_NTH - 1 || buffer_append_text(&oracle->parts, part->text);
}

static bool on_value(void *owner, const struct json_value *value)
{
    struct oracle *oracle = owner;
    if (++oracle->values != CONTENT_NTH || value->kind != JSON_STRING)
        return true;
    struct buffer text;
    buffer_init(&text, BODY_MAX);
    buffer_append_text(&text, value->text);
    buffer_append_text(&text, buffer_text(&oracle->parts));
    struct character_counts counts = { 0 };
    count_characters(&counts, buffer_text(&text), true);
    request_add_counts(&oracle->request, &counts);
    excerpt_collector_append(&oracle->collector, &oracle->arena, buffer_text(&text));
    buffer_clear(&text);
    return true;
}

static bool scanner_accepts(struct oracle *oracle, struct text body)
{
    struct json_scan *scan = json_scan_new(on_value, oracle);
    assert(scan);
    buffer_init(&oracle->parts, BODY_MAX);
    json_scan_tell_parts(scan, on_part);
    bool fine = json_scan_feed(scan, body) == FAIL_NONE && json_scan_finish(scan) == FAIL_NONE;
    json_scan_free(scan);
    buffer_clear(&oracle->parts);
    return fine;
}

static void read_in_steps(struct reading *reading, struct text body, size_t first, size_t step)
{
    *reading = (struct reading){ .fail = FAIL_NONE };
    arena_init(&reading->arena);
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, &reading->arena);
    size_t fed = 0;
    for (size_t end = first; fed < body.len && !reading->fail; end += step) {
        if (end > body.len)
            end = body.len;
        reading->fail = request_reader_feed(reader, (struct text){ body.data, end }, fed);
        fed = end;
    }
    if (!reading->fail)
        reading->fail = request_reader_finish(reader, body, &reading->request);
    reading->problem = request_reader_problem(reader);
}

static void assert_same_text(const struct chat_request *a, const struct chat_request *b)
{
    assert(text_equal(a->user.head, b->user.head));
    assert(text_equal(a->user.tail, b->user.tail));
    assert(a->user.total == b->user.total);
    assert(a->chars_ascii == b->chars_ascii && a->chars_latin == b->chars_latin);
    assert(a->chars_cjk == b->chars_cjk && a->chars_other == b->chars_other);
}

static void assert_same(const struct reading *a, const struct reading *b)
{
    assert(a->fail == b->fail);
    if (a->fail) {
        assert(text_is(text_of(a->problem->message), b->problem->message));
        return;
    }
    assert_same_text(&a->request, &b->request);
    assert(a->request.body_end == b->request.body_end);
}

static void compare_with_scanner(const struct reading *reading, struct text body)
{
    struct oracle oracle = { 0 };
    arena_init(&oracle.arena);
    bool accepts = scanner_accepts(&oracle, body);
    assert(accepts || reading->fail);
    if (oracle.values == VALUES && accepts) {
        assert(!reading->fail);
        oracle.request.user = excerpt_collector_read(&oracle.collector, &oracle.arena);
        assert_same_text(&reading->request, &oracle.request);
    }
    arena_clear(&oracle.arena);
}

static size_t put(char *body, size_t at, const char *words)
{
    memcpy(body + at, words, strlen(words));
    return at + strlen(words);
}

/* Three bytes say where the body is cut and how often the rest, which is the string, is repeated.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5)
        return 0;
    const size_t piece = size - 4, times = 1 + data[0] * 8;
    char *bytes = malloc(BODY_MAX + 1024);
    assert(bytes);
    memset(bytes, ' ', PADDING);
    size_t len = put(bytes, PADDING, "{\"messages\":[{\"role\":\"user\",\"content\":\"");
    for (size_t i = 0; i < times && len + piece < BODY_MAX; i++, len += piece)
        memcpy(bytes + len, data + 4, piece);
    len = put(bytes, len, "\"}]}");
    const struct text body = { bytes, len };
    const size_t first = PADDING + ((size_t)data[1] << 8 | data[2]);

    struct reading whole, cut, stepped;
    read_in_steps(&whole, body, len, len);
    read_in_steps(&cut, body, first, len);
    read_in_steps(&stepped, body, first, 1 + data[3] * 16);
    assert_same(&whole, &cut);
    assert_same(&whole, &stepped);
    compare_with_scanner(&whole, body);
    arena_clear(&whole.arena);
    arena_clear(&cut.arena);
    arena_clear(&stepped.arena);
    free(bytes);
    return 0;
}
