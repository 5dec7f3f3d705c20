/* trial.c - means, profiles and heads from some rows; answers about the others. */
#include "trial.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "memory.h"

/* A profile is drawn to the model's mean as if by so many more outcomes. */
#define PROFILE_PRIOR 20.0
/* A model with fewer outcomes than this share of the most is not taken for the best. */
#define REFERENCE_SHARE 0.5f

/* The penalties: the tasks are plain to see, what is left over of the scores is mostly noise. */
#define ALPHA_TASK 1.0f
/* How hard a prompt is for all of the models is told by what it says far better than which of them
 * it is harder for, so the latter wants more of a penalty. */
#define ALPHA_LEVEL    8.0f
#define ALPHA_CONTRAST 20.0f

static float score_of(const struct lesson *lesson, size_t row, size_t model)
{
    return lesson->corpus->scores[row * lesson->models + model];
}

static void fit_mean(const struct lesson *lesson, struct trial *trial, size_t model)
{
    double sum = 0, count = 0;
    for (size_t row = 0; row < lesson->corpus->rows; row++) {
        float score = score_of(lesson, row, model);
        if (trial->held_out[row] || isnan(score))
            continue;
        sum += (double)score;
        count++;
    }
    trial->mean[model] = count > 0 ? (float)(sum / count) : 0.5f;
    trial->rows[model] = (float)count;
}

static void fit_profile(const struct lesson *lesson, struct trial *trial, size_t model)
{
    double sums[PREDICTOR_TASKS_MAX] = { 0 }, counts[PREDICTOR_TASKS_MAX] = { 0 };
    for (size_t row = 0; row < lesson->corpus->rows; row++) {
        float score = score_of(lesson, row, model);
        int task = lesson->task[row];
        if (trial->held_out[row] || isnan(score) || task < 0)
            continue;
        sums[task] += (double)score;
        counts[task]++;
    }
    for (size_t t = 0; t < lesson->tasks; t++) {
        double prior = PROFILE_PRIOR * (double)trial->mean[model];
        trial->profile[model][t] = (float)((sums[t] + prior) / (counts[t] + PROFILE_PRIOR));
        trial->profile_rows[model][t] = (float)counts[t];
    }
}

static void choose_reference(const struct lesson *lesson, struct trial *trial)
{
    float most = 0;
    for (size_t m = 0; m < lesson->models; m++)
        most = fmaxf(most, trial->rows[m]);
    bool found = false;
    for (size_t m = 0; m < lesson->models; m++) {
        if (trial->rows[m] < REFERENCE_SHARE * most)
            continue;
        if (!found || trial->mean[m] > trial->mean[trial->reference])
            trial->reference = m;
        found = true;
    }
}

/* What the profile leaves over, parted into what the row's models have in common and the rest. */
static void set_residuals(const struct lesson *lesson, const struct trial *trial, size_t row,
                          float *target)
{
    int task = lesson->task[row];
    float *residual = target + lesson->tasks, sum = 0, count = 0;
    for (size_t m = 0; m < lesson->models; m++) {
        residual[m] =
            score_of(lesson, row, m) - (task < 0 ? trial->mean[m] : trial->profile[m][task]);
        sum += isnan(residual[m]) ? 0 : residual[m];
        count += isnan(residual[m]) ? 0 : 1;
    }
    float level = count > 0 ? sum / count : NAN;
    for (size_t m = 0; m < lesson->models; m++)
        residual[m] -= level;
    target[lesson_level_head(lesson)] = level;
}

static void set_targets(const struct lesson *lesson, const struct trial *trial, float *targets)
{
    for (size_t row = 0; row < lesson->corpus->rows; row++) {
        float *target = targets + row * lesson->heads;
        int task = lesson->task[row];
        for (size_t k = 0; k < lesson->heads; k++)
            target[k] = NAN;
        for (size_t t = 0; t < lesson->tasks && task >= 0; t++)
            target[t] = (float)((int)t == task);
        set_residuals(lesson, trial, row, target);
    }
}

static void fit_heads(const struct lesson *lesson, struct trial *trial)
{
    float alpha[RIDGE_HEADS_MAX];
    size_t size = RIDGE_INPUTS * lesson->heads;
    float *targets = memory_zeroed(lesson->corpus->rows * lesson->heads, sizeof *targets);
    set_targets(lesson, trial, targets);
    for (size_t k = 0; k < lesson->heads; k++)
        alpha[k] = k < lesson->tasks               ? ALPHA_TASK
                   : k < lesson_level_head(lesson) ? ALPHA_CONTRAST
                                                   : ALPHA_LEVEL;
    trial->weights = memory_zeroed(size, sizeof *trial->weights);
    if (lesson->start)
        memcpy(trial->weights, lesson->start, size * sizeof *trial->weights);
    const struct ridge ridge = { lesson->vectors, lesson->heads, targets, trial->held_out, alpha };
    ridge_solve(&ridge, trial->weights);
    free(targets);
}

void trial_fit(const struct lesson *lesson, struct trial *trial)
{
    for (size_t row = 0; row < lesson->corpus->rows; row++)
        if (!trial->held_out[row] && lesson->task[row] >= 0)
            trial->task_rows[lesson->task[row]]++;
    for (size_t m = 0; m < lesson->models; m++) {
        fit_mean(lesson, trial, m);
        fit_profile(lesson, trial, m);
    }
    choose_reference(lesson, trial);
    fit_heads(lesson, trial);
}

/* How far the dense numbers of rows held out are from those of the rows that are not. */
static void measure_distances(const struct lesson *lesson, struct trial *trial)
{
    double mean[DENSE_COUNT] = { 0 }, squares[DENSE_COUNT] = { 0 }, count = 0;
    for (size_t row = 0; row < lesson->corpus->rows; row++) {
        if (trial->held_out[row])
            continue;
        count++;
        for (size_t i = 0; i < DENSE_COUNT; i++) {
            double z = (double)lesson->vectors->dense[row][i];
            mean[i] += z;
            squares[i] += z * z;
        }
    }
    for (size_t i = 0; i < DENSE_COUNT; i++) {
        mean[i] /= fmax(count, 1);
        squares[i] = sqrt(fmax(squares[i] / fmax(count, 1) - mean[i] * mean[i], 1e-9));
    }
    for (size_t k = 0; k < trial->count; k++) {
        double sum = 0;
        for (size_t i = 0; i < DENSE_COUNT; i++) {
            double z = ((double)lesson->vectors->dense[trial->index[k]][i] - mean[i]) / squares[i];
            sum += fmin(z * z, 16);
        }
        trial->distance[k] = (float)sqrt(sum / DENSE_COUNT);
    }
}

void trial_ask(const struct lesson *lesson, struct trial *trial)
{
    size_t rows = lesson->corpus->rows;
    trial->index = memory_zeroed(rows, sizeof *trial->index);
    for (size_t row = 0; row < rows; row++)
        if (trial->held_out[row])
            trial->index[trial->count++] = row;
    trial->scores = memory_zeroed(trial->count * lesson->heads, sizeof *trial->scores);
    trial->distance = memory_zeroed(trial->count, sizeof *trial->distance);
    for (size_t i = 0; i < trial->count; i++)
        ridge_apply(lesson->vectors, trial->index[i], lesson->heads, trial->weights,
                    trial->scores + i * lesson->heads);
    measure_distances(lesson, trial);
    free(trial->weights);
    trial->weights = NULL;
}

static void join(const struct lesson *lesson, struct shares shares, float *heads)
{
    float level = shares.level * heads[lesson_level_head(lesson)];
    for (size_t m = 0; m < lesson->models; m++) {
        float *residual = &heads[lesson->tasks + m];
        *residual = shares.contrast * *residual + level;
    }
}

void trial_join(const struct lesson *lesson, struct trial *trial, struct shares shares)
{
    for (size_t i = 0; trial->scores && i < trial->count; i++)
        join(lesson, shares, trial->scores + i * lesson->heads);
    for (size_t i = 0; trial->weights && i < RIDGE_INPUTS; i++)
        join(lesson, shares, trial->weights + i * lesson->heads);
}

void trial_clear(struct trial *trial)
{
    free(trial->held_out);
    free(trial->weights);
    free(trial->index);
    free(trial->scores);
    free(trial->distance);
}

struct queue {
    const struct lesson *lesson;
    struct trial *trials;
    size_t count;
    atomic_size_t next;
};

static void *work(void *argument)
{
    struct queue *queue = argument;
    for (size_t i; (i = atomic_fetch_add(&queue->next, 1)) < queue->count;) {
        trial_fit(queue->lesson, &queue->trials[i]);
        trial_ask(queue->lesson, &queue->trials[i]);
    }
    return NULL;
}

#define THREADS_MAX 16

void trials_run(const struct lesson *lesson, struct trial *trials, size_t count, int threads)
{
    struct queue queue = { lesson, trials, count, 0 };
    pthread_t helpers[THREADS_MAX];
    int started = 0;
    while (started < threads - 1 && started < THREADS_MAX &&
           pthread_create(&helpers[started], NULL, work, &queue) == 0)
        started++;
    work(&queue);
    for (int i = 0; i < started; i++)
        pthread_join(helpers[i], NULL);
}

size_t trial_chances(const struct lesson *lesson, const struct trial *trial, size_t i,
                     float temperature, float *ret_scores, float *ret_chance, size_t *ret_tasks)
{
    size_t count = 0;
    for (size_t t = 0; t < lesson->tasks; t++) {
        if (trial->task_rows[t] == 0)
            continue;
        ret_scores[count] = trial->scores[i * lesson->heads + t];
        ret_tasks[count++] = t;
    }
    predictor_softmax(ret_scores, count, temperature, ret_chance);
    return count;
}

float trial_task_part(const struct trial *trial, size_t model, const float *chance,
                      const size_t *tasks, size_t count)
{
    float part = 0;
    for (size_t k = 0; k < count; k++)
        part += chance[k] * (trial->profile[model][tasks[k]] - trial->mean[model]);
    return part;
}
