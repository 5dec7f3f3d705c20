/* http.h - what HTTP's header lines mean to a relay: tokens, waits, and which of them may pass. */
#ifndef BOURSE_WIRE_HTTP_H
#define BOURSE_WIRE_HTTP_H

#include "base/text.h"

struct http_field {
    struct text name, value;
};

/* One or more of RFC 9110's tchar: the only bytes a method or a field name may have. */
bool http_is_token(struct text name);

/* How long a provider asks to be left alone. `retry_after_ms` wins where it makes sense; otherwise
 * `retry_after`, which is seconds or an HTTP date. -1 when both are absent or nonsense. */
int64_t http_retry_after_ms(struct text retry_after, struct text retry_after_ms,
                            int64_t now_wall_ms);

/* "17ms", "6m0s", "1h2m3.5s", or seconds without a unit; -1 for what is none of them. */
int64_t http_duration_ms(struct text value);

/* How long nothing is left of a limit: the reset time, a duration or a moment in UTC, where the
 * number that remains is 0, else -1. */
int64_t http_limit_ms(struct text remaining, struct text reset, int64_t now_wall_ms);

/* May a provider's header line go to the client? What is not listed may not: framing, connection
 * and credentials belong to each side alone. */
bool http_may_relay_response(struct text name);

#endif
