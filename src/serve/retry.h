/* retry.h - what follows a failed attempt: the same candidate again, the next one, or the error.
 *
 * A pure function of the failure's row, what was tried already and what the provider said. The rows
 * (base/fail.c) say what is worth trying at all; here it is weighed against the budget of attempts
 * and the time that is left. */
#ifndef BOURSE_SERVE_RETRY_H
#define BOURSE_SERVE_RETRY_H

#include <stdint.h>

#include "base/fail.h"

enum retry_what { RETRY_GIVE_UP, RETRY_SAME, RETRY_NEXT };

struct retry_case {
    enum fail fail;
    int attempts, most; /* made so far; all that may be made */
    int tries;          /* those made at this candidate, this one included: 1 and up */
    bool has_next;      /* there is another candidate that could do better */
    bool prefers_wait;  /* for a provider that is at its limit, rather than the next candidate */
    bool may_repeat;    /* the provider's budget of retries has one left */
    int64_t retry_after_ms; /* as the provider said; -1 when it did not */
    int64_t max_wait_ms;    /* longest wait that the route allows */
    int64_t time_left_ms;   /* of the client's patience; INT64_MAX where it named none */
    uint64_t dice;          /* any number: the jitter */
};

struct retry_step {
    enum retry_what what;
    int64_t wait_ms; /* before RETRY_SAME */
};

struct retry_step retry_decide(const struct retry_case *failed);

#endif
