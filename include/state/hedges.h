/* hedges.h - what became of a second attempt that was started beside a late first one. */
#ifndef BOURSE_STATE_HEDGES_H
#define BOURSE_STATE_HEDGES_H

#include <stdint.h>

enum hedge_outcome {
    HEDGE_NONE,    /* there was none */
    HEDGE_STARTED, /* it runs; or the client left before either spoke */
    HEDGE_WON,     /* its answer was given */
    HEDGE_LOST,    /* the first spoke after all */
    HEDGE_FAILED
};

/* As log lines and explanations call them. */
const char *hedge_outcome_name(enum hedge_outcome outcome);

/* The last one of an exchange. */
struct hedge_note {
    enum hedge_outcome outcome;
    const char *of, *by; /* names of models: the late one, the second */
    int64_t after_ms;    /* the second was started so long after the first */
};

#endif
