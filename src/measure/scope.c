/* scope.c - leaves out models that were asked too little and prompts that not all were asked. */
#include "scope.h"

#include <math.h>

/* A model with outcomes for fewer prompts than this share cannot be compared with the others. */
#define SHARE_MIN 0.95

static const struct model *candidate_called(const struct eval_plan *plan, const char *name)
{
    struct text wanted = text_of(name);
    for (size_t i = 0; i < plan->route->candidate_count; i++) {
        const struct model *model = plan->route->candidates[i];
        if (text_is(wanted, model->object.name) || text_is(wanted, model->upstream_model) ||
            (model->catalog_name && text_is(wanted, model->catalog_name)))
            return model;
    }
    return NULL;
}

static size_t rows_of(const struct outcomes *outcomes, size_t model)
{
    size_t count = 0;
    for (size_t i = 0; i < outcomes->row_count; i++)
        count += !isnan(outcomes_find(&outcomes->rows[i], model).score);
    return count;
}

static size_t rows_with_any(const struct outcomes *outcomes)
{
    size_t count = 0;
    for (size_t i = 0; i < outcomes->row_count; i++) {
        bool any = false;
        for (size_t m = 0; m < outcomes->model_count; m++)
            any |= !isnan(outcomes_find(&outcomes->rows[i], m).score);
        count += any;
    }
    return count;
}

static size_t choose_models(struct scope *scope, const struct eval_plan *plan, size_t *ret_chosen)
{
    const struct outcomes *outcomes = scope->outcomes;
    double least = SHARE_MIN * (double)rows_with_any(outcomes);
    for (size_t m = 0; m < outcomes->model_count; m++) {
        const struct model *model =
            plan->route ? candidate_called(plan, outcomes->models[m]) : NULL;
        if ((plan->route && !model) || (double)rows_of(outcomes, m) < least) {
            scope->models_passed_over++;
            continue;
        }
        scope->candidates[scope->models] = model;
        scope->names[scope->models] = outcomes->models[m];
        ret_chosen[scope->models++] = m;
    }
    return scope->models;
}

static bool has_all(const struct outcome_row *row, const size_t *chosen, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        if (isnan(outcomes_find(row, chosen[k]).score))
            return false;
    }
    return true;
}

static void choose_rows(struct scope *scope, const size_t *chosen, struct arena *arena)
{
    const struct outcomes *outcomes = scope->outcomes;
    scope->kept.rows = arena_array(arena, outcomes->row_count, sizeof *scope->kept.rows);
    for (size_t i = 0; i < outcomes->row_count; i++) {
        if (!has_all(&outcomes->rows[i], chosen, scope->models)) {
            scope->rows_passed_over++;
            continue;
        }
        struct outcome_row row = outcomes->rows[i];
        struct outcome *models = arena_array(arena, scope->models, sizeof *models);
        for (size_t k = 0; k < scope->models; k++)
            models[k] = outcomes_find(&outcomes->rows[i], chosen[k]);
        row.models = models;
        row.model_count = scope->models;
        scope->kept.rows[scope->rows++] = row;
    }
    scope->kept.row_count = scope->rows;
    scope->kept.model_count = scope->models;
    for (size_t k = 0; k < scope->models; k++)
        scope->kept.models[k] = scope->names[k];
}

/* An unknown cost is the model's mean, or nothing where no cost is known. */
static void fill_tables(struct scope *scope, struct arena *arena)
{
    size_t cells = scope->rows * scope->models;
    scope->score = arena_array(arena, cells, sizeof *scope->score);
    scope->cost = arena_array(arena, cells, sizeof *scope->cost);
    for (size_t m = 0; m < scope->models; m++) {
        double sum = 0, known = 0;
        for (size_t i = 0; i < scope->rows; i++) {
            double cost = scope->kept.rows[i].models[m].cost;
            sum += cost >= 0 ? cost : 0;
            known += cost >= 0;
        }
        for (size_t i = 0; i < scope->rows; i++) {
            double cost = scope->kept.rows[i].models[m].cost;
            scope->score[i * scope->models + m] = (double)scope->kept.rows[i].models[m].score;
            scope->cost[i * scope->models + m] = cost >= 0 ? cost : known > 0 ? sum / known : 0;
        }
    }
}

bool scope_init(struct scope *scope, const struct outcomes *outcomes, const struct eval_plan *plan,
                struct arena *arena, const char **ret_why)
{
    size_t chosen[PREDICTOR_MODELS_MAX];
    *scope = (struct scope){ .outcomes = outcomes };
    scope->names = arena_array(arena, PREDICTOR_MODELS_MAX, sizeof *scope->names);
    scope->candidates = arena_array(arena, PREDICTOR_MODELS_MAX, sizeof *scope->candidates);
    if (choose_models(scope, plan, chosen) == 0) {
        *ret_why = plan->route ? "none of the route's candidates has outcomes in the data"
                               : "no model has outcomes for nearly all prompts";
        return false;
    }
    choose_rows(scope, chosen, arena);
    if (scope->rows < 2) {
        *ret_why = "there are fewer than two prompts to which all models have an outcome";
        return false;
    }
    fill_tables(scope, arena);
    return true;
}
