/* guard.h - what must be true of a request's head before anyone acts on it.
 *
 * libmicrohttpd accepts requests that two parsers in a row could read differently. The guard
 * refuses them all, before libmicrohttpd reads a byte; after a refusal the connection is closed. */
#ifndef BOURSE_WIRE_GUARD_H
#define BOURSE_WIRE_GUARD_H

#include "wire/raw_head.h"

struct guard_result {
    int64_t content_length; /* -1 when absent */
    bool chunked;
    const char *why; /* the rule that was broken, for people; NULL when none was */
};

/* Of a head that is complete. `body_max` in bytes. */
enum fail guard_check(const struct raw_head *raw, uint64_t body_max, struct guard_result *ret);

#endif
