/* counts.h - what one pass over a text counts beside its words. */
#ifndef BOURSE_PREDICT_COUNTS_H
#define BOURSE_PREDICT_COUNTS_H

#include "base/text.h"
#include "predict/reading.h"

struct counts {
    uint32_t marks[0x80]; /* of ASCII, how often each stands there */
    uint32_t shown;       /* characters that are not white space */
    uint32_t foreign;     /* of these: beyond ASCII */
    uint32_t unspaced;    /* of these: of scripts that write no spaces */
    uint32_t words, letters, longest;
    uint32_t numbers, digits, long_numbers, decimals;
    uint32_t options, commands, fences;
    uint32_t distinct; /* different terms */
    char last;         /* the last character that is not white space, 0 beyond ASCII */
};

/* The dense numbers of a text of which `share` (0 to 1) was read. */
void counts_to_dense(const struct counts *counts, double share, float ret_dense[DENSE_COUNT]);

#endif
