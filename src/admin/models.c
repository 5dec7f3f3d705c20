/* models.c - OpenAI's list of models: what a key may name. */
#include <stdio.h>

#include "admin/pages.h"

static json_t *entry(const struct snapshot *snapshot, const char *name, const char *owner)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "id", name, "object", "model", "created",
                     (json_int_t)(snapshot->loaded_wall_ms / 1000), "owned_by", owner);
}

/* OpenRouter gives prices as strings, in USD for one token. */
static void add_price(json_t *pricing, const char *name, double usd_per_million)
{
    if (usd_per_million >= 0)
        json_object_set_new(pricing, name, json_sprintf("%.12g", usd_per_million / 1e6));
}

static json_t *model_entry(const struct snapshot *snapshot, const struct model *model)
{
    json_t *json = entry(snapshot, model->object.name,
                         model->owned_by ? model->owned_by : model->provider->object.name);
    if (model->context_window > 0)
        json_object_set_new(json, "context_length", json_integer(model->context_window));
    if (model->price.input >= 0 || model->price.output >= 0) {
        json_t *pricing = json_object();
        add_price(pricing, "prompt", model->price.input);
        add_price(pricing, "completion", model->price.output);
        json_object_set_new(json, "pricing", pricing);
    }
    return json;
}

json_t *page_models(const struct snapshot *snapshot, const struct caller *caller)
{
    json_t *data = json_array();
    const struct policy *policy = &snapshot->policy;
    const struct catalog *catalog = &snapshot->catalog;
    for (size_t i = 0; i < policy->route_count; i++)
        if (caller_may(caller, policy->routes[i].object.name))
            json_array_append_new(data, entry(snapshot, policy->routes[i].object.name, "bourse"));
    for (size_t i = 0; i < catalog->model_count; i++) {
        const char *name = catalog->models[i].object.name;
        bool is_route = map_find(&policy->routes_by_name, text_of(name)) != NULL;
        if (!is_route && caller_may(caller, name))
            json_array_append_new(data, model_entry(snapshot, &catalog->models[i]));
    }
    return json_pack("{s:s, s:o}", "object", "list", "data", data);
}

json_t *page_model(const struct snapshot *snapshot, const struct caller *caller, struct text name)
{
    const struct route *route = map_find(&snapshot->policy.routes_by_name, name);
    if (route && caller_may(caller, route->object.name))
        return entry(snapshot, route->object.name, "bourse");
    const struct model *model = route ? NULL : catalog_find_model(&snapshot->catalog, name);
    if (model && caller_may(caller, model->object.name))
        return model_entry(snapshot, model);
    return NULL;
}
