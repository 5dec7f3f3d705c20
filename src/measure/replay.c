/* replay.c - trains on one part where there is no configuration, and lets the router decide. */
#include "replay.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "made.h"
#include "measure/lesson.h"

struct asking { /* the router of a split */
    const struct catalog *catalog;
    const struct policy *policy;
    const struct route *route;
    struct figures *figures;
    const struct model **models; /* by model of the scope */
    struct objective target;     /* as it was settled on the training part */
};

void replay_init(struct replay *replay, const struct scope *scope, struct arena *arena)
{
    size_t rows = scope->rows, cells = rows * scope->models;
    *replay = (struct replay){
        .tested = arena_array(arena, rows, sizeof *replay->tested),
        .constant = arena_array(arena, rows, sizeof *replay->constant),
        .chosen = arena_array(arena, rows, sizeof *replay->chosen),
        .target = arena_array(arena, rows, sizeof *replay->target),
        .quality = arena_array(arena, cells, sizeof *replay->quality),
        .cost = arena_array(arena, cells, sizeof *replay->cost),
        .decision_us = arena_array(arena, rows, sizeof *replay->decision_us),
    };
}

static double mean_over(const struct scope *scope, const double *table, const bool *rows,
                        size_t model)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < scope->rows; i++) {
        if (!rows[i])
            continue;
        sum += table[i * scope->models + model];
        count++;
    }
    return count > 0 ? sum / count : 0;
}

static size_t best_constant(const struct scope *scope, const bool *train)
{
    size_t best = 0;
    double most = -1;
    for (size_t m = 0; m < scope->models; m++) {
        double mean = mean_over(scope, scope->score, train, m);
        if (mean > most) {
            most = mean;
            best = m;
        }
    }
    return best;
}

static bool make_router(const struct scope *scope, const struct split *split, struct made *made,
                        struct arena *arena, struct asking *asking, const char **ret_why)
{
    double costs[PREDICTOR_MODELS_MAX];
    struct training_report report;
    const struct training how = { .threads = 0 };
    for (size_t m = 0; m < scope->models; m++)
        costs[m] = mean_over(scope, scope->cost, split->train, m);
    made_build(made, scope->names, costs, scope->models, arena);
    struct corpus *corpus = corpus_of(&scope->kept, split->train, NULL, ret_why);
    if (!corpus)
        return false;
    const struct predictor *predictor = train(corpus, &how, arena, &report);
    corpus_free(corpus);
    policy_learn(made->route, predictor, &made->catalog, arena);
    for (size_t m = 0; m < scope->models; m++)
        asking->models[m] = &made->catalog.models[m];
    asking->catalog = &made->catalog;
    asking->policy = &made->policy;
    asking->route = made->route;
    asking->figures = made->figures;
    return true;
}

static void take_router(const struct scope *scope, const struct eval_plan *plan,
                        struct arena *arena, struct asking *asking)
{
    asking->catalog = plan->catalog;
    asking->policy = plan->policy;
    asking->route = plan->route;
    asking->figures = arena_array(arena, plan->catalog->model_count, sizeof *asking->figures);
    for (size_t m = 0; m < scope->models; m++)
        asking->models[m] = scope->candidates[m];
}

static size_t scope_index(const struct scope *scope, const struct asking *asking,
                          const struct model *model)
{
    for (size_t m = 0; m < scope->models; m++) {
        if (asking->models[m] == model)
            return m;
    }
    return scope->models;
}

/* The first on the shortlist of which an outcome is known; the constant where there is none. */
static size_t first_known(const struct scope *scope, const struct asking *asking,
                          const struct decision *decision, size_t constant)
{
    for (size_t i = 0; i < decision->shortlist; i++) {
        size_t m = scope_index(scope, asking, decision->candidates[i].model);
        if (m < scope->models)
            return m;
    }
    return constant;
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void decide(const struct asking *asking, const struct chat_request *request,
                   const struct objective *objective, struct arena *arena,
                   struct decision *ret_decision)
{
    struct features features;
    features_read(request, &features);
    const struct question question = { .request = request,
                                       .features = &features,
                                       .catalog = asking->catalog,
                                       .policy = asking->policy,
                                       .route = asking->route,
                                       .preset = objective,
                                       .figures = asking->figures };
    router_decide(&question, arena, ret_decision);
}

static void keep_expected(struct replay *replay, const struct scope *scope,
                          const struct asking *asking, size_t row, const struct decision *decision)
{
    for (size_t m = 0; m < scope->models; m++)
        replay->quality[row * scope->models + m] = NAN; /* ruled out, or not a candidate */
    for (size_t i = 0; i < decision->shortlist; i++) {
        const struct candidate *candidate = &decision->candidates[i];
        size_t m = scope_index(scope, asking, candidate->model);
        if (m == scope->models)
            continue;
        replay->quality[row * scope->models + m] = candidate->quality;
        replay->cost[row * scope->models + m] = candidate->cost;
    }
}

static void replay_row(struct replay *replay, const struct scope *scope,
                       const struct eval_plan *plan, const struct asking *asking, size_t row,
                       size_t constant)
{
    struct arena arena;
    struct chat_request request;
    struct decision decision;
    const char *why;
    arena_init(&arena);
    if (outcome_request(&scope->kept.rows[row], &arena, &request, &why)) {
        double before = now_us();
        decide(asking, &request, plan->objective, &arena, &decision);
        replay->decision_us[row] = now_us() - before;
        replay->tested[row] = true;
        replay->constant[row] = constant;
        replay->chosen[row] = first_known(scope, asking, &decision, constant);
        keep_expected(replay, scope, asking, row, &decision);
        decide(asking, &request, &asking->target, &arena, &decision);
        replay->target[row] = first_known(scope, asking, &decision, constant);
    }
    arena_clear(&arena);
}

static const struct objective target = { .kind = OBJECTIVE_QUALITY_TARGET,
                                         .name = "quality target",
                                         .quality_target = REPLAY_TARGET };

bool replay_split(struct replay *replay, const struct scope *scope, const struct eval_plan *plan,
                  const struct split *split, const char **ret_why)
{
    struct arena arena;
    struct made made;
    const struct model *models[PREDICTOR_MODELS_MAX];
    struct asking asking = { .models = models };
    arena_init(&arena);
    size_t constant = best_constant(scope, split->train);
    bool good = true;
    if (plan->route)
        take_router(scope, plan, &arena, &asking);
    else
        good = make_router(scope, split, &made, &arena, &asking, ret_why);
    if (good)
        asking.target =
            policy_settled(&target, asking.route, asking.policy, asking.catalog, asking.figures);
    for (size_t row = 0; row < scope->rows && good; row++)
        if (split->test[row])
            replay_row(replay, scope, plan, &asking, row, constant);
    arena_clear(&arena);
    return good;
}
