/* corpus.c - packs readings, counts in how many prompts a term stands, makes vectors. */
#include "corpus.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"

#define IDF_STEPS 16.0 /* of one */
/* A part of requests that fewer than one prompt in so many had cannot be learned from. */
#define PART_RARE    100
#define LENGTH_PRIOR 5.0
#define LENGTH_MAX   1000.0

struct corpus *corpus_new(const char *const *models, size_t model_count)
{
    struct corpus *corpus = memory_zeroed(1, sizeof *corpus);
    corpus->models = models;
    corpus->model_count = model_count;
    return corpus;
}

void corpus_free(struct corpus *corpus)
{
    if (!corpus)
        return;
    for (size_t i = 0; i < corpus->category_count; i++)
        free(corpus->categories[i]);
    free(corpus->dense);
    free(corpus->ends);
    free(corpus->category);
    free(corpus->scores);
    free(corpus->tokens_in);
    free(corpus->served_task);
    free(corpus->terms);
    free(corpus);
}

size_t corpus_rows(const struct corpus *corpus)
{
    return corpus->rows;
}

static bool find_category(struct corpus *corpus, const char *name, int *ret_category)
{
    *ret_category = -1;
    if (!name)
        return true;
    for (size_t i = 0; i < corpus->category_count; i++) {
        if (strcmp(corpus->categories[i], name) == 0) {
            *ret_category = (int)i;
            return true;
        }
    }
    if (corpus->category_count == PREDICTOR_TASKS_MAX)
        return false;
    *ret_category = (int)corpus->category_count;
    corpus->categories[corpus->category_count++] = memory_string(name);
    return true;
}

static void grow_rows(struct corpus *corpus)
{
    if (corpus->rows < corpus->room)
        return;
    corpus->room = corpus->room ? corpus->room * 2 : 256;
    corpus->dense = memory_again(corpus->dense, corpus->room, sizeof *corpus->dense);
    corpus->ends = memory_again(corpus->ends, corpus->room, sizeof *corpus->ends);
    corpus->category = memory_again(corpus->category, corpus->room, sizeof *corpus->category);
    corpus->scores = memory_again(corpus->scores, corpus->room * (corpus->model_count + 1),
                                  sizeof *corpus->scores);
    corpus->tokens_in = memory_again(corpus->tokens_in, corpus->room, sizeof *corpus->tokens_in);
    corpus->served_task =
        memory_again(corpus->served_task, corpus->room, sizeof *corpus->served_task);
}

static void append_terms(struct corpus *corpus, const struct reading *reading)
{
    size_t count = reading->ends[PART_COUNT - 1];
    if (corpus->term_count + count > corpus->term_room) {
        corpus->term_room = 2 * corpus->term_room + count;
        corpus->terms = memory_again(corpus->terms, corpus->term_room, sizeof *corpus->terms);
    }
    memcpy(corpus->terms + corpus->term_count, reading->terms, count * sizeof *corpus->terms);
    corpus->term_count += count;
}

static void add_models(struct corpus *corpus, size_t row, const struct corpus_row *added)
{
    for (size_t m = 0; m < corpus->model_count; m++) {
        corpus->scores[row * corpus->model_count + m] = added->scores ? added->scores[m] : NAN;
        if (!added->lengths || isnan(added->lengths[m]))
            continue;
        corpus->length_sum[m] += (double)added->lengths[m];
        corpus->length_count[m]++;
    }
}

bool corpus_add(struct corpus *corpus, const struct corpus_row *added)
{
    int found;
    if (corpus->rows == CORPUS_ROWS_MAX || !find_category(corpus, added->category, &found))
        return false;
    grow_rows(corpus);
    size_t row = corpus->rows++;
    for (int part = 0; part < PART_COUNT; part++)
        corpus->ends[row][part] = corpus->term_count + added->reading->ends[part];
    append_terms(corpus, added->reading);
    memcpy(corpus->dense[row], added->reading->dense, sizeof added->reading->dense);
    corpus->category[row] = found;
    corpus->tokens_in[row] = added->tokens_in;
    corpus->served_task[row] = added->task;
    add_models(corpus, row, added);
    return true;
}

/* As if there were a few more answers of the usual length. */
float corpus_length(const struct corpus *corpus, size_t model)
{
    double count = corpus->length_count[model];
    if (count <= 0)
        return 0;
    double length = (corpus->length_sum[model] + LENGTH_PRIOR) / (count + LENGTH_PRIOR);
    return (float)fmin(length, LENGTH_MAX);
}

static uint8_t idf_of(size_t rows, uint32_t frequency)
{
    double idf = log((1.0 + (double)rows) / (1.0 + frequency)) + 1;
    return (uint8_t)lround(fmin(fmax(idf * IDF_STEPS, 1), 255));
}

static void measure_terms(const struct corpus *corpus, struct predictor *predictor)
{
    uint32_t *frequency = memory_zeroed(READING_BUCKETS, sizeof *frequency);
    for (size_t i = 0; i < corpus->term_count; i++)
        frequency[corpus->terms[i]]++;
    for (size_t i = 0; i < READING_BUCKETS; i++)
        predictor->idf[i] = idf_of(corpus->rows, frequency[i]);
    predictor->idf_rare = idf_of(corpus->rows, 1);
    free(frequency);
}

static void measure_dense(const struct corpus *corpus, struct predictor *predictor)
{
    double rows = (double)corpus->rows;
    for (size_t i = 0; i < DENSE_COUNT; i++) {
        double sum = 0, squares = 0;
        for (size_t row = 0; row < corpus->rows; row++)
            sum += (double)corpus->dense[row][i];
        double mean = sum / rows;
        for (size_t row = 0; row < corpus->rows; row++)
            squares += pow((double)corpus->dense[row][i] - mean, 2);
        double deviation = sqrt(squares / rows);
        predictor->dense_mean[i] = (float)mean;
        predictor->dense_scale[i] = deviation > 1e-6 ? (float)(1 / deviation) : 0;
    }
}

static void measure_parts(const struct corpus *corpus, struct predictor *predictor)
{
    size_t having[PART_COUNT] = { 0 };
    for (size_t row = 0; row < corpus->rows; row++) {
        size_t begin = corpus_begin(corpus, row);
        for (int part = 0; part < PART_COUNT; part++) {
            having[part] += corpus->ends[row][part] > begin;
            begin = corpus->ends[row][part];
        }
    }
    for (int part = 0; part < PART_COUNT; part++)
        predictor->part_used[part] =
            part == PART_USER || having[part] * PART_RARE >= corpus->rows + PART_RARE;
}

void corpus_measure(const struct corpus *corpus, struct predictor *ret_predictor)
{
    measure_terms(corpus, ret_predictor);
    measure_dense(corpus, ret_predictor);
    measure_parts(corpus, ret_predictor);
}

static void unpack(const struct corpus *corpus, size_t row, struct reading *ret_reading)
{
    size_t begin = corpus_begin(corpus, row);
    for (int part = 0; part < PART_COUNT; part++)
        ret_reading->ends[part] = corpus->ends[row][part] - begin;
    memcpy(ret_reading->terms, corpus->terms + begin,
           ret_reading->ends[PART_COUNT - 1] * sizeof *ret_reading->terms);
    memcpy(ret_reading->dense, corpus->dense[row], sizeof ret_reading->dense);
}

void vectors_init(struct vectors *vectors, const struct corpus *corpus,
                  const struct predictor *predictor)
{
    struct reading *reading = memory_zeroed(1, sizeof *reading);
    vectors->corpus = corpus;
    vectors->values = memory_zeroed(corpus->term_count + 1, sizeof *vectors->values);
    vectors->dense = memory_zeroed(corpus->rows, sizeof *vectors->dense);
    vectors->nearness = memory_zeroed(corpus->rows, sizeof *vectors->nearness);
    for (size_t row = 0; row < corpus->rows; row++) {
        unpack(corpus, row, reading);
        predictor_vector(predictor, reading, vectors->values + corpus_begin(corpus, row),
                         vectors->dense[row], &vectors->nearness[row]);
    }
    free(reading);
}

void vectors_clear(struct vectors *vectors)
{
    free(vectors->values);
    free(vectors->dense);
    free(vectors->nearness);
}
