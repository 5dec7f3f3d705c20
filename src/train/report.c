/* report.c - the cross-validated report: what a favourite brings, seen and unseen. */
#include "report.h"

#include <math.h>

struct tally {
    double constant, routed, count;
};

static double score_of(const struct lesson *lesson, size_t row, size_t model)
{
    return (double)lesson->corpus->scores[row * lesson->models + model];
}

/* Ten bins of predicted quality: the mean distance of what was predicted from what was observed. */
#define BINS 10
struct bins {
    double predicted[PREDICTOR_MODELS_MAX][BINS], observed[PREDICTOR_MODELS_MAX][BINS];
    double count[PREDICTOR_MODELS_MAX][BINS];
};

static void bin(const struct lesson *lesson, const struct answer *answer, struct bins *bins)
{
    for (size_t m = 0; m < lesson->models; m++) {
        double score = score_of(lesson, answer->row, m);
        if (isnan(score))
            continue;
        int b = (int)fmin(fmax((double)answer->quality[m] * BINS, 0), BINS - 1);
        bins->predicted[m][b] += (double)answer->quality[m];
        bins->observed[m][b] += score;
        bins->count[m][b]++;
    }
}

static double error_of(const struct bins *bins, size_t models)
{
    double sum = 0;
    for (size_t m = 0; m < models; m++) {
        double apart = 0, count = 0;
        for (int b = 0; b < BINS; b++) {
            apart += fabs(bins->predicted[m][b] - bins->observed[m][b]);
            count += bins->count[m][b];
        }
        sum += count > 0 ? apart / count : 0;
    }
    return models ? sum / (double)models : 0;
}

static void tally_row(const struct lesson *lesson, const struct answer *answer, struct tally *tally)
{
    size_t best = answer_best(answer, lesson->models);
    double constant = score_of(lesson, answer->row, answer->reference);
    double routed = score_of(lesson, answer->row, best);
    if (isnan(constant) || isnan(routed))
        return;
    tally->constant += constant;
    tally->routed += routed;
    tally->count++;
}

static void read_trial(const struct lesson *lesson, const struct trial *trial,
                       const struct predictor *predictor, struct tally *tally, struct bins *bins,
                       double *right)
{
    for (size_t i = 0; i < trial->count; i++) {
        struct answer answer;
        answer_read(lesson, trial, i, predictor, &answer);
        if (lesson->models)
            tally_row(lesson, &answer, tally);
        if (trial->left_out)
            continue;
        bin(lesson, &answer, bins);
        *right += lesson->task[answer.row] == (int)answer.likeliest;
    }
}

void report_read(const struct lesson *lesson, const struct trial *trials, size_t count,
                 const struct predictor *predictor, struct training_report *ret_report)
{
    struct tally folds = { 0 }, left_out = { 0 };
    struct bins bins = { .count = { { 0 } } };
    double right = 0, labelled = 0;
    for (size_t k = 0; k < count; k++) {
        read_trial(lesson, &trials[k], predictor, trials[k].left_out ? &left_out : &folds, &bins,
                   &right);
        ret_report->left_out += trials[k].left_out;
    }
    for (size_t row = 0; row < lesson->corpus->rows; row++)
        labelled += lesson->task[row] >= 0;
    ret_report->rows = lesson->corpus->rows;
    ret_report->models = lesson->models;
    ret_report->tasks = lesson->tasks;
    ret_report->task_accuracy = right / fmax(labelled, 1);
    ret_report->constant = folds.constant / fmax(folds.count, 1);
    ret_report->routed = folds.routed / fmax(folds.count, 1);
    ret_report->constant_left_out = left_out.constant / fmax(left_out.count, 1);
    ret_report->routed_left_out = left_out.routed / fmax(left_out.count, 1);
    ret_report->calibration_error = error_of(&bins, lesson->models);
    ret_report->temperature = (double)predictor->temperature;
}

static double change(double from, double to)
{
    return from > 0 ? 100 * (to / from - 1) : 0;
}

const char *report_text(const struct training_report *report, struct arena *arena)
{
    const char *kind = report->groups_are_clusters ? "clusters of texts" : "groups of categories";
    return arena_printf(arena,
                        "trained on %zu prompts: %zu models, %zu tasks\n"
                        "on prompts not trained on (4 folds):\n"
                        "  task recognised       %.1f%%\n"
                        "  best single model     %.4f\n"
                        "  the predicted best    %.4f  (%+.2f%%)\n"
                        "  calibration error     %.3f, mean over the models\n"
                        "  softmax temperature   %g, of the residual %.2f in common, %.2f apart\n"
                        "on what is unlike the training (%zu %s left out in turn):\n"
                        "  best single model     %.4f\n"
                        "  the predicted best    %.4f  (%+.2f%%)\n",
                        report->rows, report->models, report->tasks, 100 * report->task_accuracy,
                        report->constant, report->routed, change(report->constant, report->routed),
                        report->calibration_error, report->temperature, report->share_in_common,
                        report->share_apart, report->left_out, kind, report->constant_left_out,
                        report->routed_left_out,
                        change(report->constant_left_out, report->routed_left_out));
}
