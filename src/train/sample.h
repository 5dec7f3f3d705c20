/* sample.h - the prompts that a predictor keeps, to reckon promises about many requests from. */
#ifndef BOURSE_TRAIN_SAMPLE_H
#define BOURSE_TRAIN_SAMPLE_H

#include "settle.h"

/* At most SAMPLE_ROWS_MAX of the rows that folds held out, evenly drawn; the same in every run. */
void sample_draw(const struct lesson *lesson, const struct trial *trials, size_t count,
                 struct predictor *predictor, struct arena *arena);

#endif
