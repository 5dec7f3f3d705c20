/* figures_of_merit.h - what RouterBench and RouteLLM measure, and intervals by bootstrap. */
#ifndef BOURSE_MEASURE_FIGURES_OF_MERIT_H
#define BOURSE_MEASURE_FIGURES_OF_MERIT_H

#include "measure/eval.h"

struct merit_point {
    double cost, quality;
};

/* Average quality over the span of costs from `low` to `high`, along the non-decreasing convex hull
 * of the points. Sorts them. */
double merit_aiq(struct merit_point *points, size_t count, double low, double high);

/* For two models. `lift[i]` is what the strong one is predicted to be better at prompt i. */
struct merit_pair {
    const double *weak, *strong, *lift;
    size_t count;
};
void merit_of_pair(const struct merit_pair *pair, double *ret_apgr, double *ret_cpt50,
                   double *ret_cpt80);

struct eval_mean merit_mean(const double *values, size_t count);
/* Of Σ values / Σ of. */
struct eval_mean merit_ratio(const double *values, const double *of, size_t count);

/* Sorts. `share` from 0 to 1. */
double merit_quantile(double *values, size_t count, double share);

#endif
