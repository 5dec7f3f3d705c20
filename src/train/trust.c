/* trust.c - a regression of what a change of favourite brings on how familiar the request is.
 *
 * Only rows where the deviations would put another model first count: elsewhere there is nothing to
 * trust. Rows left out with their whole group stand for what will be unlike the training, rows of
 * the folds for what will be like it. How much the former count is not a matter of taste: as little
 * as possible, while what is believed of them costs less than a small share of the quality that
 * the best single model has there. */
#include <math.h>
#include <stdlib.h>

#include "memory.h"
#include "settle.h"

/* The share that may be lost, and the weights that are tried, from the most cautious on. */
#define LOSS_ALLOWED 0.003
#define WEIGHT_FIRST 3.0
#define WEIGHT_STEP  0.82
#define WEIGHTS      18

#define PENALTY      30.0
#define PENALTY_TASK 500.0 /* as if by so many rows more in which the task says nothing */
#define CLIP         3.0

/* One, the signals, and one for each task. */
#define TERMS_MAX    (1 + SIGNAL_COUNT + PREDICTOR_TASKS_MAX)
#define TERMS_OF_ROW (SIGNAL_COUNT + 2) /* that are not 0 */

struct switches {
    struct answer *answers;
    double *gain, *weight;
    bool *left_out;
    size_t count;
    double rows[2];      /* all that were held out: of folds, of groups left out */
    double loss_allowed; /* summed over the latter */
};

static float score_of(const struct lesson *lesson, size_t row, size_t model)
{
    return lesson->corpus->scores[row * lesson->models + model];
}

static void collect_trial(const struct lesson *lesson, const struct trial *trial,
                          const struct predictor *predictor, struct switches *switches)
{
    for (size_t i = 0; i < trial->count; i++) {
        struct answer *answer = &switches->answers[switches->count];
        answer_read(lesson, trial, i, predictor, answer);
        double constant = (double)score_of(lesson, answer->row, answer->reference);
        double gain = (double)score_of(lesson, answer->row, answer->favourite) - constant;
        if (trial->left_out && !isnan(constant))
            switches->loss_allowed += LOSS_ALLOWED * constant;
        if (answer->favourite == answer->reference || isnan(gain))
            continue;
        switches->gain[switches->count] = gain;
        switches->left_out[switches->count++] = trial->left_out;
    }
}

static void collect(const struct lesson *lesson, const struct trial *trials, size_t count,
                    const struct predictor *predictor, struct switches *switches)
{
    for (size_t k = 0; k < count; k++)
        switches->rows[trials[k].left_out] += (double)trials[k].count;
    size_t rows = (size_t)(switches->rows[0] + switches->rows[1]);
    switches->answers = memory_zeroed(rows + 1, sizeof *switches->answers);
    switches->gain = memory_zeroed(rows, sizeof *switches->gain);
    switches->weight = memory_zeroed(rows, sizeof *switches->weight);
    switches->left_out = memory_zeroed(rows, sizeof *switches->left_out);
    for (size_t k = 0; k < count; k++)
        collect_trial(lesson, &trials[k], predictor, switches);
}

/* Those of the folds together count 1, those left out `share`; in all as many as there are. */
static void weigh(struct switches *switches, double share)
{
    double sum = 0;
    for (size_t i = 0; i < switches->count; i++) {
        bool out = switches->left_out[i];
        sum += switches->weight[i] = (out ? share : 1) / switches->rows[out];
    }
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

struct system {
    double matrix[TERMS_MAX][TERMS_MAX], side[TERMS_MAX];
    size_t terms;
};

/* Gaussian elimination of a positive definite system, in place. */
static void solve(struct system *system)
{
    double(*matrix)[TERMS_MAX] = system->matrix, *side = system->side;
    for (size_t p = 0; p < system->terms; p++) {
        for (size_t row = p + 1; row < system->terms; row++) {
            double factor = matrix[row][p] / matrix[p][p];
            for (size_t k = p; k < system->terms; k++)
                matrix[row][k] -= factor * matrix[p][k];
            side[row] -= factor * side[p];
        }
    }
    for (size_t p = system->terms; p-- > 0;) {
        for (size_t k = p + 1; k < system->terms; k++)
            side[p] -= matrix[p][k] * side[k];
        side[p] /= matrix[p][p];
    }
}

static void add_row(struct system *system, const struct answer *answer,
                    const struct predictor_trust *trust, double weight, double gain)
{
    size_t place[TERMS_OF_ROW] = { 0 };
    double value[TERMS_OF_ROW] = { 1 };
    for (size_t s = 0; s < SIGNAL_COUNT; s++) {
        double z = (double)((answer->signals[s] - trust->mean[s]) * trust->scale[s]);
        place[s + 1] = s + 1;
        value[s + 1] = fmin(fmax(z, -CLIP), CLIP);
    }
    place[SIGNAL_COUNT + 1] = 1 + SIGNAL_COUNT + answer->likeliest;
    value[SIGNAL_COUNT + 1] = 1;
    for (size_t a = 0; a < TERMS_OF_ROW; a++) {
        for (size_t b = 0; b < TERMS_OF_ROW; b++)
            system->matrix[place[a]][place[b]] += weight * value[a] * value[b];
        system->side[place[a]] += weight * value[a] * gain;
    }
}

static void regress(const struct switches *switches, size_t tasks, struct system *system,
                    struct predictor_trust *trust)
{
    memset(system, 0, sizeof *system);
    system->terms = 1 + SIGNAL_COUNT + (tasks ? tasks : 1);
    for (size_t i = 0; i < switches->count; i++)
        add_row(system, &switches->answers[i], trust, switches->weight[i], switches->gain[i]);
    for (size_t a = 1; a < system->terms; a++)
        system->matrix[a][a] += a <= SIGNAL_COUNT ? PENALTY : PENALTY_TASK;
    solve(system);
    trust->bias = (float)system->side[0];
    for (size_t s = 0; s < SIGNAL_COUNT; s++)
        trust->weight[s] = (float)system->side[s + 1];
    for (size_t t = 0; t < tasks; t++)
        trust->task[t] = (float)system->side[1 + SIGNAL_COUNT + t];
}

/* What is lost on the rows left out, as far as changes are believed there. */
static double loss_of(const struct switches *switches, const struct predictor_trust *trust)
{
    double loss = 0;
    for (size_t i = 0; i < switches->count; i++) {
        const struct answer *answer = &switches->answers[i];
        if (switches->left_out[i])
            loss -= switches->gain[i] *
                    (double)predictor_earned(trust, answer->signals, answer->likeliest);
    }
    return loss;
}

/* The boldest of the weights that loses no more than is allowed; the first in any case. */
static void choose(struct switches *switches, size_t tasks, struct predictor_trust *ret_trust)
{
    struct system *system = memory_zeroed(1, sizeof *system);
    struct predictor_trust tried = *ret_trust;
    double share = WEIGHT_FIRST;
    for (int i = 0; i < WEIGHTS; i++, share *= WEIGHT_STEP) {
        weigh(switches, share);
        standardise(switches, &tried);
        regress(switches, tasks, system, &tried);
        if (i > 0 && loss_of(switches, &tried) > switches->loss_allowed)
            break;
        *ret_trust = tried;
    }
    free(system);
}

void settle_trust(const struct lesson *lesson, const struct trial *trials, size_t count,
                  struct predictor *predictor)
{
    struct switches switches = { .count = 0 };
    collect(lesson, trials, count, predictor, &switches);
    if (switches.count > 0 && switches.rows[0] > 0 && switches.rows[1] > 0)
        choose(&switches, lesson->tasks, &predictor->trust);
    free(switches.answers);
    free(switches.gain);
    free(switches.weight);
    free(switches.left_out);
}
