/* classifier.c - rules and the builtin predictor, each with its say, and a softmax over the sum.
 *
 * The rules are cue words and marks, and what the request's structure tells; the predictor knows
 * how prompts of each task are worded. They err on different prompts. */
#include "classifier.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>

#include "predict/predictor.h"

/* How much the logarithm of the predictor's chances counts beside the rules' score. */
#define TRAINED_WEIGHT 1.0f

/* The predictor was trained on prompts that are shorter than this, and a task shows at the ends. */
#define USER_READ_MAX 800

/* What the predictor holds for all but impossible is no more than that. */
#define CHANCE_LEAST 2e-3f

/* Four mentions count twice as much as one; beyond sixteen nothing is added. */
static float saturated(float hits)
{
    return sqrtf(fminf(hits, 16));
}

static float share(float part, const struct marks *marks)
{
    return marks->bytes > 0 ? part / marks->bytes : 0;
}

static void add_words(const struct marks *marks, float score[TASK_COUNT])
{
    for (size_t i = 0; i < cue_row_count; i++) {
        if (cue_rows[i].kind == CUE_TASK && marks->rows[i] > 0)
            score[cue_rows[i].task] += cue_rows[i].weight * saturated(marks->rows[i]);
    }
}

static void add_shape(const struct chat_request *request, const struct marks *marks,
                      float score[TASK_COUNT])
{
    score[TASK_CODING] += 2.0f * fminf(marks->fences, 2);
    score[TASK_CODING] += 40 * fminf(share(marks->code, marks), 0.1f);
    score[TASK_MATH] += 30 * fminf(share(marks->math, marks), 0.1f);
    score[TASK_MATH] += 12 * fminf(share(marks->digits, marks), 0.1f);
    if (request->has & HAS_TOOLS)
        score[TASK_TOOL_USE] += 6;
    if (request->has & HAS_JSON_SCHEMA)
        score[TASK_EXTRACTION] += 2.5f;
    if (request->has & HAS_FILES)
        score[TASK_RAG] += 2.5f;
    if (request->user.total > 6000) {
        score[TASK_SUMMARIZATION] += 0.5f;
        score[TASK_RAG] += 0.8f;
    }
}

static void softmax(const float score[TASK_COUNT], float ret_probability[TASK_COUNT])
{
    float top = score[0], sum = 0;
    for (int task = 1; task < TASK_COUNT; task++)
        top = fmaxf(top, score[task]);
    for (int task = 0; task < TASK_COUNT; task++)
        sum += ret_probability[task] = expf(score[task] - top);
    for (int task = 0; task < TASK_COUNT; task++)
        ret_probability[task] /= sum;
}

void classifier_rules(const struct chat_request *request, const struct marks *marks,
                      float ret_score[TASK_COUNT])
{
    memset(ret_score, 0, TASK_COUNT * sizeof *ret_score);
    add_words(marks, ret_score);
    add_shape(request, marks, ret_score);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static size_t place_of[TASK_COUNT]; /* of a task among those of the builtin predictor */

static void find_places(void)
{
    const struct predictor *predictor = predictor_builtin();
    for (int task = 0; task < TASK_COUNT; task++) {
        size_t *place = &place_of[task];
        while (*place < predictor->task_count &&
               strcmp(predictor->tasks[*place], task_name((enum task)task)) != 0)
            (*place)++;
        assert(*place < predictor->task_count);
    }
}

void classifier_trained(const struct chat_request *request, float ret_score[TASK_COUNT])
{
    struct reading reading;
    struct assessment assessment;
    pthread_once(&once, find_places);
    reading_read_within(request, USER_READ_MAX, &reading);
    predictor_assess(predictor_builtin(), &reading, &assessment);
    for (int task = 0; task < TASK_COUNT; task++)
        ret_score[task] = logf(fmaxf(assessment.chance[place_of[task]], CHANCE_LEAST));
}

void classifier_read(const struct chat_request *request, const struct marks *marks,
                     float ret_probability[TASK_COUNT])
{
    float score[TASK_COUNT], trained[TASK_COUNT];
    classifier_rules(request, marks, score);
    classifier_trained(request, trained);
    for (int task = 0; task < TASK_COUNT; task++)
        score[task] += TRAINED_WEIGHT * trained[task];
    softmax(score, ret_probability);
}
