/* features.h - what a request is like: its task, languages, size. Computed once, in microseconds,
 * from what the scan kept. The classifier behind it is replaceable: only features.c knows it. */
#ifndef BOURSE_ROUTE_FEATURES_H
#define BOURSE_ROUTE_FEATURES_H

#include "catalog/catalog.h"
#include "chat/request.h"

struct features {
    enum task task;                     /* the likeliest */
    float task_probability[TASK_COUNT]; /* sums to 1 */
    const char *language;      /* ISO 639-1 of the last user message, "und" when unsure; static */
    const char *code_language; /* "c", "python", …; NULL where there is no code; static */
    int64_t tokens_in;         /* estimate, likely */
    int64_t tokens_in_safe;    /* estimate, on the safe side: for context windows */
    int64_t tokens_images, tokens_images_safe; /* part of them */
};

void features_read(const struct chat_request *request, struct features *ret_features);

#endif
