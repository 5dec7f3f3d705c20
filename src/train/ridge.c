/* ridge.c - conjugate gradients for many right-hand sides: each head has its own step lengths. */
#include "ridge.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"

#define STEPS_MAX 60
/* Squared length of what is left over, of what there was at the start from zero. */
#define TOLERANCE 1e-6

#define WIDE PREDICTOR_HEADS_STEP

static void add_scaled(float *to, const float *from, float by, size_t heads)
{
    for (size_t block = 0; block < heads; block += WIDE)
        for (size_t k = 0; k < WIDE; k++)
            to[block + k] += by * from[block + k];
}

void ridge_apply(const struct vectors *vectors, size_t row, size_t heads, const float *weights,
                 float *ret_scores)
{
    const struct corpus *corpus = vectors->corpus;
    const float *dense_weights = weights + READING_BUCKETS * heads;
    memcpy(ret_scores, dense_weights + DENSE_COUNT * heads, heads * sizeof *ret_scores);
    for (size_t i = corpus_begin(corpus, row); i < corpus_end(corpus, row); i++)
        add_scaled(ret_scores, weights + corpus->terms[i] * heads, vectors->values[i], heads);
    for (size_t i = 0; i < DENSE_COUNT; i++)
        add_scaled(ret_scores, dense_weights + i * heads, vectors->dense[row][i], heads);
}

/* The other way: adds x·scores to the weights. */
static void spread(const struct vectors *vectors, size_t row, size_t heads, const float *scores,
                   float *weights)
{
    const struct corpus *corpus = vectors->corpus;
    float *dense_weights = weights + READING_BUCKETS * heads;
    add_scaled(dense_weights + DENSE_COUNT * heads, scores, 1, heads);
    for (size_t i = corpus_begin(corpus, row); i < corpus_end(corpus, row); i++)
        add_scaled(weights + corpus->terms[i] * heads, scores, vectors->values[i], heads);
    for (size_t i = 0; i < DENSE_COUNT; i++)
        add_scaled(dense_weights + i * heads, scores, vectors->dense[row][i], heads);
}

/* `to` = (X'X + alpha) from, or with `from` NULL: X' targets. */
static void multiply(const struct ridge *ridge, const float *from, float *to)
{
    size_t heads = ridge->heads;
    float scores[RIDGE_HEADS_MAX];
    memset(to, 0, RIDGE_INPUTS * heads * sizeof *to);
    for (size_t row = 0; row < ridge->vectors->corpus->rows; row++) {
        const float *targets = ridge->targets + row * heads;
        if (ridge->held_out[row])
            continue;
        if (from)
            ridge_apply(ridge->vectors, row, heads, from, scores);
        for (size_t k = 0; k < heads; k++)
            scores[k] = isnan(targets[k]) ? 0 : from ? scores[k] : targets[k];
        spread(ridge->vectors, row, heads, scores, to);
    }
    for (size_t i = 0; from && i < RIDGE_INPUTS * heads; i += heads)
        for (size_t k = 0; k < heads; k++)
            to[i + k] += ridge->alpha[k] * from[i + k];
}

static void dot(const float *one, const float *two, size_t heads, double *ret_sums)
{
    memset(ret_sums, 0, heads * sizeof *ret_sums);
    for (size_t i = 0; i < RIDGE_INPUTS * heads; i += heads)
        for (size_t k = 0; k < heads; k++)
            ret_sums[k] += (double)one[i + k] * (double)two[i + k];
}

struct steps {
    float *residual, *direction, *product;
    double start[RIDGE_HEADS_MAX], left[RIDGE_HEADS_MAX];
};

static void begin(const struct ridge *ridge, const float *weights, struct steps *steps)
{
    size_t heads = ridge->heads, size = RIDGE_INPUTS * heads;
    steps->residual = memory_zeroed(size, sizeof(float));
    steps->direction = memory_zeroed(size, sizeof(float));
    steps->product = memory_zeroed(size, sizeof(float));
    multiply(ridge, NULL, steps->residual);
    dot(steps->residual, steps->residual, heads, steps->start);
    multiply(ridge, weights, steps->product);
    for (size_t i = 0; i < size; i++)
        steps->residual[i] -= steps->product[i];
    memcpy(steps->direction, steps->residual, size * sizeof(float));
    dot(steps->residual, steps->residual, heads, steps->left);
}

static bool is_done(const struct steps *steps, size_t heads)
{
    for (size_t k = 0; k < heads; k++) {
        if (steps->left[k] > TOLERANCE * steps->start[k])
            return false;
    }
    return true;
}

static void step(const struct ridge *ridge, float *weights, struct steps *steps)
{
    size_t heads = ridge->heads;
    double curve[RIDGE_HEADS_MAX], left[RIDGE_HEADS_MAX];
    float length[RIDGE_HEADS_MAX], turn[RIDGE_HEADS_MAX];
    multiply(ridge, steps->direction, steps->product);
    dot(steps->direction, steps->product, heads, curve);
    for (size_t k = 0; k < heads; k++)
        length[k] = curve[k] > 0 ? (float)(steps->left[k] / curve[k]) : 0;
    for (size_t i = 0; i < RIDGE_INPUTS * heads; i += heads) {
        for (size_t k = 0; k < heads; k++) {
            weights[i + k] += length[k] * steps->direction[i + k];
            steps->residual[i + k] -= length[k] * steps->product[i + k];
        }
    }
    dot(steps->residual, steps->residual, heads, left);
    for (size_t k = 0; k < heads; k++) {
        turn[k] = steps->left[k] > 0 ? (float)(left[k] / steps->left[k]) : 0;
        steps->left[k] = left[k];
    }
    for (size_t i = 0; i < RIDGE_INPUTS * heads; i += heads)
        for (size_t k = 0; k < heads; k++)
            steps->direction[i + k] = steps->residual[i + k] + turn[k] * steps->direction[i + k];
}

void ridge_solve(const struct ridge *ridge, float *weights)
{
    struct steps steps;
    begin(ridge, weights, &steps);
    for (int i = 0; i < STEPS_MAX && !is_done(&steps, ridge->heads); i++)
        step(ridge, weights, &steps);
    free(steps.residual);
    free(steps.direction);
    free(steps.product);
}
