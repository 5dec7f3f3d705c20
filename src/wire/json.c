/* json.c - the JSON scan, on yajl: adds places, the depth cap and a pool for its allocations. */
#include "wire/json.h"

#include <assert.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

/* yajl allocates its handle, a lexer, two buffers and a state stack for each document. They fit
 * here, so that a scan of an event, thousands of times a second, does not visit malloc. */
#define POOL_BYTES 8192

struct json_scan {
    json_sink *sink;
    void *owner;
    yajl_handle yajl;
    yajl_alloc_funcs memory;
    struct text piece; /* being fed */
    struct text text;  /* of a string that was not scanned */
    size_t unscanned;  /* bytes of it that yajl was not given */
    size_t fed;        /* bytes of the pieces before it */
    size_t start;      /* of the value that is being read, once it is known to have begun */
    size_t last_end;   /* of the value before */
    bool begun;
    int depth;
    enum fail fail;
    size_t pool_used;
    _Alignas(16) char pool[POOL_BYTES];
};

/* In front of each allocation, because yajl's realloc does not tell the old size. */
struct block {
    _Alignas(16) size_t size;
};

static bool is_pooled(const struct json_scan *scan, const void *memory)
{
    return (const char *)memory >= scan->pool && (const char *)memory < scan->pool + POOL_BYTES;
}

static void *pool_take(void *context, size_t size)
{
    struct json_scan *scan = context;
    size_t whole = sizeof(struct block) + ((size + 15) & ~(size_t)15);
    struct block *block;
    if (whole <= POOL_BYTES - scan->pool_used) {
        block = (struct block *)(scan->pool + scan->pool_used);
        scan->pool_used += whole;
    } else {
        block = malloc(whole);
        if (!block)
            abort(); /* yajl does not check */
    }
    block->size = size;
    return block + 1;
}

static void pool_give(void *context, void *memory)
{
    if (memory && !is_pooled(context, memory))
        free((struct block *)memory - 1);
}

static void *pool_regrow(void *context, void *memory, size_t size)
{
    void *grown = pool_take(context, size);
    if (memory) {
        size_t old = ((struct block *)memory - 1)->size;
        memcpy(grown, memory, old < size ? old : size);
        pool_give(context, memory);
    }
    return grown;
}

/* yajl tells where a token ends. It begins after the end of the one before, and after the spaces,
 * commas and colons between; those are skipped where they were fed. */
static bool find_start(struct json_scan *scan)
{
    static const bool between[256] = {
        [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, [','] = true, [':'] = true,
    };
    size_t at = scan->last_end > scan->fed ? scan->last_end : scan->fed;
    while (at - scan->fed < scan->piece.len) {
        if (!between[(unsigned char)scan->piece.data[at - scan->fed]]) {
            scan->start = at;
            return true;
        }
        at++;
    }
    return false;
}

/* In the place of what yajl saw. It may end a number here too, which is none of it. */
static void give_text(const struct json_scan *scan, struct json_value *value)
{
    if (!scan->text.data || (value->kind != JSON_STRING && value->kind != JSON_KEY))
        return;
    value->text = scan->text;
    value->end += scan->unscanned;
}

static int give(struct json_scan *scan, struct json_value *value)
{
    value->end = scan->fed + yajl_get_bytes_consumed(scan->yajl);
    give_text(scan, value);
    if (!scan->begun)
        find_start(scan);
    value->start = scan->start;
    value->depth = scan->depth;
    scan->begun = false;
    scan->last_end = value->end;
    if (scan->sink(scan->owner, value))
        return 1;
    scan->fail = FAIL_BAD_VALUE;
    return 0;
}

static int on_null(void *context)
{
    return give(context, &(struct json_value){ .kind = JSON_NULL });
}

static int on_bool(void *context, int truth)
{
    return give(context, &(struct json_value){ .kind = JSON_BOOL, .truth = truth != 0 });
}

static int on_number(void *context, const char *digits, size_t len)
{
    return give(context, &(struct json_value){ .kind = JSON_NUMBER, .text = { digits, len } });
}

static int on_string(void *context, const unsigned char *bytes, size_t len)
{
    struct json_value value = { .kind = JSON_STRING, .text = { (const char *)bytes, len } };
    return give(context, &value);
}

static int on_key(void *context, const unsigned char *bytes, size_t len)
{
    struct json_value value = { .kind = JSON_KEY, .text = { (const char *)bytes, len } };
    return give(context, &value);
}

static int open_container(struct json_scan *scan, enum json_kind kind)
{
    if (scan->depth == JSON_DEPTH_MAX) {
        scan->fail = FAIL_TOO_DEEP;
        return 0;
    }
    int go_on = give(scan, &(struct json_value){ .kind = kind });
    scan->depth++;
    return go_on;
}

static int close_container(struct json_scan *scan, enum json_kind kind)
{
    scan->depth--;
    return give(scan, &(struct json_value){ .kind = kind });
}

static int on_object(void *context)
{
    return open_container(context, JSON_OBJECT);
}

static int on_object_end(void *context)
{
    return close_container(context, JSON_OBJECT_END);
}

static int on_array(void *context)
{
    return open_container(context, JSON_ARRAY);
}

static int on_array_end(void *context)
{
    return close_container(context, JSON_ARRAY_END);
}

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

static void begin(struct json_scan *scan)
{
    scan->pool_used = 0;
    scan->fed = scan->start = scan->last_end = 0;
    scan->begun = false;
    scan->depth = 0;
    scan->fail = FAIL_NONE;
    scan->piece = scan->text = (struct text){ 0 };
    scan->unscanned = 0;
    scan->yajl = yajl_alloc(&callbacks, &scan->memory, scan);
}

struct json_scan *json_scan_new(json_sink *sink, void *owner)
{
    struct json_scan *scan = malloc(sizeof(*scan));
    if (!scan)
        return NULL;
    scan->sink = sink;
    scan->owner = owner;
    scan->memory = (yajl_alloc_funcs){ pool_take, pool_regrow, pool_give, scan };
    begin(scan);
    return scan;
}

void json_scan_free(struct json_scan *scan)
{
    if (!scan)
        return;
    yajl_free(scan->yajl);
    free(scan);
}

void json_scan_reset(struct json_scan *scan)
{
    yajl_free(scan->yajl);
    begin(scan);
}

enum fail json_scan_feed(struct json_scan *scan, struct text bytes)
{
    if (scan->fail || bytes.len == 0)
        return scan->fail;
    scan->piece = bytes;
    yajl_status status = yajl_parse(scan->yajl, (const unsigned char *)bytes.data, bytes.len);
    if (status != yajl_status_ok) {
        if (!scan->fail)
            scan->fail = FAIL_BAD_JSON;
        return scan->fail;
    }
    /* A token cut by the end of the piece has begun in it, and its end comes with a later one. */
    if (!scan->begun)
        scan->begun = find_start(scan);
    scan->fed += bytes.len;
    return FAIL_NONE;
}

/* yajl has an empty string in its place, and says whether one may stand here. */
enum fail json_scan_feed_string(struct json_scan *scan, size_t len, struct text text)
{
    static const struct text stand_in = TEXT("\"\"");
    scan->text = text;
    scan->unscanned = len - stand_in.len;
    const enum fail fail = json_scan_feed(scan, stand_in);
    scan->fed += scan->unscanned;
    scan->unscanned = 0;
    scan->text = (struct text){ 0 };
    return fail;
}

enum fail json_scan_finish(struct json_scan *scan)
{
    if (scan->fail)
        return scan->fail;
    /* yajl ends a number that is the whole document by feeding a space: no piece, nothing consumed.
     */
    scan->piece = (struct text){ 0 };
    if (yajl_complete_parse(scan->yajl) != yajl_status_ok && !scan->fail)
        scan->fail = FAIL_BAD_JSON;
    return scan->fail;
}
