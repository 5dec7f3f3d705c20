/* wishes.c - what a request may ask of the router: a suffix, OpenRouter's `provider`, dollars. */
#include "deciding.h"
#include "objective.h"

static const char *const sort_presets[] = {
    [SORT_NONE] = NULL,
    [SORT_PRICE] = "cheapest",
    [SORT_THROUGHPUT] = "fastest",
    [SORT_LATENCY] = "fastest",
};

/* The later wins: the suffix, `provider.sort`, the request's own numbers. */
static void wish_objective(const struct question *question, struct objective *objective)
{
    const struct chat_request *request = question->request;
    if (question->preset)
        *objective = *question->preset;
    if (request->wishes.sort != SORT_NONE)
        *objective = *objective_preset(sort_presets[request->wishes.sort]);
    if (request->answer_value < 0 && request->second_cost < 0)
        return;
    objective->kind = OBJECTIVE_VALUE;
    objective->name = "custom";
    objective->target_prompts = 0; /* what it kept is no longer kept */
    if (request->answer_value >= 0)
        objective->answer_value = request->answer_value;
    if (request->second_cost >= 0)
        objective->second_cost = request->second_cost;
}

/* A request can lower a limit, never lift it. */
static void wish_limits(const struct chat_request *request, struct constraints *constraints)
{
    bool lower = constraints->max_cost < 0 || request->max_cost < constraints->max_cost;
    if (request->max_cost >= 0 && lower)
        constraints->max_cost = request->max_cost;
}

static int place_of_provider(const struct chat_names *order, const struct model *model)
{
    for (size_t i = 0; i < order->count; i++) {
        if (text_is_nocase(order->items[i], model->provider->object.name))
            return (int)i;
    }
    return CHAT_MODELS_MAX;
}

/* `models` is the outer order, the providers' the inner one. */
static void wish_order(const struct chat_request *request, struct decision *decision)
{
    if (!request->wishes.order.count)
        return;
    for (size_t i = 0; i < decision->count; i++) {
        struct candidate *candidate = &decision->candidates[i];
        candidate->group = candidate->group * (CHAT_MODELS_MAX + 1) +
                           place_of_provider(&request->wishes.order, candidate->model);
    }
}

void wishes_apply(struct deciding *deciding)
{
    const struct question *question = deciding->question;
    wish_objective(question, &deciding->decision->objective);
    wish_limits(question->request, &deciding->decision->constraints);
    wish_order(question->request, deciding->decision);
}
