/* trust.c - a regression of what a change of favourite brings on how familiar the request is.
 *
 * Only rows where the deviations would put another model first count: elsewhere there is nothing to
 * trust. Rows left out with their whole group stand for what will be unlike the training, rows of
 * the folds for what will be like it. */
#include <math.h>
#include <stdlib.h>

#include "memory.h"
#include "settle.h"

#define WEIGHT_LEFT_OUT 0.75
#define PENALTY         30.0
#define CLIP            3.0

#define TERMS (SIGNAL_COUNT + 1)

struct switches {
    struct answer *answers;
    double *gain, *weight;
    size_t count;
};

static float score_of(const struct lesson *lesson, size_t row, size_t model)
{
    return lesson->corpus->scores[row * lesson->models + model];
}

static void collect_trial(const struct lesson *lesson, const struct trial *trial, double weight,
                          const struct predictor *predictor, struct switches *switches)
{
    for (size_t i = 0; i < trial->count; i++) {
        struct answer *answer = &switches->answers[switches->count];
        answer_read(lesson, trial, i, predictor, answer);
        double gain = (double)(score_of(lesson, answer->row, answer->favourite) -
                               score_of(lesson, answer->row, answer->reference));
        if (answer->favourite == answer->reference || isnan(gain))
            continue;
        switches->gain[switches->count] = gain;
        switches->weight[switches->count++] = weight;
    }
}

static size_t rows_of(const struct trial *trials, size_t count, bool left_out)
{
    size_t rows = 0;
    for (size_t k = 0; k < count; k++)
        rows += trials[k].left_out == left_out ? trials[k].count : 0;
    return rows;
}

static void collect(const struct lesson *lesson, const struct trial *trials, size_t count,
                    const struct predictor *predictor, struct switches *switches)
{
    size_t folds = rows_of(trials, count, false), left_out = rows_of(trials, count, true);
    switches->answers = memory_zeroed(folds + left_out + 1, sizeof *switches->answers);
    switches->gain = memory_zeroed(folds + left_out, sizeof *switches->gain);
    switches->weight = memory_zeroed(folds + left_out, sizeof *switches->weight);
    for (size_t k = 0; k < count; k++)
        collect_trial(lesson, &trials[k],
                      trials[k].left_out ? WEIGHT_LEFT_OUT / (double)left_out : 1 / (double)folds,
                      predictor, switches);
    double sum = 0;
    for (size_t i = 0; i < switches->count; i++)
        sum += switches->weight[i];
    for (size_t i = 0; i < switches->count; i++)
        switches->weight[i] *= (double)switches->count / sum;
}

static void standardise(const struct switches *switches, struct predictor_trust *trust)
{
    double count = (double)switches->count;
    for (size_t s = 0; s < SIGNAL_COUNT; s++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < switches->count; i++)
            sum += switches->weight[i] * (double)switches->answers[i].signals[s];
        for (size_t i = 0; i < switches->count; i++)
            squares +=
                switches->weight[i] * pow((double)switches->answers[i].signals[s] - sum / count, 2);
        double deviation = sqrt(squares / count);
        trust->mean[s] = (float)(sum / count);
        trust->scale[s] = deviation > 1e-6 ? (float)(1 / deviation) : 0;
    }
}

/* Gaussian elimination of a small positive definite system, in place. */
static void solve(double matrix[TERMS][TERMS], double side[TERMS])
{
    for (size_t p = 0; p < TERMS; p++) {
        for (size_t row = p + 1; row < TERMS; row++) {
            double factor = matrix[row][p] / matrix[p][p];
            for (size_t k = p; k < TERMS; k++)
                matrix[row][k] -= factor * matrix[p][k];
            side[row] -= factor * side[p];
        }
    }
    for (size_t p = TERMS; p-- > 0;) {
        for (size_t k = p + 1; k < TERMS; k++)
            side[p] -= matrix[p][k] * side[k];
        side[p] /= matrix[p][p];
    }
}

static void regress(const struct switches *switches, struct predictor_trust *trust)
{
    double matrix[TERMS][TERMS] = { { 0 } }, side[TERMS] = { 0 };
    for (size_t i = 0; i < switches->count; i++) {
        double terms[TERMS] = { 1 };
        for (size_t s = 0; s < SIGNAL_COUNT; s++) {
            double z =
                (double)((switches->answers[i].signals[s] - trust->mean[s]) * trust->scale[s]);
            terms[s + 1] = fmin(fmax(z, -CLIP), CLIP);
        }
        for (size_t a = 0; a < TERMS; a++) {
            for (size_t b = 0; b < TERMS; b++)
                matrix[a][b] += switches->weight[i] * terms[a] * terms[b];
            side[a] += switches->weight[i] * terms[a] * switches->gain[i];
        }
    }
    for (size_t a = 1; a < TERMS; a++)
        matrix[a][a] += PENALTY;
    solve(matrix, side);
    trust->bias = (float)side[0];
    for (size_t s = 0; s < SIGNAL_COUNT; s++)
        trust->weight[s] = (float)side[s + 1];
}

void settle_trust(const struct lesson *lesson, const struct trial *trials, size_t count,
                  struct predictor *predictor)
{
    struct switches switches = { .count = 0 };
    if (rows_of(trials, count, true) == 0 || rows_of(trials, count, false) == 0)
        return;
    collect(lesson, trials, count, predictor, &switches);
    if (switches.count > 0) {
        standardise(&switches, &predictor->trust);
        regress(&switches, &predictor->trust);
    }
    free(switches.answers);
    free(switches.gain);
    free(switches.weight);
}

/* One row in fifty may be an outlier. */
#define OUTLIERS 50

static int by_number(const void *one, const void *two)
{
    float a = *(const float *)one, b = *(const float *)two;
    return a < b ? -1 : a > b;
}

void settle_range(const struct vectors *vectors, struct predictor_trust *ret_trust)
{
    size_t rows = vectors->corpus->rows;
    float *known = memory_zeroed(rows, sizeof *known),
          *distance = memory_zeroed(rows, sizeof *known);
    for (size_t row = 0; row < rows; row++) {
        known[row] = vectors->nearness[row].known;
        distance[row] = vectors->nearness[row].distance;
    }
    qsort(known, rows, sizeof *known, by_number);
    qsort(distance, rows, sizeof *distance, by_number);
    ret_trust->known_least = known[rows / OUTLIERS];
    ret_trust->distance_most = distance[rows - 1 - rows / OUTLIERS];
    free(known);
    free(distance);
}
