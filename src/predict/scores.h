/* scores.h - the sums over a request's terms and numbers, for all heads. */
#ifndef BOURSE_PREDICT_SCORES_H
#define BOURSE_PREDICT_SCORES_H

#include "predict/predictor.h"

/* Of heads beside each other, PREDICTOR_HEADS_STEP of them, from `first` on. */
typedef void scores_step(const struct predictor *predictor, const struct reading *reading,
                         const float *values, const float *dense, size_t first, float *ret_scores);

/* `values` and `dense` as predictor_vector tells them. */
void scores_add_up(const struct predictor *predictor, const struct reading *reading,
                   const float *values, const float *dense, float *ret_scores);

/* The same sums in the same order, so the same bits. The second is NULL where there is none. */
scores_step scores_step_plain;
scores_step *scores_step_wide(void);

#endif
