/* figures.h - what was measured of a model lately, as plain numbers: copied out of the live state,
 * handed to the router. A count of 0 means that nothing was measured: the prior speaks. */
#ifndef BOURSE_CATALOG_FIGURES_H
#define BOURSE_CATALOG_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

struct figures {
    double first_token_ms;    /* decayed mean of what was seen */
    double first_token_count; /* decayed number of samples behind it */
    double tokens_per_second;
    double speed_count;
    double successes, failures; /* decayed counts */
    double tokens_per_char;     /* what came back over what was estimated, 1 = as estimated */
    double token_ratio_count;
    double output_tokens; /* decayed mean length of answers */
    double output_count;
    int64_t inflight;
    int64_t resting_ms; /* above 0: known to be unable for so long (Retry-After) */
};

#endif
