/* target.c - a share of quality becomes what an answer is worth.
 *
 * `quality_target` is a promise about many requests. Keeping it for each by itself costs most of
 * what could be saved, because where a model is much better than the others nobody may take its
 * place, and where it is worse nothing is made of that. One answer value for all spends the money
 * where it buys most. Which one keeps the promise is read off the prompts of the predictor's file.
 *
 *     value of a candidate
 *          │            ╱ big: dear and good         A candidate's value is a straight line over
 *          │       ╱───╱                             the answer value. From one crossing of the
 *          │──────╱ small: cheap                     upper edge to the next the choice stays, so
 *          └───────────────────> answer value        only the crossings need be looked at.
 *
 * How good a choice was is told by the half-way point between what was expected of it and what
 * came: outcomes alone are too few to tell a percent, expectations err to one side. */
#include "target.h"

#include <math.h>
#include <stdlib.h>

#include "deciding.h"
#include "predict/predictor.h"

/* With fewer prompts a share of quality is anybody's guess. */
#define PROMPTS_MIN 100

/* At a crossing itself values are level: a hair above it the better one is first. */
#define HAIR     1e-6
#define HAIR_USD 1e-12 /* where the two cost the same */

struct line { /* value = slope · answer value + rest */
    double slope, rest;
    double estimate; /* of the quality */
};

struct crossing {
    double at;     /* answer value */
    double change; /* of the estimated quality, when one prompt's choice moves on */
};

struct targeting {
    const struct objective *objective;
    const struct route *route;
    const struct predictor_sample *sample;
    size_t models; /* of the sample */
    struct deciding deciding;
    struct crossing *crossings;
    size_t count;
    double quality, best_single; /* sums over the prompts: at answer value 0; of one model */
};

static bool knows_all(const struct route *route)
{
    for (size_t i = 0; i < route->candidate_count; i++) {
        if (route->learned_index[route->candidates[i]->index] < 0)
            return false;
    }
    return route->candidate_count > 0;
}

static size_t best_single(const struct route *route)
{
    size_t best = 0;
    const struct predictor_model *models = route->learned->models;
    const int *index = route->learned_index;
    for (size_t i = 1; i < route->candidate_count; i++)
        if (models[index[route->candidates[i]->index]].mean >
            models[index[route->candidates[best]->index]].mean)
            best = i;
    return best;
}

/* As the router sees a request like this prompt, of which nothing but size and task is kept. */
static struct line line_of(const struct targeting *targeting, size_t row, size_t i)
{
    const struct predictor_sample *sample = targeting->sample;
    struct candidate candidate = { .model = targeting->route->candidates[i] };
    size_t cell =
        row * targeting->models + (size_t)targeting->route->learned_index[candidate.model->index];
    struct objective none = *targeting->objective;
    double quality = (double)sample->quality[cell] / SAMPLE_QUALITY_ONE;
    double score = sample->score[cell] == SAMPLE_SCORE_NONE
                       ? quality
                       : (double)sample->score[cell] / SAMPLE_SCORE_ONE;
    none.answer_value = 0;
    prediction_make(&targeting->deciding, &candidate);
    return (struct line){ candidate.success_rate * quality, candidate_value(&candidate, &none),
                          (quality + score) / 2 };
}

static size_t cheapest(const struct line *lines, size_t count)
{
    size_t first = 0;
    for (size_t i = 1; i < count; i++)
        first = lines[i].rest > lines[first].rest ? i : first;
    return first;
}

/* Who overtakes first as answers become worth more, of several the steepest; `count` for nobody. */
static size_t next_first(const struct line *lines, size_t count, size_t first, double *ret_at)
{
    size_t next = count;
    *ret_at = INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (lines[i].slope <= lines[first].slope)
            continue;
        double at = (lines[first].rest - lines[i].rest) / (lines[i].slope - lines[first].slope);
        if (at > *ret_at || (next < count && at == *ret_at && lines[i].slope < lines[next].slope))
            continue;
        next = i;
        *ret_at = at;
    }
    return next;
}

static void add_prompt(struct targeting *targeting, size_t row, size_t single)
{
    struct line lines[ROUTE_CANDIDATES_MAX] = { { 0 } };
    size_t count = targeting->route->candidate_count;
    for (size_t i = 0; i < count; i++)
        lines[i] = line_of(targeting, row, i);
    targeting->best_single += lines[single].estimate;
    size_t first = cheapest(lines, count), next;
    targeting->quality += lines[first].estimate;
    for (double at; (next = next_first(lines, count, first, &at)) < count; first = next)
        targeting->crossings[targeting->count++] =
            (struct crossing){ at, lines[next].estimate - lines[first].estimate };
}

static int by_place(const void *one, const void *two)
{
    double a = ((const struct crossing *)one)->at, b = ((const struct crossing *)two)->at;
    return a < b ? -1 : a > b;
}

/* Up to where the share is kept; where it never is, to where most is. */
static struct objective walk(const struct targeting *targeting)
{
    struct objective settled = *targeting->objective;
    double sum = targeting->quality, most = sum, at = 0;
    double wanted = settled.quality_target * targeting->best_single;
    for (size_t i = 0; i < targeting->count && most < wanted - QUALITY_ROUNDING; i++) {
        const struct crossing *crossing = &targeting->crossings[i];
        bool level = i + 1 < targeting->count && crossing[1].at <= crossing->at;
        sum += crossing->change;
        if (level || sum <= most)
            continue;
        most = sum;
        at = crossing->at * (1 + HAIR) + HAIR_USD;
    }
    settled.kind = OBJECTIVE_VALUE;
    settled.answer_value = at;
    settled.target_prompts = targeting->sample->rows;
    settled.target_kept = targeting->best_single > 0 ? most / targeting->best_single : 1;
    return settled;
}

static void ask_prompts(struct targeting *targeting, struct features *features)
{
    size_t single = best_single(targeting->route);
    for (size_t row = 0; row < targeting->sample->rows; row++) {
        uint8_t task = targeting->sample->task[row];
        features->task = task < TASK_COUNT ? (enum task)task : TASK_CHAT;
        features->tokens_in = features->tokens_in_safe = targeting->sample->tokens_in[row];
        add_prompt(targeting, row, single);
    }
    qsort(targeting->crossings, targeting->count, sizeof *targeting->crossings, by_place);
}

static bool can_settle(const struct objective *objective, const struct route *route)
{
    return objective->kind == OBJECTIVE_QUALITY_TARGET && route->learned &&
           route->learned->sample.rows >= PROMPTS_MIN && knows_all(route);
}

struct objective policy_settled(const struct objective *objective, const struct route *route,
                                const struct policy *policy, const struct catalog *catalog,
                                const struct figures *figures)
{
    if (!can_settle(objective, route))
        return *objective;
    const struct predictor *predictor = route->learned;
    struct arena arena;
    arena_init(&arena);
    struct decision decision = { .route = route };
    const struct chat_request request = { .stream = true, .n = 1, .max_output_tokens = -1 };
    const struct question question = {
        .request = &request,
        .features = &decision.features,
        .catalog = catalog,
        .policy = policy,
        .route = route,
        .figures = figures ? figures : arena_array(&arena, catalog->model_count, sizeof *figures),
    };
    struct targeting targeting = {
        .objective = objective,
        .route = route,
        .sample = &predictor->sample,
        .models = predictor->model_count,
        .deciding = { .question = &question, .arena = &arena, .decision = &decision },
        .crossings = arena_array(&arena, predictor->sample.rows * route->candidate_count,
                                 sizeof *targeting.crossings),
    };
    ask_prompts(&targeting, &decision.features);
    struct objective settled = walk(&targeting);
    arena_clear(&arena);
    return settled;
}

static bool has_target(const struct route *route)
{
    for (size_t i = 0; i < route->rule_count; i++) {
        if (route->rules[i].objective.kind == OBJECTIVE_QUALITY_TARGET)
            return true;
    }
    return false;
}

void targets_settle(struct route *route, const struct policy *policy, const struct catalog *catalog,
                    struct arena *arena)
{
    route->objective = policy_settled(&route->objective, route, policy, catalog, NULL);
    if (!has_target(route))
        return;
    struct rule *rules = arena_array(arena, route->rule_count, sizeof *rules);
    for (size_t i = 0; i < route->rule_count; i++) {
        rules[i] = route->rules[i];
        rules[i].objective = policy_settled(&rules[i].objective, route, policy, catalog, NULL);
    }
    route->rules = rules;
}
