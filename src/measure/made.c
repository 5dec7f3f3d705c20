/* made.c - writes the YAML of such a configuration and reads it as any other is read. */
#include "made.h"

#include <stdlib.h>

/* Every answer has a million tokens, so that the price of a million is the cost of a request. */
#define TOKENS_EACH   1e6
#define COUNT_CERTAIN 1e15

struct made_text {
    struct schema_object object;
    struct schema_list providers, models, routes;
};

static const struct schema_key keys[] = {
    { "providers", SCHEMA_MAP, offsetof(struct made_text, providers), .object = &provider_schema },
    { "models", SCHEMA_MAP, offsetof(struct made_text, models), .object = &model_schema },
    { "routes", SCHEMA_MAP, offsetof(struct made_text, routes), .object = &route_schema },
    { .name = NULL },
};

static const struct schema schema = { "made", sizeof(struct made_text), keys, NULL, "" };

static void write_name(struct buffer *yaml, const char *name)
{
    buffer_append_string(yaml, "\"");
    buffer_append_json(yaml, text_of(name));
    buffer_append_string(yaml, "\"");
}

static void write_yaml(struct buffer *yaml, const char *const *names, const double *costs,
                       size_t count)
{
    buffer_append_string(yaml, "providers: {data: {dialect: openai, base_url: "
                               "'http://127.0.0.1:9'}}\nmodels:\n");
    for (size_t i = 0; i < count; i++) {
        buffer_append_string(yaml, "  ");
        write_name(yaml, names[i]);
        buffer_printf(yaml, ": {provider: data, price: {input: 0, output: %.12f}}\n", costs[i]);
    }
    buffer_append_string(yaml, "routes: {data: {candidates: [");
    for (size_t i = 0; i < count; i++) {
        buffer_append_string(yaml, i ? ", " : "");
        write_name(yaml, names[i]);
    }
    buffer_append_string(yaml, "]}}\n");
}

void made_build(struct made *made, const char *const *names, const double *costs, size_t count,
                struct arena *arena)
{
    struct problems problems;
    struct buffer yaml;
    struct made_text text = { .object.name = NULL };
    const struct schema_options options = { .secrets_optional = true };
    buffer_init(&yaml, 1 << 20);
    write_yaml(&yaml, names, costs, count);
    problems_init(&problems, arena);
    const struct yaml_node *root =
        yaml_read_text(arena_text(arena, buffer_text(&yaml)), "data", arena, &problems);
    buffer_clear(&yaml);
    schema_read(&schema, root, &text, arena, &problems, &options);
    catalog_build(&made->catalog, text.providers, text.models, arena, &problems);
    policy_build(&made->policy, text.routes, NULL, &made->catalog, arena, &problems);
    if (problems.errors)
        abort(); /* what we wrote ourselves */
    made->route = &made->policy.routes[0];
    made->figures = arena_array(arena, count, sizeof *made->figures);
    for (size_t i = 0; i < count; i++) {
        made->figures[i].output_tokens = TOKENS_EACH;
        made->figures[i].output_count = COUNT_CERTAIN;
    }
}
