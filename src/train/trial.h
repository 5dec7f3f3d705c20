/* trial.h - a hierarchy fitted on some rows and asked about the others. */
#ifndef BOURSE_TRAIN_TRIAL_H
#define BOURSE_TRAIN_TRIAL_H

#include "ridge.h"

/* What all trials of a training share. */
struct lesson {
    const struct corpus *corpus;
    const struct vectors *vectors;
    const int *task;      /* of each row; -1: none */
    size_t tasks, models; /* heads: tasks, what models differ in, what they have in common */
    size_t heads;         /* padded */
    const float *start;   /* weights to start from; NULL: zeros */
};

struct trial {
    bool left_out;  /* whole groups were held out, not rows at random */
    bool *held_out; /* by row */

    float mean[PREDICTOR_MODELS_MAX], rows[PREDICTOR_MODELS_MAX];
    float profile[PREDICTOR_MODELS_MAX][PREDICTOR_TASKS_MAX];
    float profile_rows[PREDICTOR_MODELS_MAX][PREDICTOR_TASKS_MAX];
    size_t task_rows[PREDICTOR_TASKS_MAX];
    size_t reference;
    float *weights; /* NULL once the answers are there */

    size_t count; /* rows held out, and for each of them: */
    size_t *index;
    float *scores;   /* [count][heads] */
    float *distance; /* of the dense numbers */
};

/* Fits on the rows that are not held out; the weights stay. */
void trial_fit(const struct lesson *lesson, struct trial *trial);
/* Asks about the rows held out and forgets the weights. */
void trial_ask(const struct lesson *lesson, struct trial *trial);
void trial_clear(struct trial *trial);

/* Fits and asks all, several at a time. */
void trials_run(const struct lesson *lesson, struct trial *trials, size_t count, int threads);

/* P(t|x) over the tasks that the trial has seen, in order and closed up; returns how many. */
size_t trial_chances(const struct lesson *lesson, const struct trial *trial, size_t i,
                     float temperature, float *ret_scores, float *ret_chance, size_t *ret_tasks);
/* Σ P(t|x)·(profile − mean) of a model. */
float trial_task_part(const struct trial *trial, size_t model, const float *chance,
                      const size_t *tasks, size_t count);

/* What is common to a row's models, of what the profiles leave over; where a model's own stands,
 * too, it is the distance from that until both are joined. */
static inline size_t lesson_level_head(const struct lesson *lesson)
{
    return lesson->tasks + lesson->models;
}

/* How much of either holds on rows held out. */
struct shares {
    float level, contrast;
};

/* The residuals become `contrast` of what models differ in and `level` of what they have in common,
 * in the answers of a trial and in its weights, as far as it has them. */
void trial_join(const struct lesson *lesson, struct trial *trial, struct shares shares);

static inline float trial_residual(const struct lesson *lesson, const struct trial *trial, size_t i,
                                   size_t model)
{
    return trial->scores[i * lesson->heads + lesson->tasks + model];
}

#endif
