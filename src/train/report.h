/* report.h - what the trials say about the predictor that was made of them. */
#ifndef BOURSE_TRAIN_REPORT_H
#define BOURSE_TRAIN_REPORT_H

#include "settle.h"

void report_read(const struct lesson *lesson, const struct trial *trials, size_t count,
                 const struct predictor *predictor, struct training_report *ret_report);
const char *report_text(const struct training_report *report, struct arena *arena);

#endif
