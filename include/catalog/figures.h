/* figures.h - what was measured of a model lately, as plain numbers: copied out of the live state
 * for one request, handed to the router. A count of 0 means that nothing was measured: the prior
 * speaks. Counts are decayed numbers of samples. */
#ifndef BOURSE_CATALOG_FIGURES_H
#define BOURSE_CATALOG_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

/* From the best to the worst. From HEALTH_PROBED on it is out: behind all who are not. */
enum health_state {
    HEALTH_WELL,
    HEALTH_RECOVERING, /* back since a few seconds: a growing share of requests is let through */
    HEALTH_DUE,        /* its pause is over: the next request that asks it is the probe */
    HEALTH_PROBED,     /* a probe is on its way */
    HEALTH_COOLING,    /* its breaker is open */
    HEALTH_PAUSED,     /* it said itself how long it cannot be asked (Retry-After), or there is
                          no valid token for it */
};

struct health {
    enum health_state state;
    enum fail why;          /* what opened its breaker; FAIL_NONE while that is closed */
    int64_t out_ms;         /* for so long; 0: not out, or nobody knows (HEALTH_PROBED) */
    int64_t age_ms;         /* of that: so long ago it came into trouble or out of it; 0: never */
    double share;           /* HEALTH_RECOVERING: of the requests that are let through */
    bool of_whole_provider; /* no model of its provider can be reached */
};

/* "well", "recovering", "due", "probed", "cooling", "paused" */
const char *health_name(enum health_state state);
bool health_is_out(const struct health *health);

struct figures {
    /* Streamed answers to inputs of this request's size. */
    double first_token_ms, first_token_p90_ms; /* median, 90 % quantile */
    double first_token_count;
    double tokens_per_second; /* median, after the first token */
    double speed_count;

    /* Replies that are not streamed, to inputs of this size; read for such requests only. */
    double whole_ms, whole_p90_ms; /* median, 90 % quantile */
    double whole_ms_count;
    double whole_tokens_per_second; /* median of all tokens over the whole time */
    double whole_speed_count;

    double successes, failures; /* decayed counts */

    double token_ratio;        /* mean of tokens as counted by the provider over our estimate */
    double token_ratio_spread; /* its standard deviation */
    double token_ratio_count;

    double output_tokens; /* mean length of its answers to this task */
    double output_count;
    double verbosity; /* mean length of its answers to all tasks, over what is usual for each */
    double verbosity_count;

    /* Where this model answered the request's session last. */
    int64_t session_tokens; /* of the prompt it read then; 0: it did not */
    int64_t session_age_ms;
    double cache_hits; /* of what might have been read from the prompt cache, the share that was */
    double cache_hits_count;

    double feedback; /* mean of what callers said of its answers to this task, 0 to 1 */
    double feedback_count;

    int64_t inflight;
    struct health health;
};

#endif
