/* settle.h - what can only be told from rows that a fit has not seen: how sharp the classifier is,
 * how much of the residual holds, how to calibrate, what to trust. */
#ifndef BOURSE_TRAIN_SETTLE_H
#define BOURSE_TRAIN_SETTLE_H

#include "trial.h"

/* In this order: each needs the one before. */
float settle_temperature(const struct lesson *lesson, const struct trial *trials, size_t count);
struct shares settle_shares(const struct lesson *lesson, const struct trial *trials, size_t count,
                            float temperature);
/* From here on the residuals are joined. */
void settle_calibration(const struct lesson *lesson, const struct trial *trials, size_t count,
                        struct predictor *predictor);
void settle_trust(const struct lesson *lesson, const struct trial *trials, size_t count,
                  struct predictor *predictor);

/* The range of nearly all rows, beyond which nothing is earned. */
void settle_range(const struct vectors *vectors, struct predictor_trust *ret_trust);

/* A row held out, as the predictor would see it. */
struct answer {
    size_t row, reference, favourite; /* models */
    float advantage; /* what the favourite is predicted to be better, all deviations believed */
    float signals[SIGNAL_COUNT];
    float quality[PREDICTOR_MODELS_MAX];
    size_t likeliest; /* task */
};

void answer_read(const struct lesson *lesson, const struct trial *trial, size_t i,
                 const struct predictor *predictor, struct answer *ret_answer);
/* The model that is predicted best; the reference where none is better. */
size_t answer_best(const struct answer *answer, size_t models);

/* Points (from, to) of a rising curve through predictions and outcomes; sorts its input. */
struct point {
    float predicted, observed;
};
void calibration_fit(struct point *points, size_t count, struct predictor_model *ret_model);

#endif
