/* evidence_parts.h - all that evidence is made of, by name: for the file that keeps it. */
#ifndef BOURSE_STATE_EVIDENCE_PARTS_H
#define BOURSE_STATE_EVIDENCE_PARTS_H

#include "evidence.h"

#define EVIDENCE_PART_NAME    40
#define EVIDENCE_SUMS_MAX     (8 + 2 * TASK_COUNT)
#define EVIDENCE_SKETCHES_MAX (4 * (INPUT_SIZES + 1))

struct evidence_sum {
    char name[EVIDENCE_PART_NAME]; /* "outcomes", "output/coding" */
    struct decayed *sums;
    const struct decay *decay;
};

struct evidence_sketch {
    char name[EVIDENCE_PART_NAME]; /* "streamed/8k/first_token" */
    struct sketch *sketch;
    const struct decay *decay;
};

/* The number of parts. */
size_t evidence_sums(struct evidence *evidence, struct evidence_sum parts[EVIDENCE_SUMS_MAX]);
size_t evidence_sketches(struct evidence *evidence,
                         struct evidence_sketch parts[EVIDENCE_SKETCHES_MAX]);

#endif
