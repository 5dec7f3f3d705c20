/* json.h - a scan over JSON as it arrives: what stands where, in which depth and under which name.
 *
 *     json_scan_feed(bytes) ──> json_sink(value), for each value and for the end of each container
 *
 * It is RFC 8259 and nothing else: one value, valid UTF-8, no other spaces. Nesting is capped.
 * Nothing is built; what is kept is the beginning of one text. No byte is looked at again in a
 * later piece. The places of values are absolute: byte 0 is the first byte that was fed. */
#ifndef BOURSE_WIRE_JSON_H
#define BOURSE_WIRE_JSON_H

#include "base/fail.h"
#include "base/text.h"

#define JSON_DEPTH_MAX 64

/* Bytes of a text's beginning that a value has for certain. */
#define JSON_TEXT_KEPT 2048

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
    size_t rest;       /* bytes of a long text that follow on these */
    bool wide;         /* there may be more than ASCII in the text */
    bool truth;        /* of a bool */
    size_t start, end; /* of its bytes, quotes and brackets included */
};

/* False stops the scan. The text ends with the call. Half a surrogate pair is a question mark. */
typedef bool json_sink(void *owner, const struct json_value *value);

struct json_scan;

/* NULL only without memory. */
struct json_scan *json_scan_new(json_sink *sink, void *owner);
void json_scan_free(struct json_scan *scan);

/* Who wants the rest of long strings and keys too is told it in parts, in front of the value, from
 * one character to another: each as a value of that kind which has a start and no end. */
void json_scan_tell_parts(struct json_scan *scan, json_sink *part_sink);

/* Ready for another document. */
void json_scan_reset(struct json_scan *scan);

/* FAIL_BAD_JSON, FAIL_TOO_DEEP, FAIL_BAD_VALUE where a sink stopped it, FAIL_OVERLOADED without
 * memory. A failure is final. */
enum fail json_scan_feed(struct json_scan *scan, struct text bytes);

enum fail json_scan_finish(struct json_scan *scan);

/* Whether it failed because a string is not valid UTF-8. */
bool json_scan_is_not_utf8(const struct json_scan *scan);

#endif
