/* eval.h - what a configuration would have done with prompts whose outcomes are known.
 *
 * The real router decides, prompt by prompt; the outcome of the model it chose is looked up. The
 * opponent is the best constant: the one model with the highest mean score on the training part of
 * each split, asked for everything. */
#ifndef BOURSE_MEASURE_EVAL_H
#define BOURSE_MEASURE_EVAL_H

#include "measure/outcomes.h"
#include "route/router.h"

#define EVAL_SPLITS_MAX 512
#define EVAL_FOLDS_MAX  100
#define EVAL_SEED       5 /* the usual one */

struct eval_plan {
    int folds;             /* 2 or more; not used where categories are left out */
    uint64_t seed;         /* of the split into folds */
    const char *leave_out; /* a category, "all", or NULL */
    const struct objective *objective;
    const struct policy *policy;   /* NULL: one is made from the data, with a predictor trained */
    const struct catalog *catalog; /* on the training part of each split; else the policy's */
    const struct route *route;
};

/* A mean with the 95 % interval of its bootstrap. */
struct eval_mean {
    double mean, low, high;
};

struct eval_sweep { /* the first point of the sweep that reaches a share of the constant's quality
                     */
    double share, answer_value, quality, saved; /* saved: NAN where none does */
};

#define EVAL_SHARES 3
#define EVAL_BINS   10

struct eval_calibration {
    double predicted[EVAL_BINS], observed[EVAL_BINS];
    size_t count[EVAL_BINS];
    double error; /* expected calibration error */
};

struct eval_model {
    const char *name;
    double quality, cost; /* alone, over all prompts tested */
    size_t chosen;        /* by the objective */
    struct eval_calibration calibration;
};

struct eval_part { /* a fold or a category left out */
    const char *name;
    size_t rows;
    const char *constant; /* the best constant of its training part */
    double constant_quality, quality, target_quality;
};

struct eval_result {
    const char *objective;
    size_t rows, rows_passed_over, models, models_passed_over;
    struct eval_mean constant_quality, constant_cost; /* the first row */
    const char *constant;                             /* its name, the most frequent one */
    struct eval_mean quality, cost, gain;             /* gain: relative to the constant's quality */
    struct eval_mean target_quality; /* of `quality_target: 98%`, relative to the constant's */
    double target_saved;
    double sweep_quality, sweep_answer_value, sweep_cost; /* the sweep's best */
    struct eval_sweep saved[EVAL_SHARES];
    double aiq, aiq_constants, aiq_oracle;
    bool has_pair; /* two models */
    double apgr, cpt50, cpt80;
    double decision_median_us, decision_p99_us;
    struct eval_model *by_model;
    struct eval_part *parts;
    size_t part_count;
    double (*curve)[3]; /* of the sweep: answer_value, quality, cost */
    size_t curve_count;
};

/* NULL with a sentence in *ret_why where the data does not allow it. In the arena. */
struct eval_result *eval_run(const struct outcomes *outcomes, const struct eval_plan *plan,
                             struct arena *arena, const char **ret_why);

void eval_print(const struct eval_result *result, struct buffer *out);
json_t *eval_json(const struct eval_result *result); /* a new reference */

#endif
