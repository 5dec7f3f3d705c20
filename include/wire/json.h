/* json.h - a scan over JSON as it arrives: what stands where, in which depth and under which name.
 *
 *     json_scan_feed(bytes) ──> json_sink(value), one for each value and for each end of a
 * container
 *
 * Nothing is built and nothing is kept. The places of values are absolute: byte 0 is the first byte
 * that was fed. Nesting is capped, invalid UTF-8 and anything but one value are refused. */
#ifndef BOURSE_WIRE_JSON_H
#define BOURSE_WIRE_JSON_H

#include "base/fail.h"
#include "base/text.h"

#define JSON_DEPTH_MAX 64

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_KEY,
    JSON_OBJECT, /* its { */
    JSON_ARRAY,  /* its [ */
    JSON_OBJECT_END,
    JSON_ARRAY_END,
};

struct json_value {
    enum json_kind kind;
    int depth;         /* containers around it: 0 for the outermost value, and for its end */
    struct text text;  /* of a string or key, decoded; of a number, as written */
    bool truth;        /* of a bool */
    size_t start, end; /* of its bytes, quotes and brackets included */
};

/* False stops the scan. The text ends with the call. */
typedef bool json_sink(void *owner, const struct json_value *value);

struct json_scan;

/* NULL only without memory. */
struct json_scan *json_scan_new(json_sink *sink, void *owner);
void json_scan_free(struct json_scan *scan);

/* Ready for another document; what was allocated is used again. */
void json_scan_reset(struct json_scan *scan);

/* FAIL_BAD_JSON, FAIL_TOO_DEEP, or FAIL_BAD_VALUE where the sink stopped it. A failure is final. */
enum fail json_scan_feed(struct json_scan *scan, struct text bytes);

/* A whole string of `len` bytes, quotes included, that the caller has read and checked by itself:
 * it is not looked at, and the sink is given `text` for it. */
enum fail json_scan_feed_string(struct json_scan *scan, size_t len, struct text text);

enum fail json_scan_finish(struct json_scan *scan);

#endif
