/* world.h - providers, models and routes of a test, written as YAML, and questions asked of them.
 */
#ifndef BOURSE_TESTS_ROUTE_WORLD_H
#define BOURSE_TESTS_ROUTE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/router.h"

struct world_text {
    struct schema_object object;
    struct schema_list providers, models, routes;
};

static const struct schema_key world_keys[] = {
    { "providers", SCHEMA_MAP, offsetof(struct world_text, providers), .object = &provider_schema,
      .doc = "" },
    { "models", SCHEMA_MAP, offsetof(struct world_text, models), .object = &model_schema,
      .doc = "" },
    { "routes", SCHEMA_MAP, offsetof(struct world_text, routes), .object = &route_schema,
      .doc = "" },
    { .name = NULL },
};

static const struct schema world_schema = { "world", sizeof(struct world_text), world_keys, NULL,
                                            "" };

/* Three models that differ in everything; chances of all tasks are those of `default`. */
#define WORLD_MODELS                                                                               \
    "providers:\n"                                                                                 \
    "  north: {dialect: openai, base_url: 'http://127.0.0.1:1/v1'}\n"                              \
    "  south: {dialect: openai, base_url: 'http://127.0.0.1:2/v1'}\n"                              \
    "models:\n"                                                                                    \
    "  big: {provider: north, price: {input: 10, output: 40}, context_window: 128000,\n"           \
    "    max_output_tokens: 16000, capabilities: [tools, vision, json_schema],\n"                  \
    "    latency: {first_token: 800ms, tokens_per_second: 40}, quality: {default: 0.9}}\n"         \
    "  mid: {provider: south, price: {input: 2, output: 8}, context_window: 32000,\n"              \
    "    max_output_tokens: 8000, capabilities: [tools],\n"                                        \
    "    latency: {first_token: 400ms, tokens_per_second: 80}, quality: {default: 0.7}}\n"         \
    "  tiny: {provider: south, price: {input: 0.1, output: 0.4}, context_window: 8000,\n"          \
    "    max_output_tokens: 2000, capabilities: [],\n"                                             \
    "    latency: {first_token: 100ms, tokens_per_second: 200}, quality: {default: 0.5}}\n"

struct world {
    struct arena arena;
    struct problems problems;
    struct catalog catalog;
    struct policy policy;
    struct figures figures[64];
    struct chat_request request;
    struct features features;
    struct question question;
    struct decision decision;
};

static inline void world_load(struct world *world, const char *yaml, const char *default_route)
{
    *world = (struct world){ .request = { .turns = 1, .n = 1 } };
    arena_init(&world->arena);
    problems_init(&world->problems, &world->arena);
    const struct yaml_node *root =
        yaml_read_text(text_of(yaml), "test.yaml", &world->arena, &world->problems);
    assert_non_null(root);
    struct world_text text = { .object.name = NULL };
    struct schema_options options = { .secrets_optional = true };
    schema_read(&world_schema, root, &text, &world->arena, &world->problems, &options);
    catalog_build(&world->catalog, text.providers, text.models, &world->arena, &world->problems);
    policy_build(&world->policy, text.routes, default_route, &world->catalog, &world->arena,
                 &world->problems);
}

static inline void world_free(struct world *world)
{
    arena_clear(&world->arena);
}

/* All that was found wrong, as it would be printed. */
static inline const char *world_problems(struct world *world)
{
    struct buffer out;
    buffer_init(&out, 100000);
    problems_print(&world->problems, &out);
    const char *printed = arena_string_of(&world->arena, buffer_text(&out));
    buffer_clear(&out);
    return printed;
}

/* Loads what must be without errors and prepares a plain question to its route "auto". */
static inline void world_init(struct world *world, const char *yaml)
{
    world_load(world, yaml, NULL);
    if (world->problems.errors)
        fail_msg("%s", world_problems(world));
    struct chat_request *request = &world->request;
    request->model = text_of("auto");
    request->max_output_tokens = -1;
    request->answer_value = request->second_cost = request->max_cost = -1;
    request->wishes.max_price_in = request->wishes.max_price_out = -1;
    world->features.language = "en";
    world->features.task = TASK_CHAT;
    world->features.task_probability[TASK_CHAT] = 1;
    world->features.tokens_in = 1000;
    world->features.tokens_in_safe = 1300;
    world->question =
        (struct question){ .request = request,
                           .features = &world->features,
                           .catalog = &world->catalog,
                           .policy = &world->policy,
                           .route = map_find(&world->policy.routes_by_name, text_of("auto")),
                           .figures = world->figures,
                           .hour = 12,
                           .dice = 1 };
}

static inline const struct decision *world_decide(struct world *world)
{
    router_decide(&world->question, &world->arena, &world->decision);
    return &world->decision;
}

/* The shortlist as "big mid tiny". */
static inline const char *world_order(struct world *world)
{
    const char *order = "";
    world_decide(world);
    for (size_t i = 0; i < world->decision.shortlist; i++)
        order = arena_printf(&world->arena, "%s%s%s", order, i ? " " : "",
                             world->decision.candidates[i].model->object.name);
    return order;
}

static inline struct candidate *world_candidate(struct world *world, const char *name)
{
    for (size_t i = 0; i < world->decision.count; i++) {
        if (strcmp(world->decision.candidates[i].model->object.name, name) == 0)
            return &world->decision.candidates[i];
    }
    fail_msg("no candidate %s", name);
    return NULL;
}

static inline struct figures *world_figures(struct world *world, const char *name)
{
    return &world->figures[catalog_find_model(&world->catalog, text_of(name))->index];
}

#endif
