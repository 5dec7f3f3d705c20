/* find.c - the route behind the word that a client writes into `model`. */
#include "objective.h"
#include "route/policy.h"

/* OpenRouter's suffixes, as presets for one request. */
static const struct {
    const char *suffix, *preset;
} suffixes[] = {
    { ":floor", "cheapest" },
    { ":nitro", "fastest" },
};

/* A route of that name wins over a model of the same name. */
static const struct route *find_exactly(const struct policy *policy, const struct catalog *catalog,
                                        struct text asked)
{
    const struct route *route = map_find(&policy->routes_by_name, asked);
    if (route)
        return route;
    const struct model *model = catalog_find_model(catalog, asked);
    return model ? &policy->model_routes[model->index] : NULL;
}

const struct route *policy_find(const struct policy *policy, const struct catalog *catalog,
                                struct text asked, const struct objective **ret_preset)
{
    *ret_preset = NULL;
    const struct route *route = find_exactly(policy, catalog, asked);
    for (size_t i = 0; !route && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (!text_ends(asked, suffixes[i].suffix))
            continue;
        struct text name = { asked.data, asked.len - strlen(suffixes[i].suffix) };
        *ret_preset = objective_preset(suffixes[i].preset);
        route = find_exactly(policy, catalog, name);
    }
    return route ? route : policy->default_route;
}
