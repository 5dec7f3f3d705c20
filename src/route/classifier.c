/* classifier.c - a first classifier of tasks: cue words and marks are evidence, a softmax makes
 * chances of it. */
#include "classifier.h"

#include <math.h>

/* What speaks for a task before a word was read. */
static const float bias[TASK_COUNT] = {
    [TASK_CHAT] = 1.0f,
    [TASK_KNOWLEDGE] = 0.4f,
    [TASK_WRITING] = 0.1f,
};

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
        score[TASK_TOOL_USE] += 3;
    if (request->has & HAS_JSON_SCHEMA)
        score[TASK_EXTRACTION] += 1.5f;
    if (request->has & HAS_FILES)
        score[TASK_RAG] += 1.5f;
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

void classifier_read(const struct chat_request *request, const struct marks *marks,
                     float ret_probability[TASK_COUNT])
{
    float score[TASK_COUNT];
    memcpy(score, bias, sizeof score);
    add_words(marks, score);
    add_shape(request, marks, score);
    softmax(score, ret_probability);
}
