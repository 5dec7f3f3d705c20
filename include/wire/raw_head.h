/* raw_head.h - a request's head as it stands on the wire, cut into its pieces.
 *
 *     POST /v1/chat/completions HTTP/1.1 CRLF
 *     Name: value CRLF
 *     CRLF
 *     the body begins here
 *
 * Cut without any leniency: a line ends with CRLF, one space stands between the three words of the
 * first line, a header line has a colon. What the pieces say is not looked at; guard.h does that.
 * One empty line before the first is skipped, as HTTP asks for. */
#ifndef BOURSE_WIRE_RAW_HEAD_H
#define BOURSE_WIRE_RAW_HEAD_H

#include "base/fail.h"
#include "wire/http.h"

#define RAW_HEAD_MAX        ((size_t)8 << 10) /* bytes */
#define RAW_HEAD_FIELDS_MAX 96

/* Points into the bytes that were read. Values have no blanks in front, but keep those at their
 * end. */
struct raw_head {
    struct text method, uri, version;
    struct http_field fields[RAW_HEAD_FIELDS_MAX];
    size_t field_count;
    size_t len;      /* bytes up to the body; 0 while more are needed */
    const char *why; /* the rule that was broken, for people; NULL when none was */
};

/* From the first byte of a request. FAIL_NONE: it is cut, or its `len` is 0 and the same bytes are
 * to be given again with more behind them. Otherwise malformed, or larger than the limits. */
enum fail raw_head_read(struct text bytes, struct raw_head *ret);

#endif
