/* trainer.h - outcomes become a predictor.
 *
 *     outcomes_add() for each prompt ──> train() ──> struct predictor ──> predictor_print()
 *
 * Deterministic: the same outcomes in the same order give the same bytes, whatever the number of
 * threads. Ten thousand prompts and a dozen models take seconds. */
#ifndef BOURSE_TRAIN_TRAINER_H
#define BOURSE_TRAIN_TRAINER_H

#include "predict/predictor.h"

/* Prompts as numbers, and how the models did. */
struct corpus;

#define CORPUS_ROWS_MAX 1000000

/* The names must outlive the corpus. */
struct corpus *corpus_new(const char *const *models, size_t model_count);
void corpus_free(struct corpus *corpus);

struct corpus_row {
    const struct reading *reading;
    const char *category; /* NULL: none */
    const float *scores;  /* one for each model, NAN where there is none; NULL: no model has one */
    const float *lengths; /* of the answers, over what is usual for the task; likewise */
    uint32_t tokens_in;   /* as estimated when a request comes */
    uint8_t task;         /* as the classifier that ships with the program names it */
};

/* False when the corpus is full or has too many categories, of which the rarest should then be left
 * out or mapped. */
bool corpus_add(struct corpus *corpus, const struct corpus_row *row);
size_t corpus_rows(const struct corpus *corpus);

struct training {
    bool label_free; /* the corpus's categories are not looked at: tasks are clusters of texts */
    int threads;     /* 0: as many as there are processors */
    const char *data_digest; /* 64 hexadecimal digits, or NULL */
};

/* What was measured on prompts that the model measured had not seen. Shares of the best single
 * model's quality: 0.06 is 6 % better. */
struct training_report {
    size_t rows, models, tasks, left_out; /* groups of prompts left out in turn */
    bool groups_are_clusters;
    double task_accuracy;
    double constant, routed;                   /* means in cross-validation */
    double constant_left_out, routed_left_out; /* with whole categories left out */
    double calibration_error;                  /* mean over the models, after calibration */
    double temperature;
    double share_in_common, share_apart; /* of the residuals, that holds */
};

/* NULL only when there is not a single row. In the arena. */
struct predictor *train(const struct corpus *corpus, const struct training *how,
                        struct arena *arena, struct training_report *ret_report);

#endif
