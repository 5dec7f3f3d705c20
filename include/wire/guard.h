/* guard.h - what must be true of a request's head before anyone acts on it.
 *
 * The HTTP parser below us accepts requests that two parsers in a row could read differently. The
 * guard refuses them all, on the first look at the head; after a refusal the connection is closed.
 */
#ifndef BOURSE_WIRE_GUARD_H
#define BOURSE_WIRE_GUARD_H

#include "base/fail.h"
#include "wire/http.h"

struct guard_input {
    struct text method, uri, version; /* the URI as it was sent, before any decoding */
    const struct http_field *fields;
    size_t field_count;
    uint64_t body_max; /* bytes */
};

struct guard_result {
    int64_t content_length; /* -1 when absent */
    bool chunked;
    const char *why; /* the rule that was broken, for people; NULL when none was */
};

enum fail guard_check(const struct guard_input *input, struct guard_result *ret);

#endif
