/* classifier.h - from what the texts show to the chances of each task: rules and the builtin
 * predictor together. Whoever fills `ret_probability` from a request is as good. */
#ifndef BOURSE_ROUTE_CLASSIFIER_H
#define BOURSE_ROUTE_CLASSIFIER_H

#include "catalog/catalog.h"
#include "chat/request.h"
#include "lexicon.h"

/* Sums to 1; every task keeps a chance above 0. `marks` is what the lexicon found. */
void classifier_read(const struct chat_request *request, const struct marks *marks,
                     float ret_probability[TASK_COUNT]);

/* What each of the two says by itself: logarithms of chances, up to a constant. */
void classifier_rules(const struct chat_request *request, const struct marks *marks,
                      float ret_score[TASK_COUNT]);
void classifier_trained(const struct chat_request *request, float ret_score[TASK_COUNT]);

#endif
