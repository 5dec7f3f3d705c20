/* ridge.h - linear heads with a penalty on their length, all at once.
 *
 * For each head k the weights w minimise Σ (x·w − target)² + alpha·|w|² over the rows that are used
 * and have a target. Solved by conjugate gradients: nothing but passes over the rows, in one order,
 * so that the result does not depend on the machine's number of processors. */
#ifndef BOURSE_TRAIN_RIDGE_H
#define BOURSE_TRAIN_RIDGE_H

#include "corpus.h"

/* Weights: [RIDGE_INPUTS][heads]: buckets, dense numbers, one that is always 1. */
#define RIDGE_INPUTS (READING_BUCKETS + DENSE_COUNT + 1)

/* A predictor's, and a few that are joined with others in the end. */
#define RIDGE_HEADS_MAX (PREDICTOR_HEADS_MAX + PREDICTOR_HEADS_STEP)

struct ridge {
    const struct vectors *vectors;
    size_t heads;         /* a multiple of PREDICTOR_HEADS_STEP */
    const float *targets; /* [rows][heads], NAN where a row says nothing about a head */
    const bool *held_out; /* rows not to be used */
    const float *alpha;   /* one for each head */
};

/* Starts from what `weights` holds, which may be zeros. */
void ridge_solve(const struct ridge *ridge, float *weights);

/* x·w for all heads of a row. */
void ridge_apply(const struct vectors *vectors, size_t row, size_t heads, const float *weights,
                 float *ret_scores);

#endif
