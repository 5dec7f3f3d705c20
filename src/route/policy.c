/* policy.c - builds the routes of a snapshot out of what the YAML said. */
#include "route/policy.h"

#include "learned.h"
#include "objective.h"
#include "target.h"

struct building {
    struct linking linking;
    struct policy *policy;
    struct route_entry *entries;
    size_t count;
    struct map entries_by_name;
};

/* A model's own name as a route: one candidate, no rules, the defaults of everything. */
static struct route plain_route(struct arena *arena, const struct model *model)
{
    struct route route = {
        .object.name = model->object.name,
        .candidates = arena_alloc(arena, sizeof *route.candidates),
        .candidate_count = 1,
        .objective = *objective_preset("balanced"),
        .constraints = { .min_quality = -1, .max_cost = -1, .max_first_token_ms = -1 },
        .attempts = 4,
        .max_wait_ms = 5000,
        .keep_alive_comments_ms = 15000,
        .sticky = STICKY_SESSION,
        .explore_max_cost = -1,
        .predictor = "builtin",
    };
    route.candidates[0] = model;
    return route;
}

static void build_model_routes(struct policy *policy, const struct catalog *catalog,
                               struct arena *arena)
{
    policy->model_routes = arena_array(arena, catalog->model_count, sizeof(struct route));
    for (size_t i = 0; i < catalog->model_count; i++) {
        policy->model_routes[i] = plain_route(arena, &catalog->models[i]);
        policy->model_routes[i].index = policy->route_count + i;
    }
}

static const char *nearest_route(const struct building *building, const char *name)
{
    const char **names = arena_array(building->linking.arena, building->count, sizeof *names);
    for (size_t i = 0; i < building->count; i++)
        names[i] = building->entries[i].object.name;
    return problems_nearest(building->linking.problems, text_of(name), names, building->count);
}

/* Parents before children; a parent that is being resolved already is a circle. */
static void resolve_extends(const struct building *building, struct route_entry *entry)
{
    if (entry->resolved || entry->resolving)
        return;
    entry->resolving = true;
    const struct yaml_node *node = yaml_find(entry->object.node, "extends");
    struct route_entry *from =
        entry->extends ? map_find(&building->entries_by_name, text_of(entry->extends)) : NULL;
    if (from && !from->resolving) {
        resolve_extends(building, from);
        route_entry_inherit(entry, from);
    } else if (from) {
        problems_add(building->linking.problems, PROBLEM_ERROR, node,
                     "the route extends itself in a circle");
    } else if (entry->extends) {
        problems_add(building->linking.problems, PROBLEM_ERROR, node, "there is no route \"%s\"%s",
                     entry->extends, nearest_route(building, entry->extends));
    }
    entry->resolving = false;
    entry->resolved = true;
}

static void link_candidates(const struct building *building, const struct route_entry *entry,
                            struct route *route)
{
    const struct linking *linking = &building->linking;
    const struct yaml_node *node = yaml_find(entry->object.node, "candidates");
    const struct yaml_node *place = node ? node : entry->object.node;
    size_t count = entry->candidates.count;
    if (!count)
        problems_add(linking->problems, PROBLEM_ERROR, place, "the route has no candidates");
    if (count > ROUTE_CANDIDATES_MAX) {
        problems_add(linking->problems, PROBLEM_ERROR, place, "more than %d candidates",
                     ROUTE_CANDIDATES_MAX);
        count = ROUTE_CANDIDATES_MAX;
    }
    route->candidates = arena_array(linking->arena, count, sizeof *route->candidates);
    for (size_t i = 0; i < count; i++) {
        /* An inherited name that is wrong was told where it stands. */
        const char *name = entry->candidates.items[i];
        const struct model *model = node ? link_model(linking, name, link_place(node, i))
                                         : catalog_find_model(linking->catalog, text_of(name));
        struct model_list before = { route->candidates, route->candidate_count };
        if (model && model_list_has(&before, model))
            problems_add(linking->problems, PROBLEM_ERROR, link_place(place, i),
                         "%s is named twice", name);
        else if (model)
            route->candidates[route->candidate_count++] = model;
    }
}

static void link_rules(const struct building *building, struct route_entry *entry)
{
    struct rule *rules = entry->rules.items;
    if (entry->rules.count > ROUTE_RULES_MAX) {
        problems_add(building->linking.problems, PROBLEM_ERROR,
                     yaml_find(entry->object.node, "rules"), "more than %d rules", ROUTE_RULES_MAX);
        entry->rules.count = ROUTE_RULES_MAX;
    }
    for (size_t i = 0; i < entry->rules.count; i++)
        link_rule(&building->linking, &rules[i], i + 1);
}

static void build_route(const struct building *building, const struct route_entry *entry,
                        struct route *route)
{
    route->object = entry->object;
    route->index = (size_t)(route - building->policy->routes);
    link_candidates(building, entry, route);
    route->objective = entry->objective.name ? entry->objective : *objective_preset("balanced");
    route->constraints = entry->constraints;
    route->rules = entry->rules.items;
    route->rule_count = entry->rules.count;
    route->attempts = entry->attempts;
    route->stream_failover = entry->stream_failover;
    route->on_rate_limit = entry->on_rate_limit;
    route->on_content_policy = entry->on_content_policy;
    route->sticky = entry->sticky;
    route->max_inflight = entry->max_inflight;
    route->max_wait_ms = entry->max_wait_ms;
    route->keep_alive_comments_ms = entry->keep_alive_comments_ms;
    route->hedge = entry->hedge;
    route->hedge_share = entry->hedge_share;
    route->strict = entry->strict;
    route->explore = entry->explore;
    route->explore_max_cost = entry->explore_max_cost;
    route->predictor = entry->predictor;
    learned_link(&building->linking, building->policy, route,
                 yaml_find(entry->object.node, "predictor"));
    targets_settle(route, building->policy, building->linking.catalog, building->linking.arena);
}

/* Where `default_route` stands: beside `routes`, if the document has any. */
static const struct yaml_node *place_of_default(const struct building *building)
{
    const struct yaml_node *route = building->count ? building->entries[0].object.node : NULL;
    return route && route->parent ? yaml_find(route->parent->parent, "default_route") : NULL;
}

static void report_default(const struct building *building, const char *name)
{
    struct problems *problems = building->linking.problems;
    const struct yaml_node *place = place_of_default(building);
    const char *nearest = nearest_route(building, name);
    if (place)
        problems_add(problems, PROBLEM_ERROR, place, "there is no route \"%s\"%s", name, nearest);
    else
        problems_add_at(problems, PROBLEM_ERROR, "", 0, 0,
                        "default_route: there is no route \"%s\"%s", name, nearest);
}

static void build_default(const struct building *building, const char *name)
{
    struct policy *policy = building->policy;
    if (!name || strcmp(name, "error") == 0)
        return;
    policy->default_route = map_find(&policy->routes_by_name, text_of(name));
    const struct model *model = catalog_find_model(building->linking.catalog, text_of(name));
    if (!policy->default_route && model)
        policy->default_route = &policy->model_routes[model->index];
    if (!policy->default_route)
        report_default(building, name);
}

static void settle_explore(struct route_entry *entry)
{
    if (!yaml_find(entry->object.node, "explore_max_cost"))
        entry->explore_max_cost = -1;
}

static void build_routes(struct building *building)
{
    struct policy *policy = building->policy;
    for (size_t i = 0; i < building->count; i++) {
        constraints_settle(&building->entries[i].constraints);
        settle_explore(&building->entries[i]);
        link_rules(building, &building->entries[i]);
        map_add(&building->entries_by_name, text_of(building->entries[i].object.name),
                &building->entries[i]);
    }
    for (size_t i = 0; i < building->count; i++) {
        struct route_entry *entry = &building->entries[i];
        struct route *route = &policy->routes[i];
        resolve_extends(building, entry);
        build_route(building, entry, route);
        map_add(&policy->routes_by_name, text_of(route->object.name), route);
        lint_route(&building->linking, route, yaml_find(entry->object.node, "rules") != NULL);
    }
}

/* The price that stands in for an unknown one: no candidate is cheap because nobody knows. */
static struct price dearest_price(const struct catalog *catalog)
{
    struct price dearest = { .input = -1, .cached_input = -1, .output = -1 };
    for (size_t i = 0; i < catalog->model_count; i++) {
        const struct price *price = &catalog->models[i].price;
        if (price->input > dearest.input)
            dearest.input = price->input;
        if (price->output > dearest.output)
            dearest.output = price->output;
    }
    /* Nothing is known at all: what a dear model costs these days. */
    if (dearest.input < 0)
        dearest.input = 10;
    if (dearest.output < 0)
        dearest.output = 40;
    return dearest;
}

void policy_build(struct policy *policy, struct schema_list routes, const char *default_route,
                  const struct catalog *catalog, struct arena *arena, struct problems *problems)
{
    struct building building = { .linking = { catalog, arena, problems },
                                 .policy = policy,
                                 .entries = routes.items,
                                 .count = routes.count };
    *policy = (struct policy){ .dearest = dearest_price(catalog) };
    map_init(&policy->routes_by_name, arena);
    map_init(&building.entries_by_name, arena);
    if (routes.count > ROUTES_MAX) {
        problems_add(problems, PROBLEM_ERROR, building.entries[ROUTES_MAX].object.node,
                     "more than %d routes", ROUTES_MAX);
        building.count = ROUTES_MAX;
    }
    policy->route_count = building.count;
    policy->routes = arena_array(arena, building.count, sizeof *policy->routes);
    build_model_routes(policy, catalog, arena);
    build_routes(&building);
    build_default(&building, default_route);
}
