/* trainer.c - the steps of a training: measure, fit on all, try on what was held out, settle. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "groups.h"
#include "memory.h"
#include "report.h"
#include "sample.h"
#include "settle.h"

/* With fewer rows nothing is tried on rows held out: only means and profiles are used. */
#define TRIAL_ROWS_MIN   20
#define LABEL_FREE_TASKS 8

struct school {
    const struct corpus *corpus;
    struct vectors vectors;
    struct lesson lesson;
    int *task, *group;
    size_t groups;
    bool clusters;
    struct trial trials[FOLDS + GROUPS_MAX];
    size_t trial_count;
};

/* Categories are tasks; where there are none, or they are not to be used, clusters of texts. */
static void find_tasks(struct school *school, bool label_free, struct predictor *predictor,
                       struct arena *arena)
{
    const struct corpus *corpus = school->corpus;
    school->task = memory_zeroed(corpus->rows, sizeof *school->task);
    bool named = !label_free && corpus->category_count > 0;
    school->clusters = !named;
    if (named)
        memcpy(school->task, corpus->category, corpus->rows * sizeof *school->task);
    predictor->task_count = named ? corpus->category_count
                                  : cluster_rows(&school->vectors, LABEL_FREE_TASKS, school->task);
    for (size_t t = 0; t < predictor->task_count; t++)
        predictor->tasks[t] = named ? arena_string(arena, corpus->categories[t])
                                    : arena_printf(arena, "cluster %zu", t + 1);
}

static size_t padded(size_t heads)
{
    return (heads + PREDICTOR_HEADS_STEP - 1) / PREDICTOR_HEADS_STEP * PREDICTOR_HEADS_STEP;
}

static void prepare(struct school *school, struct predictor *predictor)
{
    size_t heads = predictor->task_count + predictor->model_count;
    predictor->heads = padded(heads);
    school->lesson = (struct lesson){
        school->corpus,         &school->vectors,  school->task, predictor->task_count,
        predictor->model_count, padded(heads + 1), NULL
    };
    school->group = memory_zeroed(school->corpus->rows, sizeof *school->group);
    bool clusters;
    school->groups =
        group_rows(&school->vectors, school->task, predictor->task_count, school->group, &clusters);
    school->clusters |= clusters;
}

static void add_trial(struct school *school, bool left_out, int which)
{
    struct trial *trial = &school->trials[school->trial_count++];
    trial->left_out = left_out;
    trial->held_out = memory_zeroed(school->corpus->rows, sizeof *trial->held_out);
    for (size_t row = 0; row < school->corpus->rows; row++)
        trial->held_out[row] =
            left_out ? school->group[row] == which : fold_of(row, FOLDS) == which;
}

static void run_trials(struct school *school, const struct trial *whole, int threads)
{
    if (school->corpus->rows < TRIAL_ROWS_MIN)
        return;
    for (int fold = 0; fold < FOLDS; fold++)
        add_trial(school, false, fold);
    for (size_t group = 0; group < school->groups; group++)
        add_trial(school, true, (int)group);
    school->lesson.start = whole->weights;
    trials_run(&school->lesson, school->trials, school->trial_count,
               threads > 0 ? threads : (int)sysconf(_SC_NPROCESSORS_ONLN));
}

static void take_models(const struct corpus *corpus, const struct trial *whole,
                        struct predictor *predictor, struct arena *arena)
{
    predictor->reference = whole->reference;
    for (size_t t = 0; t < predictor->task_count; t++)
        predictor->task_rows[t] = (float)whole->task_rows[t];
    for (size_t m = 0; m < predictor->model_count; m++) {
        struct predictor_model *model = &predictor->models[m];
        model->name = arena_string(arena, corpus->models[m]);
        model->mean = whole->mean[m];
        model->rows = whole->rows[m];
        model->length = corpus_length(corpus, m);
        memcpy(model->profile, whole->profile[m], sizeof model->profile);
        memcpy(model->profile_rows, whole->profile_rows[m], sizeof model->profile_rows);
    }
}

static float largest(const float *weights, size_t stride)
{
    float most = 0;
    for (size_t i = 0; i < READING_BUCKETS; i++)
        most = fmaxf(most, fabsf(weights[i * stride]));
    return most;
}

/* A byte for each weight of a term: a hundredth of the largest is far below the noise. */
static void take_head(const struct trial *whole, const struct lesson *lesson, size_t head,
                      struct predictor *predictor, int8_t *bytes, float *dense)
{
    const float *weights = whole->weights + head;
    size_t stride = lesson->heads, heads = predictor->heads;
    float scale = largest(weights, stride) / INT8_MAX;
    predictor->scale[head] = scale;
    predictor->bias[head] = weights[(RIDGE_INPUTS - 1) * stride];
    for (size_t i = 0; i < READING_BUCKETS && scale > 0; i++)
        bytes[i * heads + head] = (int8_t)lrintf(weights[i * stride] / scale);
    for (size_t i = 0; i < DENSE_COUNT; i++)
        dense[i * heads + head] = weights[(READING_BUCKETS + i) * stride];
}

static void take_weights(const struct trial *whole, const struct lesson *lesson,
                         struct predictor *predictor, struct arena *arena)
{
    int8_t *bytes = arena_alloc(arena, READING_BUCKETS * predictor->heads);
    float *dense = arena_array(arena, DENSE_COUNT * predictor->heads, sizeof *dense);
    memset(bytes, 0, READING_BUCKETS * predictor->heads);
    for (size_t head = 0; head < lesson->tasks + lesson->models; head++)
        take_head(whole, lesson, head, predictor, bytes, dense);
    predictor->weights = bytes;
    predictor->dense_weights = dense;
}

static struct shares join(struct school *school, float temperature, struct trial *whole)
{
    struct shares shares =
        settle_shares(&school->lesson, school->trials, school->trial_count, temperature);
    for (size_t i = 0; i < school->trial_count; i++)
        trial_join(&school->lesson, &school->trials[i], shares);
    trial_join(&school->lesson, whole, shares);
    return shares;
}

static struct shares settle(struct school *school, struct trial *whole, struct predictor *predictor)
{
    predictor->temperature =
        settle_temperature(&school->lesson, school->trials, school->trial_count);
    struct shares shares = join(school, predictor->temperature, whole);
    settle_calibration(&school->lesson, school->trials, school->trial_count, predictor);
    settle_range(&school->vectors, &predictor->trust);
    settle_trust(&school->lesson, school->trials, school->trial_count, predictor);
    return shares;
}

static void dismiss(struct school *school, struct trial *whole)
{
    for (size_t i = 0; i < school->trial_count; i++)
        trial_clear(&school->trials[i]);
    trial_clear(whole);
    vectors_clear(&school->vectors);
    free(school->task);
    free(school->group);
    free(school);
    free(whole);
}

struct predictor *train(const struct corpus *corpus, const struct training *how,
                        struct arena *arena, struct training_report *ret_report)
{
    if (corpus->rows == 0)
        return NULL;
    struct school *school = memory_zeroed(1, sizeof *school);
    struct trial *whole = memory_zeroed(1, sizeof *whole);
    struct predictor *predictor = arena_new(arena, struct predictor);
    school->corpus = corpus;
    predictor->rows = corpus->rows;
    predictor->model_count = corpus->model_count;
    predictor->models = arena_array(arena, corpus->model_count, sizeof *predictor->models);
    if (how->data_digest)
        snprintf(predictor->data_digest, sizeof predictor->data_digest, "%s", how->data_digest);
    corpus_measure(corpus, predictor);
    vectors_init(&school->vectors, corpus, predictor);
    find_tasks(school, how->label_free, predictor, arena);
    prepare(school, predictor);

    whole->held_out = memory_zeroed(corpus->rows, sizeof *whole->held_out);
    trial_fit(&school->lesson, whole);
    take_models(corpus, whole, predictor, arena);
    run_trials(school, whole, how->threads);
    struct shares shares = settle(school, whole, predictor);
    take_weights(whole, &school->lesson, predictor, arena);
    *ret_report = (struct training_report){ .groups_are_clusters = school->clusters,
                                            .share_in_common = (double)shares.level,
                                            .share_apart = (double)shares.contrast };
    report_read(&school->lesson, school->trials, school->trial_count, predictor, ret_report);
    predictor->report = report_text(ret_report, arena);
    sample_draw(&school->lesson, school->trials, school->trial_count, predictor, arena);
    dismiss(school, whole);
    return predictor;
}
