/* sample.c - one prompt out of each of so many equal stretches of the training, at a place thrown
 * by a fixed die: data is often sorted, and often periodic. */
#include "sample.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "memory.h"

#define NOT_DRAWN SIZE_MAX

struct drawing {
    const struct lesson *lesson;
    const struct predictor *predictor;
    size_t rows, *place; /* in the sample, by row of the corpus */
    uint32_t *tokens_in;
    uint8_t *task, *score;
    uint16_t *quality;
};

/* A prompt that no model was asked says nothing. */
static bool has_score(const struct lesson *lesson, size_t row)
{
    for (size_t m = 0; m < lesson->models; m++) {
        if (!isnan(lesson->corpus->scores[row * lesson->models + m]))
            return true;
    }
    return false;
}

static void throw_places(struct drawing *drawing)
{
    const struct lesson *lesson = drawing->lesson;
    size_t *usable = memory_zeroed(lesson->corpus->rows, sizeof *usable), count = 0;
    for (size_t row = 0; row < lesson->corpus->rows; row++) {
        drawing->place[row] = NOT_DRAWN;
        if (has_score(lesson, row))
            usable[count++] = row;
    }
    drawing->rows = count < SAMPLE_ROWS_MAX ? count : SAMPLE_ROWS_MAX;
    for (size_t k = 0; k < drawing->rows; k++) {
        size_t begin = k * count / drawing->rows, end = (k + 1) * count / drawing->rows;
        drawing->place[usable[begin + hash_bytes(&k, sizeof k, 11) % (end - begin)]] = k;
    }
    free(usable);
}

static long steps_of(float share, int one)
{
    return lrintf(fminf(fmaxf(share, 0), 1) * (float)one);
}

static void keep(struct drawing *drawing, const struct answer *answer)
{
    const struct corpus *corpus = drawing->lesson->corpus;
    size_t models = drawing->lesson->models, place = drawing->place[answer->row];
    drawing->tokens_in[place] = corpus->tokens_in[answer->row];
    drawing->task[place] = corpus->served_task[answer->row];
    for (size_t m = 0; m < models; m++) {
        float score = corpus->scores[answer->row * models + m];
        drawing->quality[place * models + m] =
            (uint16_t)steps_of(answer->quality[m], SAMPLE_QUALITY_ONE);
        drawing->score[place * models + m] =
            isnan(score) ? SAMPLE_SCORE_NONE : (uint8_t)steps_of(score, SAMPLE_SCORE_ONE);
    }
}

static void keep_trial(struct drawing *drawing, const struct trial *trial)
{
    struct answer answer;
    for (size_t i = 0; i < trial->count; i++) {
        if (drawing->place[trial->index[i]] == NOT_DRAWN)
            continue;
        answer_read(drawing->lesson, trial, i, drawing->predictor, &answer);
        keep(drawing, &answer);
    }
}

void sample_draw(const struct lesson *lesson, const struct trial *trials, size_t count,
                 struct predictor *predictor, struct arena *arena)
{
    struct drawing drawing = { .lesson = lesson, .predictor = predictor };
    if (!count || !lesson->models)
        return;
    drawing.place = memory_zeroed(lesson->corpus->rows, sizeof *drawing.place);
    throw_places(&drawing);
    size_t cells = drawing.rows * lesson->models;
    drawing.tokens_in = arena_array(arena, drawing.rows, sizeof *drawing.tokens_in);
    drawing.task = arena_array(arena, drawing.rows, sizeof *drawing.task);
    drawing.quality = arena_array(arena, cells, sizeof *drawing.quality);
    drawing.score = arena_array(arena, cells, sizeof *drawing.score);
    for (size_t k = 0; k < count; k++)
        if (!trials[k].left_out)
            keep_trial(&drawing, &trials[k]);
    predictor->sample = (struct predictor_sample){ drawing.rows, drawing.tokens_in, drawing.task,
                                                   drawing.quality, drawing.score };
    free(drawing.place);
}
