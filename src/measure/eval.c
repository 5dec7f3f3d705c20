/* eval.c - splits, replays, and what they add up to. */
#include "measure/eval.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "figures_of_merit.h"
#include "replay.h"

/* The sweep: from "only cost counts" to "only quality counts", in equal ratios. */
#define SWEEP_POINTS 701
#define SWEEP_LOW    1e-7
#define SWEEP_HIGH   1e3

static const double shares[EVAL_SHARES] = { 1.00, 0.98, 0.95 };

struct evaluation {
    struct scope scope;
    struct replay replay;
    const struct eval_plan *plan;
    struct eval_result *result;
    struct arena *arena;
    size_t *rows; /* those tested */
    size_t count;
};

/* ---- splits ---- */

static struct split *new_split(struct evaluation *eval, const char *name)
{
    struct split *split = arena_new(eval->arena, struct split);
    split->name = name;
    split->train = arena_array(eval->arena, eval->scope.rows, sizeof *split->train);
    split->test = arena_array(eval->arena, eval->scope.rows, sizeof *split->test);
    return split;
}

static size_t fold_splits(struct evaluation *eval, struct split **splits)
{
    size_t folds = (size_t)eval->plan->folds;
    for (size_t fold = 0; fold < folds; fold++) {
        splits[fold] = new_split(eval, arena_printf(eval->arena, "fold %zu", fold + 1));
        for (size_t row = 0; row < eval->scope.rows; row++) {
            splits[fold]->test[row] =
                hash_bytes(&row, sizeof row, eval->plan->seed) % folds == fold;
            splits[fold]->train[row] = !splits[fold]->test[row];
        }
    }
    return folds;
}

static const char *category_of(const struct evaluation *eval, size_t row)
{
    const char *category = eval->scope.kept.rows[row].category;
    return category ? category : "(none)";
}

static bool is_known(struct split **splits, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(splits[i]->name, name) == 0)
            return true;
    }
    return false;
}

static size_t category_splits(struct evaluation *eval, struct split **splits)
{
    const char *wanted = eval->plan->leave_out;
    size_t count = 0;
    for (size_t row = 0; row < eval->scope.rows && count < EVAL_SPLITS_MAX; row++) {
        const char *name = category_of(eval, row);
        if ((strcmp(wanted, "all") != 0 && strcmp(wanted, name) != 0) ||
            is_known(splits, count, name))
            continue;
        splits[count++] = new_split(eval, name);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t row = 0; row < eval->scope.rows; row++) {
            splits[i]->test[row] = strcmp(category_of(eval, row), splits[i]->name) == 0;
            splits[i]->train[row] = !splits[i]->test[row];
        }
    }
    return count;
}

static bool trains_on_something(const struct evaluation *eval, const struct split *split)
{
    size_t train = 0, test = 0;
    for (size_t row = 0; row < eval->scope.rows; row++) {
        train += split->train[row];
        test += split->test[row];
    }
    return train && test;
}

static void note_part(struct evaluation *eval, const struct split *split)
{
    struct eval_part *part = &eval->result->parts[eval->result->part_count++];
    part->name = split->name;
    for (size_t row = 0; row < eval->scope.rows; row++) {
        if (!split->test[row] || !eval->replay.tested[row])
            continue;
        part->rows++;
        part->constant = eval->scope.names[eval->replay.constant[row]];
        part->constant_quality += scope_score(&eval->scope, row, eval->replay.constant[row]);
        part->quality += scope_score(&eval->scope, row, eval->replay.chosen[row]);
        part->target_quality += scope_score(&eval->scope, row, eval->replay.target[row]);
    }
    part->constant_quality /= fmax((double)part->rows, 1);
    part->quality /= fmax((double)part->rows, 1);
    part->target_quality /= fmax((double)part->rows, 1);
}

static bool run_splits(struct evaluation *eval, const char **ret_why)
{
    struct split **splits = arena_array(eval->arena, EVAL_SPLITS_MAX, sizeof *splits);
    size_t count =
        eval->plan->leave_out ? category_splits(eval, splits) : fold_splits(eval, splits);
    eval->result->parts = arena_array(eval->arena, count, sizeof *eval->result->parts);
    for (size_t i = 0; i < count; i++) {
        if (!trains_on_something(eval, splits[i]))
            continue;
        if (!replay_split(&eval->replay, &eval->scope, eval->plan, splits[i], ret_why))
            return false;
        note_part(eval, splits[i]);
    }
    for (size_t row = 0; row < eval->scope.rows; row++)
        if (eval->replay.tested[row])
            eval->rows[eval->count++] = row;
    *ret_why = "there is no such category, or nothing else to train on";
    return eval->count > 0;
}

/* ---- what they add up to ---- */

enum choice { CHOICE_CONSTANT, CHOICE_CHOSEN, CHOICE_TARGET };

static size_t chosen_in(const struct evaluation *eval, size_t row, enum choice choice)
{
    const size_t *const columns[] = { eval->replay.constant, eval->replay.chosen,
                                      eval->replay.target };
    return columns[choice][row];
}

static double *column(const struct evaluation *eval, enum choice choice, const double *table)
{
    double *values = arena_array(eval->arena, eval->count, sizeof *values);
    for (size_t k = 0; k < eval->count; k++) {
        size_t row = eval->rows[k];
        values[k] = table[row * eval->scope.models + chosen_in(eval, row, choice)];
    }
    return values;
}

/* Of the constant's cost, which is known by then. */
static double saved_by(const struct evaluation *eval, enum choice choice)
{
    double cost = merit_mean(column(eval, choice, eval->scope.cost), eval->count).mean;
    double constant = eval->result->constant_cost.mean;
    return constant > 0 ? 1 - cost / constant : NAN;
}

static void add_means(struct evaluation *eval)
{
    struct eval_result *result = eval->result;
    const double *score = eval->scope.score, *cost = eval->scope.cost;
    double *constant = column(eval, CHOICE_CONSTANT, score);
    double *chosen = column(eval, CHOICE_CHOSEN, score);
    double *target = column(eval, CHOICE_TARGET, score);
    result->constant_quality = merit_mean(constant, eval->count);
    result->constant_cost = merit_mean(column(eval, CHOICE_CONSTANT, cost), eval->count);
    result->quality = merit_mean(chosen, eval->count);
    result->cost = merit_mean(column(eval, CHOICE_CHOSEN, cost), eval->count);
    result->target_quality = merit_ratio(target, constant, eval->count);
    result->target_saved = saved_by(eval, CHOICE_TARGET);
    for (size_t k = 0; k < eval->count; k++)
        chosen[k] -= constant[k];
    result->gain = merit_ratio(chosen, constant, eval->count);
}

/* Who would be chosen if an answer were worth so much. */
static size_t choose_at(const struct evaluation *eval, size_t row, double answer_value)
{
    size_t best = eval->replay.constant[row];
    double most = -INFINITY;
    for (size_t m = 0; m < eval->scope.models; m++) {
        double quality = eval->replay.quality[row * eval->scope.models + m];
        double value = answer_value * quality - eval->replay.cost[row * eval->scope.models + m];
        if (!isnan(value) && value > most) {
            most = value;
            best = m;
        }
    }
    return best;
}

static size_t oracle_at(const struct evaluation *eval, size_t row, double answer_value)
{
    size_t best = 0;
    double most = -INFINITY;
    for (size_t m = 0; m < eval->scope.models; m++) {
        double value =
            answer_value * scope_score(&eval->scope, row, m) - scope_cost(&eval->scope, row, m);
        if (value > most) {
            most = value;
            best = m;
        }
    }
    return best;
}

typedef size_t chooser(const struct evaluation *eval, size_t row, double answer_value);

static struct merit_point point_of(const struct evaluation *eval, chooser *choose,
                                   double answer_value)
{
    struct merit_point point = { 0, 0 };
    for (size_t k = 0; k < eval->count; k++) {
        size_t row = eval->rows[k], m = choose(eval, row, answer_value);
        point.quality += scope_score(&eval->scope, row, m) / (double)eval->count;
        point.cost += scope_cost(&eval->scope, row, m) / (double)eval->count;
    }
    return point;
}

static double answer_value_at(size_t point)
{
    return SWEEP_LOW * pow(SWEEP_HIGH / SWEEP_LOW, (double)point / (SWEEP_POINTS - 1));
}

static void sweep(struct evaluation *eval, struct merit_point *points)
{
    struct eval_result *result = eval->result;
    result->curve = arena_array(eval->arena, SWEEP_POINTS, sizeof *result->curve);
    result->curve_count = SWEEP_POINTS;
    for (size_t i = 0; i < SWEEP_POINTS; i++) {
        points[i] = point_of(eval, choose_at, answer_value_at(i));
        result->curve[i][0] = answer_value_at(i);
        result->curve[i][1] = points[i].quality;
        result->curve[i][2] = points[i].cost;
        if (points[i].quality > result->sweep_quality + 1e-12) {
            result->sweep_quality = points[i].quality;
            result->sweep_cost = points[i].cost;
            result->sweep_answer_value = answer_value_at(i);
        }
    }
}

static void add_savings(struct eval_result *result)
{
    for (int k = 0; k < EVAL_SHARES; k++) {
        double wanted = shares[k] * result->constant_quality.mean;
        result->saved[k] = (struct eval_sweep){ shares[k], NAN, NAN, NAN };
        for (size_t i = 0; i < result->curve_count; i++) {
            if (result->curve[i][1] < wanted - 1e-12)
                continue;
            result->saved[k].answer_value = result->curve[i][0];
            result->saved[k].quality = result->curve[i][1];
            if (result->constant_cost.mean > 0)
                result->saved[k].saved = 1 - result->curve[i][2] / result->constant_cost.mean;
            break;
        }
    }
}

static void add_aiq(struct evaluation *eval, struct merit_point *points)
{
    struct eval_result *result = eval->result;
    double low = INFINITY, high = 0;
    struct merit_point singles[PREDICTOR_MODELS_MAX];
    for (size_t m = 0; m < eval->scope.models; m++) {
        singles[m] = (struct merit_point){ result->by_model[m].cost, result->by_model[m].quality };
        low = fmin(low, singles[m].cost);
        high = fmax(high, singles[m].cost);
    }
    result->aiq = merit_aiq(points, SWEEP_POINTS, low, high);
    result->aiq_constants = merit_aiq(singles, eval->scope.models, low, high);
    for (size_t i = 0; i < SWEEP_POINTS; i++)
        points[i] = point_of(eval, oracle_at, answer_value_at(i));
    result->aiq_oracle = merit_aiq(points, SWEEP_POINTS, low, high);
}

static void calibrate(const struct evaluation *eval, size_t m, struct eval_calibration *ret)
{
    double apart = 0, count = 0;
    for (size_t k = 0; k < eval->count; k++) {
        size_t row = eval->rows[k];
        double quality = eval->replay.quality[row * eval->scope.models + m];
        if (isnan(quality))
            continue;
        int bin = (int)fmin(fmax(quality * EVAL_BINS, 0), EVAL_BINS - 1);
        ret->predicted[bin] += quality;
        ret->observed[bin] += scope_score(&eval->scope, row, m);
        ret->count[bin]++;
    }
    for (int bin = 0; bin < EVAL_BINS; bin++) {
        double in_bin = fmax((double)ret->count[bin], 1);
        apart += fabs(ret->predicted[bin] - ret->observed[bin]);
        count += (double)ret->count[bin];
        ret->predicted[bin] /= in_bin;
        ret->observed[bin] /= in_bin;
    }
    ret->error = count > 0 ? apart / count : 0;
}

static void add_models(struct evaluation *eval)
{
    struct eval_result *result = eval->result;
    size_t most = 0, times[PREDICTOR_MODELS_MAX] = { 0 };
    result->by_model = arena_array(eval->arena, eval->scope.models, sizeof *result->by_model);
    for (size_t k = 0; k < eval->count; k++) {
        times[eval->replay.constant[eval->rows[k]]]++;
        result->by_model[eval->replay.chosen[eval->rows[k]]].chosen++;
    }
    for (size_t m = 0; m < eval->scope.models; m++) {
        struct eval_model *model = &result->by_model[m];
        model->name = eval->scope.names[m];
        for (size_t k = 0; k < eval->count; k++) {
            model->quality += scope_score(&eval->scope, eval->rows[k], m) / (double)eval->count;
            model->cost += scope_cost(&eval->scope, eval->rows[k], m) / (double)eval->count;
        }
        calibrate(eval, m, &model->calibration);
        if (times[m] > times[most])
            most = m;
    }
    result->constant = eval->scope.names[most];
}

static void add_pair(struct evaluation *eval)
{
    struct eval_result *result = eval->result;
    result->has_pair = eval->scope.models == 2;
    if (!result->has_pair)
        return;
    size_t strong = result->by_model[1].quality > result->by_model[0].quality;
    double *columns[3];
    for (int i = 0; i < 3; i++)
        columns[i] = arena_array(eval->arena, eval->count, sizeof(double));
    for (size_t k = 0; k < eval->count; k++) {
        const double *quality = &eval->replay.quality[eval->rows[k] * 2];
        columns[0][k] = scope_score(&eval->scope, eval->rows[k], !strong);
        columns[1][k] = scope_score(&eval->scope, eval->rows[k], strong);
        columns[2][k] = quality[strong] - quality[!strong];
    }
    const struct merit_pair pair = { columns[0], columns[1], columns[2], eval->count };
    merit_of_pair(&pair, &result->apgr, &result->cpt50, &result->cpt80);
}

static void add_times(struct evaluation *eval)
{
    double *times = arena_array(eval->arena, eval->count, sizeof *times);
    for (size_t k = 0; k < eval->count; k++)
        times[k] = eval->replay.decision_us[eval->rows[k]];
    eval->result->decision_median_us = merit_quantile(times, eval->count, 0.5);
    eval->result->decision_p99_us = merit_quantile(times, eval->count, 0.99);
}

struct eval_result *eval_run(const struct outcomes *outcomes, const struct eval_plan *plan,
                             struct arena *arena, const char **ret_why)
{
    struct evaluation eval = { .plan = plan, .arena = arena };
    eval.result = arena_new(arena, struct eval_result);
    if (!scope_init(&eval.scope, outcomes, plan, arena, ret_why))
        return NULL;
    replay_init(&eval.replay, &eval.scope, arena);
    eval.rows = arena_array(arena, eval.scope.rows, sizeof *eval.rows);
    if (!run_splits(&eval, ret_why))
        return NULL;
    struct merit_point *points = arena_array(arena, SWEEP_POINTS, sizeof *points);
    eval.result->objective = plan->objective ? plan->objective->name : plan->route->objective.name;
    eval.result->rows = eval.count;
    eval.result->rows_passed_over = eval.scope.rows_passed_over;
    eval.result->models = eval.scope.models;
    eval.result->models_passed_over = eval.scope.models_passed_over;
    add_means(&eval);
    add_models(&eval);
    sweep(&eval, points);
    add_savings(eval.result);
    add_aiq(&eval, points);
    add_pair(&eval);
    add_times(&eval);
    return eval.result;
}
