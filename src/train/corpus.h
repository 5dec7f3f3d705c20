/* corpus.h - the prompts of a training, packed: a reading is large, most have few terms. */
#ifndef BOURSE_TRAIN_CORPUS_H
#define BOURSE_TRAIN_CORPUS_H

#include "train/trainer.h"

struct corpus {
    const char *const *models;
    size_t model_count;
    char *categories[PREDICTOR_TASKS_MAX];
    size_t category_count;

    size_t rows, room;
    float (*dense)[DENSE_COUNT];
    size_t (*ends)[PART_COUNT]; /* into the pool; a row begins where the one before ends */
    int *category;              /* -1: none */
    float *scores;              /* [rows][model_count] */
    uint32_t *tokens_in;
    uint8_t *served_task; /* as the program's own classifier names it */
    double length_sum[PREDICTOR_MODELS_MAX], length_count[PREDICTOR_MODELS_MAX];

    uint16_t *terms; /* the pool */
    size_t term_count, term_room;
};

static inline size_t corpus_begin(const struct corpus *corpus, size_t row)
{
    return row ? corpus->ends[row - 1][PART_COUNT - 1] : 0;
}

static inline size_t corpus_end(const struct corpus *corpus, size_t row)
{
    return corpus->ends[row][PART_COUNT - 1];
}

/* How long a model's answers are, over what is usual; 0 where nothing is known of it. */
float corpus_length(const struct corpus *corpus, size_t model);

/* What serving needs to turn a reading into a vector: document frequencies, standardisation, the
 * parts that occur. */
void corpus_measure(const struct corpus *corpus, struct predictor *ret_predictor);

/* The rows as vectors, by the same code that serves. */
struct vectors {
    const struct corpus *corpus;
    float *values;               /* one for each term of the pool */
    float (*dense)[DENSE_COUNT]; /* standardised and weighted */
    struct nearness *nearness;   /* to the training as a whole */
};

void vectors_init(struct vectors *vectors, const struct corpus *corpus,
                  const struct predictor *predictor);
void vectors_clear(struct vectors *vectors);

#endif
