/* replay.h - one split: a router made or given, asked about the prompts of the test part. */
#ifndef BOURSE_MEASURE_REPLAY_H
#define BOURSE_MEASURE_REPLAY_H

#include "scope.h"

struct split {
    const char *name;
    bool *train, *test; /* by row of the scope */
};

/* What was decided, by row of the scope; filled by the split that tests the row. */
struct replay {
    bool *tested;
    size_t *constant; /* the best constant of the row's split */
    size_t *chosen, *target;
    double *quality, *cost; /* [rows][models], as the router expected them */
    double *decision_us;
};

#define REPLAY_TARGET 0.98

void replay_init(struct replay *replay, const struct scope *scope, struct arena *arena);
/* False with a sentence in *ret_why. */
bool replay_split(struct replay *replay, const struct scope *scope, const struct eval_plan *plan,
                  const struct split *split, const char **ret_why);

#endif
