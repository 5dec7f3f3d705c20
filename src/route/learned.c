/* learned.c - reads predictors with the configuration, maps models, asks them once a decision. */
#include "learned.h"

#include "predict/predictor.h"

/* A model is known to the file by its name, or as its provider or the catalogue calls it. */
static int find_index(const struct predictor *predictor, const struct model *model)
{
    int index = predictor_find_model(predictor, text_of(model->object.name));
    if (index < 0)
        index = predictor_find_model(predictor, text_of(model->upstream_model));
    if (index < 0 && model->catalog_name)
        index = predictor_find_model(predictor, text_of(model->catalog_name));
    return index;
}

void policy_learn(struct route *route, const struct predictor *predictor,
                  const struct catalog *catalog, struct arena *arena)
{
    int *indexes = arena_array(arena, catalog->model_count, sizeof *indexes);
    for (size_t i = 0; i < catalog->model_count; i++)
        indexes[i] = find_index(predictor, &catalog->models[i]);
    route->learned = predictor;
    route->learned_index = indexes;
}

static const struct route *route_with(const struct policy *policy, const struct route *until,
                                      const char *path)
{
    for (const struct route *route = policy->routes; route < until; route++) {
        if (route->learned && strcmp(route->predictor, path) == 0)
            return route;
    }
    return NULL;
}

static void warn_of_strangers(const struct linking *linking, const struct route *route,
                              const struct yaml_node *node)
{
    for (size_t i = 0; i < route->candidate_count; i++) {
        if (route->learned_index[route->candidates[i]->index] < 0)
            problems_add(linking->problems, PROBLEM_WARNING, node,
                         "knows nothing of %s: the profile in its place%s",
                         route->candidates[i]->object.name,
                         route->objective.kind == OBJECTIVE_QUALITY_TARGET
                             ? ", and quality_target holds for each request by itself"
                             : "");
    }
}

void learned_link(const struct linking *linking, struct policy *policy, struct route *route,
                  const struct yaml_node *node)
{
    const char *why = NULL;
    if (strcmp(route->predictor, "builtin") == 0 || strcmp(route->predictor, "off") == 0)
        return;
    const struct route *other = route_with(policy, route, route->predictor);
    const struct predictor *predictor =
        other ? other->learned : predictor_load(route->predictor, linking->arena, &why);
    if (predictor) {
        policy_learn(route, predictor, linking->catalog, linking->arena);
        if (node)
            warn_of_strangers(linking, route, node);
        return;
    }
    if (node)
        problems_add(linking->problems, PROBLEM_ERROR, node,
                     "expected builtin, off or a file of `bourse train`, but %s: %s",
                     route->predictor, why);
    route->predictor = "builtin";
}

static void keep_tasks(const struct predictor *predictor, const struct assessment *assessment,
                       struct learned_tasks *tasks)
{
    for (; tasks->count < LEARNED_TASKS && tasks->count < predictor->task_count; tasks->count++) {
        double most = -1;
        for (size_t t = 0; t < predictor->task_count; t++) {
            bool taken = false;
            for (size_t i = 0; i < tasks->count; i++)
                taken |= tasks->name[i] == predictor->tasks[t];
            if (taken || (double)assessment->chance[t] <= most)
                continue;
            most = tasks->chance[tasks->count] = (double)assessment->chance[t];
            tasks->name[tasks->count] = predictor->tasks[t];
        }
    }
}

void learned_assess(struct deciding *deciding)
{
    const struct predictor *predictor = deciding->question->route->learned;
    if (!predictor)
        return;
    struct reading reading;
    struct assessment *assessment = arena_new(deciding->arena, struct assessment);
    struct learned_tasks *tasks = &deciding->decision->learned;
    reading_read(deciding->question->request, &reading);
    predictor_assess(predictor, &reading, assessment);
    deciding->assessment = assessment;
    *tasks = (struct learned_tasks){ .earned = (double)assessment->earned };
    keep_tasks(predictor, assessment, tasks);
}

double learned_length(const struct route *route, const struct model *model)
{
    int index = route->learned ? route->learned_index[model->index] : -1;
    double length = index < 0 ? 0 : (double)route->learned->models[index].length;
    return length > 0 ? length : 1;
}

bool learned_quality(const struct deciding *deciding, struct candidate *candidate)
{
    const struct route *route = deciding->question->route;
    int index = deciding->assessment ? route->learned_index[candidate->model->index] : -1;
    if (index < 0)
        return false;
    const struct prediction *prediction = &deciding->assessment->models[index];
    candidate->learned = (struct learned_quality){
        .mean = (double)prediction->mean,
        .task = (double)prediction->task,
        .residual = (double)prediction->residual,
        .calibrated = (double)prediction->calibrated,
        .trust = (double)prediction->trust,
        .outcomes = (double)route->learned->models[index].rows,
    };
    candidate->quality_profile = (double)prediction->quality;
    candidate->quality_source = SOURCE_LEARNED;
    return true;
}
