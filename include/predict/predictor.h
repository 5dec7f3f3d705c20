/* predictor.h - how well each model is likely to answer a request, from outcomes that were seen.
 *
 *     raw(m, x)      = mean(m) + Σ P(t|x)·(profile(m,t) − mean(m)) + residual(m, x)
 *     quality(m, x)  = mean(m) + trust(m, x) · (calibrated(m, raw) − mean(m))
 *
 * The calibration stands inside, so that without trust the means are left exactly: then the model
 * that was best over all stays first. Trust is the larger of two numbers. `safe(m, x)`: as far as a
 * deviation can be believed without the best mean losing more than half of its lead over m.
 * `earned(x)`: what a regression on signs of familiarity, fitted where whole categories were left
 * out, allows. So cheap models can be told apart by what was learned, and the favourite changes
 * only where that has proven itself.
 *
 * A predictor is plain data, made by the trainer or read from a file, and never changed after. It
 * may have no models: then it only tells tasks apart. */
#ifndef BOURSE_PREDICT_PREDICTOR_H
#define BOURSE_PREDICT_PREDICTOR_H

#include "base/arena.h"
#include "base/buffer.h"
#include "predict/reading.h"

#define PREDICTOR_TASKS_MAX  64
#define PREDICTOR_MODELS_MAX 64
#define PREDICTOR_HEADS_MAX  (PREDICTOR_TASKS_MAX + PREDICTOR_MODELS_MAX)
#define PREDICTOR_HEADS_STEP 16 /* rows of weights are padded to a multiple of this */
#define PREDICTOR_KNOTS      16
#define PREDICTOR_NAME_MAX   128
#define PREDICTOR_REPORT_MAX ((size_t)64 << 10)
#define PREDICTOR_FILE_MAX   ((size_t)16 << 20)

/* Weights of a reading's numbers beside its terms, which together have length 1. */
#define PREDICTOR_DENSE_WEIGHT 0.05f

/* Signs of how familiar a request is. */
enum signal {
    SIGNAL_TOP,      /* the highest score of a task */
    SIGNAL_MARGIN,   /* its lead over the second */
    SIGNAL_ENTROPY,  /* of P(t|x) */
    SIGNAL_DISTANCE, /* of the dense numbers from those of the training, root of the mean square */
    SIGNAL_SCATTER,  /* the other tasks' scores, absolute, summed */
    SIGNAL_CHANCE,   /* the highest P(t|x) */
    SIGNAL_COUNT
};

/* gain expected = bias + Σ weight · clipped((signal − mean) / scale) + task, of the likeliest */
struct predictor_trust {
    float bias, weight[SIGNAL_COUNT], mean[SIGNAL_COUNT], scale[SIGNAL_COUNT];
    float task[PREDICTOR_TASKS_MAX]; /* some are what strangers are taken for */
    float known_least;   /* of nearly all rows of the training: below it nothing is earned */
    float distance_most; /* likewise, above it */
};

/* How near a reading is to what was trained on. */
struct nearness {
    float distance; /* of the dense numbers, root of the mean square; 1 is usual */
    float known;    /* the share of the user's terms, by IDF, that two prompts or more had */
};

struct predictor_model {
    const char *name;
    float mean;
    float rows; /* outcomes behind it */
    float profile[PREDICTOR_TASKS_MAX];
    float profile_rows[PREDICTOR_TASKS_MAX];
    float length;                /* of its answers, over what is usual for the task; 0: unknown */
    size_t knots;                /* 0: not calibrated */
    float from[PREDICTOR_KNOTS]; /* ascending */
    float to[PREDICTOR_KNOTS];   /* ascending */
};

/* Prompts of the training, evenly drawn, as one that was not trained on them would see them: what
 * a promise about many requests is reckoned from. */
struct predictor_sample {
    size_t rows;
    const uint32_t *tokens_in; /* as estimated when a request comes */
    const uint8_t *task;       /* as the classifier that ships with the program names it */
    const uint16_t *quality;   /* [rows][models] expected, of SAMPLE_QUALITY_ONE */
    const uint8_t *score;      /* [rows][models] that came, of SAMPLE_SCORE_ONE, or none */
};

#define SAMPLE_ROWS_MAX    4096
#define SAMPLE_QUALITY_ONE 65535
#define SAMPLE_SCORE_ONE   254
#define SAMPLE_SCORE_NONE  255

struct predictor {
    const char *report;           /* of the cross-validation, for people */
    char data_digest[65];         /* SHA-256 of the outcomes it was trained on, in hexadecimal */
    char digest[65];              /* of the file itself; empty before it was written or read */
    uint64_t rows;                /* prompts in training */
    bool part_used[PART_COUNT];   /* a part that training did not show is not read */
    uint8_t idf[READING_BUCKETS]; /* sixteenths */
    uint8_t idf_rare;             /* of terms that one prompt had; unknown ones have more */
    float dense_mean[DENSE_COUNT], dense_scale[DENSE_COUNT];

    size_t task_count, model_count, heads; /* heads: padded; tasks first, then models */
    const char *tasks[PREDICTOR_TASKS_MAX];
    float task_rows[PREDICTOR_TASKS_MAX];
    struct predictor_model *models;
    size_t reference; /* the model with the best mean */

    const int8_t *weights;      /* [READING_BUCKETS][heads], times `scale` */
    const float *dense_weights; /* [DENSE_COUNT][heads] */
    float scale[PREDICTOR_HEADS_MAX], bias[PREDICTOR_HEADS_MAX];
    float temperature; /* of the softmax over the tasks' scores */
    struct predictor_trust trust;
    struct predictor_sample sample;
};

struct prediction { /* of one model */
    float mean;
    float task; /* Σ P(t|x)·(profile − mean) */
    float residual;
    float calibrated; /* of the sum of the three */
    float safe;       /* how far it can be believed without changing the favourite, 0 to 1 */
    float trust;      /* the larger of that and what was earned */
    float quality;    /* mean + trust · (calibrated − mean) */
};

struct assessment {
    float chance[PREDICTOR_TASKS_MAX]; /* P(t|x), sums to 1 where there are tasks */
    float signals[SIGNAL_COUNT];
    float earned; /* 0 to 1 */
    struct prediction models[PREDICTOR_MODELS_MAX];
};

/* Pure and without allocation; some microseconds. */
void predictor_assess(const struct predictor *predictor, const struct reading *reading,
                      struct assessment *ret_assessment);

/* -1 where there is none. */
int predictor_find_model(const struct predictor *predictor, struct text name);

/* The steps of the formula, also the trainer's. */
float predictor_calibrate(const struct predictor_model *model, float raw);
void predictor_signals(const float *scores, const float *chance, size_t tasks, float distance,
                       float ret_signals[SIGNAL_COUNT]);
/* How far each deviation can be believed, 0 to 1, while the reference keeps half its lead over each
 * other model. */
void predictor_safe(const float *means, const float *deviations, size_t models, size_t reference,
                    float *ret_safe);
float predictor_earned(const struct predictor_trust *trust, const float signals[SIGNAL_COUNT],
                       size_t likeliest);
/* The first of several that are as likely; 0 where there are no tasks. */
size_t predictor_likeliest(const float *chance, size_t tasks);
/* 1 within the range of the training, falling to 0 outside of it, whatever the signals say. */
float predictor_within(const struct predictor_trust *trust, const struct nearness *nearness);
void predictor_softmax(const float *scores, size_t count, float temperature, float *ret_chance);

/* A reading as one vector: `value[i]` belongs to the bucket `terms[i]`; dense numbers standardised
 * and weighted. The terms of a part that is not used have the value 0. */
void predictor_vector(const struct predictor *predictor, const struct reading *reading,
                      float *ret_values, float ret_dense[DENSE_COUNT],
                      struct nearness *ret_nearness);

/* The file: a head with version and recipe, the tables, a SHA-256 of all before it. Read from
 * bytes of any origin; NULL with a sentence in *ret_why where they are damaged, foreign, or of
 * another version. What is read lives in the arena. */
struct predictor *predictor_parse(struct text bytes, struct arena *arena, const char **ret_why);
struct predictor *predictor_load(const char *path, struct arena *arena, const char **ret_why);
bool predictor_print(struct predictor *predictor, struct buffer *out); /* sets its digest */

/* The one that ships with the program: it has our tasks and no models. Never NULL; read once. */
const struct predictor *predictor_builtin(void);

#endif
