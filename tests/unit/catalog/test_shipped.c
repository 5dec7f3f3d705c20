/* test_shipped.c - the catalogue that ships with the program: complete, plausible, with sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "catalog/catalog.h"

#define FILE_MAX    ((size_t)1 << 20)
#define ENTRY_LINES 12

/* The file that is linked in, comments and all. */
static char file[FILE_MAX];

static int read_file(void **state)
{
    (void)state;
    FILE *opened = fopen("config/catalog.yaml", "r");
    size_t len = opened ? fread(file, 1, sizeof(file) - 1, opened) : 0;
    if (opened)
        fclose(opened);
    return len > 0 && len < sizeof(file) - 1 ? 0 : -1;
}

static bool is_embedding(const char *name)
{
    return strstr(name, "embedding") != NULL;
}

static void check_each(void (*check)(const char *name, const struct model *model))
{
    const char *const *names;
    size_t count = catalog_shipped_names(&names);
    for (size_t i = 0; i < count; i++) {
        const struct model *model = catalog_shipped_find(names[i]);
        if (!model)
            fail_msg("%s is listed and not found", names[i]);
        check(names[i], model);
    }
}

static void require(bool holds, const char *name, const char *what)
{
    if (!holds)
        fail_msg("%s: %s", name, what);
}

static void the_main_vendors_are_there_with_many_models(void **state)
{
    (void)state;
    static const struct {
        const char *provider;
        size_t least;
    } rows[] = {
        { "openai", 15 },  { "anthropic", 8 }, { "gemini", 8 },  { "mistral", 4 },
        { "xai", 4 },      { "deepseek", 2 },  { "groq", 2 },    { "alibaba", 4 },
        { "moonshot", 2 }, { "zai", 3 },       { "bedrock", 2 }, { "cohere", 2 },
    };
    const char *const *names;
    size_t count = catalog_shipped_names(&names);
    assert_true(count >= 60);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t found = 0;
        for (size_t j = 0; j < count; j++)
            found += strcmp(catalog_shipped_find(names[j])->provider_name, rows[i].provider) == 0;
        require(found >= rows[i].least, rows[i].provider, "has too few models");
    }
    assert_null(catalog_shipped_find("no such model"));
}

static void check_price(const char *name, const struct model *model)
{
    const struct price *price = &model->price;
    require(price->input > 0 && price->input <= 100, name, "price of input");
    if (price->cached_input >= 0)
        require(price->cached_input > 0 && price->cached_input <= price->input, name,
                "a cached token costs more than another, or nothing");
    if (is_embedding(name))
        return;
    require(price->output > 0 && price->output <= 600, name, "price of output");
    require(price->output >= price->input, name, "an answer is cheaper than the question");
    require(price->output <= price->input * 20, name, "an answer is dearer than any");
}

static void prices_are_plausible(void **state)
{
    (void)state;
    check_each(check_price);
}

static void check_size(const char *name, const struct model *model)
{
    require(model->context_window >= 4096 && model->context_window <= 20000000, name, "window");
    if (is_embedding(name))
        return;
    require(model->max_output_tokens >= 1024, name, "maximum output");
    require(model->max_output_tokens <= model->context_window, name,
            "more can be answered than the window holds");
}

static void windows_are_plausible(void **state)
{
    (void)state;
    check_each(check_size);
}

static void check_words(const char *name, const struct model *model)
{
    require(model->capabilities_known, name, "nothing is said of capabilities");
    require(model->upstream_model && *model->upstream_model, name, "upstream_model");
    require(model->latency.first_token_ms < 0 && model->latency.tokens_per_second < 0, name,
            "a latency that nobody measured");
    for (int task = 0; task < TASK_COUNT; task++)
        require(model->quality[task] >= 0.4 && model->quality[task] < 1, name, "quality");
    if (!model->quality_known)
        require(model->quality_default == 0.5, name, "a quality that nobody said");
}

static void abilities_are_said_and_qualities_are_chances(void **state)
{
    (void)state;
    check_each(check_words);
}

/* The lines of an entry: from its name to the next line that is not below it. */
static struct text entry_text(const char *name)
{
    char line[200];
    snprintf(line, sizeof(line), "\n  %s:\n", name);
    const char *at = strstr(file, line);
    if (!at)
        fail_msg("%s has no line of its own", name);
    const char *end = at + strlen(line);
    for (int i = 0; i < ENTRY_LINES && strncmp(end, "    ", 4) == 0; i++)
        end = strchr(end, '\n') + 1;
    return (struct text){ at, (size_t)(end - at) };
}

static bool says(struct text entry, const char *what)
{
    return memmem(entry.data, entry.len, what, strlen(what)) != NULL;
}

static void check_source(const char *name, const struct model *model)
{
    struct text entry = entry_text(name);
    require(says(entry, "\n    # price: litellm") || says(entry, "\n    # price: models.dev"), name,
            "its price has no source");
    require(says(entry, "\n    # quality: LiveBench 20") == model->quality_known, name,
            "a quality without a source, or a source without a quality");
}

static void every_entry_names_its_sources(void **state)
{
    (void)state;
    check_each(check_source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_vendors_are_there_with_many_models),
        cmocka_unit_test(prices_are_plausible),
        cmocka_unit_test(windows_are_plausible),
        cmocka_unit_test(abilities_are_said_and_qualities_are_chances),
        cmocka_unit_test(every_entry_names_its_sources),
    };
    return cmocka_run_group_tests(tests, read_file, NULL);
}
