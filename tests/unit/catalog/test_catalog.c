/* test_catalog.c - who can answer, as a document and the shipped catalogue say together. */
#include "catalog/catalog.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "chat/request.h"

struct parts {
    struct schema_object object;
    struct schema_list providers, models;
};

static const struct schema_key parts_keys[] = {
    { "providers", SCHEMA_MAP, offsetof(struct parts, providers), .object = &provider_schema },
    { "models", SCHEMA_MAP, offsetof(struct parts, models), .object = &model_schema },
    { .name = NULL },
};
static const struct schema parts_schema = { "parts", sizeof(struct parts), parts_keys, .doc = "" };

static struct arena arena;
static struct problems problems;
static struct catalog catalog;
static char said[8192];

static void build(const char *yaml)
{
    struct parts parts = { 0 };
    struct buffer printed;
    arena_init(&arena);
    problems_init(&problems, &arena);
    const struct yaml_node *node = yaml_read_text(text_of(yaml), "c.yaml", &arena, &problems);
    assert_non_null(node);
    schema_read(&parts_schema, node, &parts, &arena, &problems, NULL);
    catalog_build(&catalog, parts.providers, parts.models, &arena, &problems);
    buffer_init(&printed, sizeof(said) - 1);
    problems_print(&problems, &printed);
    if (printed.len)
        memcpy(said, printed.data, printed.len);
    said[printed.len] = 0;
    buffer_clear(&printed);
}

static const struct model *model_named(const char *name)
{
    const struct model *model = catalog_find_model(&catalog, text_of(name));
    assert_non_null(model);
    return model;
}

#define PROVIDER "providers: {p: {base_url: \"http://h/v1/\"}}\n"

static void a_model_takes_from_the_catalogue_what_it_does_not_say(void **state)
{
    (void)state;
    build(PROVIDER "models:\n"
                   "  mine: {provider: p, catalog: gpt-4o, price: {input: 0}, "
                   "quality: {coding: 0.9}}\n");
    assert_int_equal(problems.errors, 0);
    const struct model *mine = model_named("mine"), *entry = catalog_shipped_find("gpt-4o");
    assert_string_equal(mine->upstream_model, "gpt-4o");
    assert_float_equal(mine->price.input, 0, 0);
    assert_float_equal(mine->price.output, entry->price.output, 0);
    assert_int_equal(mine->context_window, 128000);
    assert_true(mine->capabilities & NEED_TOOLS);
    assert_float_equal(mine->quality[TASK_CODING], 0.9, 1e-9);
    assert_float_equal(mine->quality[TASK_MATH], entry->quality[TASK_MATH], 1e-9);
    assert_string_equal(mine->provider->base_url, "http://h/v1");
    arena_clear(&arena);
}

static void what_nobody_said_is_unknown_and_never_zero(void **state)
{
    (void)state;
    build(PROVIDER "models: {m: {provider: p}}");
    const struct model *model = model_named("m");
    assert_float_equal(model->price.input, -1, 0);
    assert_float_equal(model->price.output, -1, 0);
    assert_int_equal(model->context_window, -1);
    assert_int_equal(model->max_output_tokens, -1);
    assert_int_equal(model->latency.first_token_ms, -1);
    assert_false(model->capabilities_known);
    assert_false(model->quality_known);
    assert_float_equal(model->quality[TASK_CHAT], 0.5, 0);
    assert_string_equal(model->upstream_model, "m");
    assert_string_equal(model->owned_by, "p");
    assert_int_equal(problems.warnings, 1); /* of the price */
    arena_clear(&arena);
}

static void a_model_is_found_by_its_name_and_by_its_providers(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *found;
    } rows[] = {
        { "m", "m" },   { "p/m", "m" },  { "p/up", "m" }, { "a/b", "a/b" }, { "p/a/b", "a/b" },
        { "up", NULL }, { "q/m", NULL }, { "", NULL },    { "/", NULL },    { "p/", NULL },
    };
    build(PROVIDER "models:\n"
                   "  m: {provider: p, upstream_model: up, price: {input: 1}}\n"
                   "  a/b: {provider: p, price: {input: 1}}\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct model *model = catalog_find_model(&catalog, text_of(rows[i].asked));
        assert_int_equal(model != NULL, rows[i].found != NULL);
        if (model)
            assert_string_equal(model->object.name, rows[i].found);
    }
    arena_clear(&arena);
}

static void what_is_wrong_is_said_with_its_place_and_the_nearest_word(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        { PROVIDER "models: {m: {provider: pp}}", "c.yaml:2:24: models.m.provider: there is no "
                                                  "provider \"pp\" (did you mean \"p\"?)" },
        { PROVIDER "models: {m: {provider: p, catalog: gpt-4oo}}", "(did you mean \"gpt-4o\"?)" },
        { PROVIDER "models: {m: {catalog: gpt-4o}}", "\"provider\" is missing" },
        { PROVIDER "models: {m: {provider: p, quality: {codng: 1}}}", "mean \"coding\"" },
        { PROVIDER "models: {m: {provider: p, capabilities: [tool]}}", "mean \"tools\"" },
        { "providers: {p: {base_url: \"ftp://h\"}}", "must begin with http" },
        { "providers: {p: {base_url: \"http:///v1\"}}", "must begin with http" },
        { "providers: {p: {}}", "base_url is missing" },
        { "providers: {p: {dialect: mock, base_url: \"http://h\"}}", "calls nobody" },
        { "providers: {p: {dialect: bedrok}}", "mean \"bedrock\"" },
        { "providers: {p: {dialect: [x]}}", "p.dialect" },
        { "providers: {a/b: {base_url: \"http://h\"}}", "cannot contain a slash" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        build(rows[i].yaml);
        assert_true(problems.errors > 0);
        if (!strstr(said, rows[i].says))
            fail_msg("\"%s\" is not in: %s", rows[i].says, said);
        arena_clear(&arena);
    }
}

static void a_price_without_all_its_parts_is_unknown(void **state)
{
    (void)state;
    static const struct {
        struct price price;
        struct usage usage;
        double cost;
    } rows[] = {
        { { .input = 1, .cached_input = 0.5, .output = 4 }, { 1000000, 0, 1000000, -1 }, 5 },
        { { .input = 1, .cached_input = 0.5, .output = 4 }, { 1000000, 1000000, 0, -1 }, 0.5 },
        { { .input = 1, .cached_input = -1, .output = 4 }, { 1000000, 1000000, 0, -1 }, 1 },
        { { .input = 1, .cached_input = 0.5, .output = 4 }, { 1000000, 9000000, 0, -1 }, 0.5 },
        { { .input = 0, .cached_input = -1, .output = 0 }, { 1000, -1, 1000, -1 }, 0 },
        { { .input = 1, .cached_input = -1, .output = -1 }, { 1000000, -1, 0, -1 }, 1 },
        { { .input = 1, .cached_input = -1, .output = -1 }, { 1000000, -1, 1, -1 }, -1 },
        { { .input = -1, .cached_input = -1, .output = 1 }, { 1, -1, 1, -1 }, -1 },
        { { .input = 1, .cached_input = -1, .output = 1 }, { -1, -1, 1, -1 }, -1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_float_equal(price_of(&rows[i].price, &rows[i].usage), rows[i].cost, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_takes_from_the_catalogue_what_it_does_not_say),
        cmocka_unit_test(what_nobody_said_is_unknown_and_never_zero),
        cmocka_unit_test(a_model_is_found_by_its_name_and_by_its_providers),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place_and_the_nearest_word),
        cmocka_unit_test(a_price_without_all_its_parts_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
