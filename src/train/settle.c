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

/* The shares' answer of least squares, drawn to one as if by so much of what was predicted. */
#define SHARE_PRIOR 1.0
#define SHARE_MAX   4.0

static float share_of(const struct sums *sums)
{
    double share = (sums->product + SHARE_PRIOR) / (sums->square + SHARE_PRIOR);
    return sums->square > 0 ? (float)fmin(fmax(share, 0), SHARE_MAX) : 0;
}

struct parts {
    struct sums level, contrast;
};

/* What the mean and the task leave over of a score. */
static float left_over(const struct lesson *lesson, const struct seen *seen, size_t m)
{
    float score = lesson->corpus->scores[seen->row * lesson->models + m];
    float task = trial_task_part(seen->trial, m, seen->chance, seen->tasks, seen->count);
    return score - seen->trial->mean[m] - task;
}

static void add_to(struct sums *sums, double predicted, double observed)
{
    sums->product += predicted * observed;
    sums->square += predicted * predicted;
}

static void add_residuals(const struct lesson *lesson, const struct seen *seen, void *context)
{
    struct parts *parts = context;
    float left[PREDICTOR_MODELS_MAX];
    double sum = 0, count = 0;
    for (size_t m = 0; m < lesson->models; m++) {
        left[m] = left_over(lesson, seen, m);
        sum += isnan(left[m]) ? 0 : (double)left[m];
        count += isnan(left[m]) ? 0 : 1;
    }
    if (count <= 0)
        return;
    const float *heads = seen->trial->scores + seen->i * lesson->heads;
    add_to(&parts->level, (double)heads[lesson_level_head(lesson)], sum / count);
    for (size_t m = 0; m < lesson->models; m++)
        if (!isnan(left[m]))
            add_to(&parts->contrast, (double)heads[lesson->tasks + m],
                   (double)left[m] - sum / count);
}

/* 0 where a part is noise on rows not seen; above 1 where the penalty has shrunk it too much. */
struct shares settle_shares(const struct lesson *lesson, const struct trial *trials, size_t count,
                            float temperature)
{
    struct parts parts = { { 0, 0 }, { 0, 0 } };
    see_folds(lesson, trials, count, temperature, add_residuals, &parts);
    return (struct shares){ share_of(&parts.level), share_of(&parts.contrast) };
}

struct gathering {
    struct point *points;
    size_t count, model;
};

static void gather(const struct lesson *lesson, const struct seen *seen, void *context)
{
    struct gathering *gathering = context;
    size_t m = gathering->model;
    float score = lesson->corpus->scores[seen->row * lesson->models + m];
    if (isnan(score))
        return;
    float task = trial_task_part(seen->trial, m, seen->chance, seen->tasks, seen->count);
    float residual = trial_residual(lesson, seen->trial, seen->i, m);
    gathering->points[gathering->count++] =
        (struct point){ seen->trial->mean[m] + task + residual, score };
}

void settle_calibration(const struct lesson *lesson, const struct trial *trials, size_t count,
                        struct predictor *predictor)
{
    struct point *points = memory_zeroed(lesson->corpus->rows, sizeof *points);
    for (size_t m = 0; m < lesson->models; m++) {
        struct gathering gathering = { points, 0, m };
        see_folds(lesson, trials, count, predictor->temperature, gather, &gathering);
        calibration_fit(points, gathering.count, &predictor->models[m]);
    }
    free(points);
}

/* The reference wins ties. */
size_t answer_best(const struct answer *answer, size_t models)
{
    size_t best = answer->reference;
    for (size_t m = 0; m < models; m++)
        best = answer->quality[m] > answer->quality[best] ? m : best;
    return best;
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
    ret_answer->reference = trial->reference;
    predictor_signals(scores, chance, count, trial->distance[i], ret_answer->signals);
    for (size_t m = 0; m < lesson->models; m++) {
        float residual = trial_residual(lesson, trial, i, m);
        float raw = trial->mean[m] + trial_task_part(trial, m, chance, tasks, count) + residual;
        ret_answer->quality[m] = predictor_calibrate(&predictor->models[m], raw);
        deviations[m] = ret_answer->quality[m] - trial->mean[m];
    }
    ret_answer->favourite = answer_best(ret_answer, lesson->models);
    ret_answer->advantage =
        ret_answer->quality[ret_answer->favourite] - ret_answer->quality[ret_answer->reference];
    float earned = predictor_earned(&predictor->trust, ret_answer->signals, ret_answer->likeliest) *
                   predictor_within(&predictor->trust, &lesson->vectors->nearness[ret_answer->row]);
    predictor_safe(trial->mean, deviations, lesson->models, trial->reference, safe);
    for (size_t m = 0; m < lesson->models; m++)
        ret_answer->quality[m] = trial->mean[m] + fmaxf(safe[m], earned) * deviations[m];
}
