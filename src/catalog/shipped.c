/* shipped.c - the catalogue that ships with the program: config/catalog.yaml, linked in as it is.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/embed.h"
#include "inherit.h"

EMBED_FILE(catalog_shipped, "config/catalog.yaml")

struct shipped {
    struct schema_object object;
    struct schema_list models;
};

static const struct schema_key shipped_keys[] = {
    { "models", SCHEMA_MAP, offsetof(struct shipped, models), .object = &model_schema,
      .doc = "The models of the catalogue." },
    { .name = NULL },
};

static const struct schema shipped_schema = { "catalogue", sizeof(struct shipped), shipped_keys,
                                              .doc = "What ships with the program." };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct arena shipped_arena; /* for the process */
static struct shipped shipped;
static struct map shipped_by_name;
static const char **shipped_names;

/* The file is our own: what is wrong with it is a bug, found by the first test that runs. */
static void stop_over(const struct problems *problems)
{
    struct buffer out;
    buffer_init(&out, 1 << 16);
    problems_print(problems, &out);
    fwrite(out.data, 1, out.len, stderr);
    abort();
}

static const struct provider no_provider = { .object = { .name = "" } };

/* catalog_build would ask for providers; here the name of the vendor is only a fact. */
static void complete(struct model *model)
{
    model->provider = &no_provider;
    if (!model->upstream_model)
        model->upstream_model = model->object.name;
    if (!model->owned_by)
        model->owned_by = model->provider_name;
}

static void read_shipped(void)
{
    struct problems problems;
    arena_init(&shipped_arena);
    problems_init(&problems, &shipped_arena);
    struct text text = EMBEDDED(catalog_shipped);
    const struct yaml_node *node = yaml_read_text(text, "catalog.yaml", &shipped_arena, &problems);
    static const struct schema_options options;
    if (node)
        schema_read(&shipped_schema, node, &shipped, &shipped_arena, &problems, &options);
    if (problems.errors)
        stop_over(&problems);

    struct model *models = shipped.models.items;
    map_init(&shipped_by_name, &shipped_arena);
    shipped_names = arena_array(&shipped_arena, shipped.models.count, sizeof(char *));
    for (size_t i = 0; i < shipped.models.count; i++) {
        complete(&models[i]);
        model_inherit(&models[i], &model_nothing_known);
        models[i].index = i;
        shipped_names[i] = models[i].object.name;
        map_add(&shipped_by_name, text_of(models[i].object.name), &models[i]);
    }
}

const struct model *catalog_shipped_find(const char *name)
{
    pthread_once(&once, read_shipped);
    return map_find(&shipped_by_name, text_of(name));
}

size_t catalog_shipped_names(const char *const **ret_names)
{
    pthread_once(&once, read_shipped);
    *ret_names = shipped_names;
    return shipped.models.count;
}
