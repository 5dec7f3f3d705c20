/* settle.c - the classifier's temperature, the residual's share and the calibration, from folds. */
#include "settle.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"

static const float temperatures[] = { 4, 6, 8, 10, 12, 16, 24 };

/* Raw sums that the steps below share: calls `see` for every row of the folds. */
struct seen {
    const struct trial *trial;
    size_t i, row;
    const float *chance;
    const size_t *tasks;
    size_t count;
};

typedef void sight(const struct lesson *lesson, const struct seen *seen, void *context);

static void see_folds(const struct lesson *lesson, const struct trial *trials, size_t count,
                      float temperature, sight *see, void *context)
{
    float scores[PREDICTOR_TASKS_MAX], chance[PREDICTOR_TASKS_MAX];
    size_t tasks[PREDICTOR_TASKS_MAX];
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < trials[k].count && !trials[k].left_out; i++) {
            size_t alive = trial_chances(lesson, &trials[k], i, temperature, scores, chance, tasks);
            const struct seen seen = { &trials[k], i, trials[k].index[i], chance, tasks, alive };
            see(lesson, &seen, context);
        }
    }
}

static void add_likelihood(const struct lesson *lesson, const struct seen *seen, void *context)
{
    for (size_t k = 0; k < seen->count; k++) {
        if ((int)seen->tasks[k] == lesson->task[seen->row])
            *(double *)context += log((double)seen->chance[k] + 1e-6);
    }
}

float settle_temperature(const struct lesson *lesson, const struct trial *trials, size_t count)
{
    float best = temperatures[2];
    double best_sum = -INFINITY;
    for (size_t i = 0; i < sizeof temperatures / sizeof temperatures[0]; i++) {
        double sum = 0;
        see_folds(lesson, trials, count, temperatures[i], add_likelihood, &sum);
        if (sum < 0 && sum > best_sum) {
            best_sum = sum;
            best = temperatures[i];
        }
    }
    return best;
}

struct sums {
    double product, square;
};

static void add_residuals(const struct lesson *lesson, const struct seen *seen, void *context)
{
    struct sums *sums = context;
    for (size_t m = 0; m < lesson->models; m++) {
        float score = lesson->corpus->scores[seen->row * lesson->models + m];
        float residual = trial_residual(lesson, seen->trial, seen->i, m);
        float task = trial_task_part(seen->trial, m, seen->chance, seen->tasks, seen->count);
        if (isnan(score))
            continue;
        sums->product += (double)(residual * (score - seen->trial->mean[m] - task));
        sums->square += (double)(residual * residual);
    }
}

/* The least squares answer: 1 where the residual holds on rows not seen, 0 where it is noise. */
float settle_residual_share(const struct lesson *lesson, const struct trial *trials, size_t count,
                            float temperature)
{
    struct sums sums = { 0, 0 };
    see_folds(lesson, trials, count, temperature, add_residuals, &sums);
    return sums.square > 0 ? (float)fmin(fmax(sums.product / sums.square, 0), 1) : 0;
}

struct gathering {
    struct point *points;
    size_t count, model;
    float share;
};

static void gather(const struct lesson *lesson, const struct seen *seen, void *context)
{
    struct gathering *gathering = context;
    size_t m = gathering->model;
    float score = lesson->corpus->scores[seen->row * lesson->models + m];
    if (isnan(score))
        return;
    float task = trial_task_part(seen->trial, m, seen->chance, seen->tasks, seen->count);
    float residual = gathering->share * trial_residual(lesson, seen->trial, seen->i, m);
    gathering->points[gathering->count++] =
        (struct point){ seen->trial->mean[m] + task + residual, score };
}

void settle_calibration(const struct lesson *lesson, const struct trial *trials, size_t count,
                        struct predictor *predictor)
{
    struct point *points = memory_zeroed(lesson->corpus->rows, sizeof *points);
    for (size_t m = 0; m < lesson->models; m++) {
        struct gathering gathering = { points, 0, m, predictor->residual_share };
        see_folds(lesson, trials, count, predictor->temperature, gather, &gathering);
        calibration_fit(points, gathering.count, &predictor->models[m]);
    }
    free(points);
}

void answer_read(const struct lesson *lesson, const struct trial *trial, size_t i,
                 const struct predictor *predictor, struct answer *ret_answer)
{
    float scores[PREDICTOR_TASKS_MAX], chance[PREDICTOR_TASKS_MAX];
    float deviations[PREDICTOR_MODELS_MAX], safe[PREDICTOR_MODELS_MAX];
    size_t tasks[PREDICTOR_TASKS_MAX];
    size_t count = trial_chances(lesson, trial, i, predictor->temperature, scores, chance, tasks);
    ret_answer->likeliest = count ? tasks[predictor_likeliest(chance, count)] : 0;
    ret_answer->row = trial->index[i];
    ret_answer->reference = ret_answer->favourite = trial->reference;
    predictor_signals(scores, chance, count, trial->distance[i], ret_answer->signals);
    for (size_t m = 0; m < lesson->models; m++) {
        float residual = predictor->residual_share * trial_residual(lesson, trial, i, m);
        float raw = trial->mean[m] + trial_task_part(trial, m, chance, tasks, count) + residual;
        ret_answer->quality[m] = predictor_calibrate(&predictor->models[m], raw);
        deviations[m] = ret_answer->quality[m] - trial->mean[m];
        if (ret_answer->quality[m] > ret_answer->quality[ret_answer->favourite])
            ret_answer->favourite = m;
    }
    ret_answer->advantage =
        ret_answer->quality[ret_answer->favourite] - ret_answer->quality[ret_answer->reference];
    float earned = predictor_earned(&predictor->trust, ret_answer->signals, ret_answer->likeliest) *
                   predictor_within(&predictor->trust, &lesson->vectors->nearness[ret_answer->row]);
    predictor_safe(trial->mean, deviations, lesson->models, trial->reference, safe);
    for (size_t m = 0; m < lesson->models; m++)
        ret_answer->quality[m] = trial->mean[m] + fmaxf(safe[m], earned) * deviations[m];
}
