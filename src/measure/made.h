/* made.h - a configuration made from outcome data: its models, at what they cost on average. */
#ifndef BOURSE_MEASURE_MADE_H
#define BOURSE_MEASURE_MADE_H

#include "measure/eval.h"

struct made {
    struct catalog catalog;
    struct policy policy;
    struct route *route;     /* all models, the given objective */
    struct figures *figures; /* by model index */
};

/* `costs[i]` USD a request for the model of `names[i]`; everything lives in the arena. */
void made_build(struct made *made, const char *const *names, const double *costs, size_t count,
                struct arena *arena);

#endif
