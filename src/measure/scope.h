/* scope.h - which models and prompts of the data are compared, as dense tables. */
#ifndef BOURSE_MEASURE_SCOPE_H
#define BOURSE_MEASURE_SCOPE_H

#include "measure/eval.h"

struct scope {
    const struct outcomes *outcomes; /* all of it */
    struct outcomes kept;            /* the rows and models that are compared; names as below */
    const char **names;
    size_t models, rows;
    double *score, *cost; /* [rows][models] */
    size_t rows_passed_over, models_passed_over;
    const struct model **candidates; /* with a configuration: which model each is; else NULL */
};

/* Models with an outcome for nearly every prompt, prompts with an outcome for all of these. With a
 * plan's route only its candidates. False with a sentence in *ret_why where nothing is left. */
bool scope_init(struct scope *scope, const struct outcomes *outcomes, const struct eval_plan *plan,
                struct arena *arena, const char **ret_why);

static inline double scope_score(const struct scope *scope, size_t row, size_t model)
{
    return scope->score[row * scope->models + model];
}

static inline double scope_cost(const struct scope *scope, size_t row, size_t model)
{
    return scope->cost[row * scope->models + model];
}

#endif
