/* build.c - links what the schema read: names to pointers, catalogue entries to models, defaults.
 */
#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "catalog/token_source.h"
#include "inherit.h"

#define QUALITY_UNKNOWN 0.5

/* What is copied from the catalogue where the YAML is silent: a key, or a key inside a mapping. */
struct inherited {
    const char *key, *inner;
    size_t offset, size;
};

/* clang-format off */
#define INHERITED(key, inner, member) \
    { (key), (inner), offsetof(struct model, member), sizeof(((struct model *)0)->member) }
/* clang-format on */

static const struct inherited inherited[] = {
    INHERITED("owned_by", NULL, owned_by),
    INHERITED("price", "input", price.input),
    INHERITED("price", "cached_input", price.cached_input),
    INHERITED("price", "output", price.output),
    INHERITED("context_window", NULL, context_window),
    INHERITED("max_output_tokens", NULL, max_output_tokens),
    INHERITED("capabilities", NULL, capabilities),
    INHERITED("latency", "first_token", latency.first_token_ms),
    INHERITED("latency", "tokens_per_second", latency.tokens_per_second),
};

const struct model model_nothing_known = {
    .price = { .input = -1, .cached_input = -1, .output = -1 },
    .context_window = -1,
    .max_output_tokens = -1,
    .latency = { .first_token_ms = -1, .tokens_per_second = -1 },
    .quality_default = QUALITY_UNKNOWN,
    .quality = { [0 ... TASK_COUNT - 1] = -1 },
};

static bool model_says(const struct model *model, const char *key, const char *inner)
{
    const struct yaml_node *node = yaml_find(model->object.node, key);
    return inner ? yaml_find(node, inner) != NULL : node != NULL;
}

static void inherit_quality(struct model *model, const struct model *entry)
{
    bool says = model_says(model, "quality", NULL);
    if (!says || model->quality_default < 0)
        model->quality_default = entry->quality_default;
    for (int task = 0; task < TASK_COUNT; task++) {
        if (!says || model->quality[task] < 0)
            model->quality[task] = entry->quality[task];
        if (model->quality[task] < 0)
            model->quality[task] = model->quality_default;
    }
    model->quality_known = says || entry->quality_known;
}

void model_inherit(struct model *model, const struct model *entry)
{
    for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++) {
        const struct inherited *row = &inherited[i];
        if (!model_says(model, row->key, row->inner))
            memcpy((char *)model + row->offset, (const char *)entry + row->offset, row->size);
    }
    model->capabilities_known =
        model_says(model, "capabilities", NULL) || entry->capabilities_known;
    inherit_quality(model, entry);
}

static const struct model *entry_of(const struct model *model, struct problems *problems)
{
    if (!model->catalog_name)
        return &model_nothing_known;
    const struct model *entry = catalog_shipped_find(model->catalog_name);
    if (entry)
        return entry;
    const char *const *names;
    size_t count = catalog_shipped_names(&names);
    problems_add(problems, PROBLEM_ERROR, yaml_find(model->object.node, "catalog"),
                 "the catalogue has no model \"%s\"%s", model->catalog_name,
                 problems_nearest(problems, text_of(model->catalog_name), names, count));
    return &model_nothing_known;
}

/* In the words of the nearest provider, of those that the document does have. */
static void report_unknown_provider(const struct catalog *catalog, const struct model *model,
                                    struct problems *problems)
{
    const char *names[CATALOG_PROVIDERS_MAX];
    size_t count = 0;
    while (count < catalog->provider_count && count < CATALOG_PROVIDERS_MAX) {
        names[count] = catalog->providers[count].object.name;
        count++;
    }
    problems_add(problems, PROBLEM_ERROR, yaml_find(model->object.node, "provider"),
                 "there is no provider \"%s\"%s", model->provider_name,
                 problems_nearest(problems, text_of(model->provider_name), names, count));
}

/* An embedding has a price for what goes in only; what nothing is said about is not free. */
static void warn_of_unknown_price(const struct model *model, struct problems *problems)
{
    if (model->price.input < 0)
        problems_add_key(problems, PROBLEM_WARNING, model->object.node,
                         "has no price: what it costs is unknown, not free (write 0 for free)");
}

static void link_model(const struct catalog *catalog, struct model *model,
                       struct problems *problems)
{
    const struct model *entry = entry_of(model, problems);
    model_inherit(model, entry);
    warn_of_unknown_price(model, problems);
    if (!model->upstream_model)
        model->upstream_model = entry->upstream_model ? entry->upstream_model : model->object.name;
    if (!model->provider_name) /* the schema has complained of it */
        return;
    model->provider = catalog_find_provider(catalog, text_of(model->provider_name));
    if (!model->provider)
        report_unknown_provider(catalog, model, problems);
    if (!model->owned_by)
        model->owned_by = model->provider_name;
}

static bool is_http_url(const char *url)
{
    if (strncasecmp(url, "https://", 8) == 0)
        return url[8] && url[8] != '/';
    return strncasecmp(url, "http://", 7) == 0 && url[7] && url[7] != '/';
}

static void check_base_url(struct provider *provider, struct arena *arena,
                           struct problems *problems)
{
    const struct yaml_node *node = yaml_find(provider->object.node, "base_url");
    if (provider->dialect == DIALECT_MOCK) {
        if (provider->base_url)
            problems_add(problems, PROBLEM_ERROR, node,
                         "a mock provider calls nobody and has no base_url");
        return;
    }
    if (!provider->base_url) {
        problems_add(problems, PROBLEM_ERROR, provider->object.node, "base_url is missing");
        return;
    }
    if (!is_http_url(provider->base_url))
        problems_add(problems, PROBLEM_ERROR, node, "must begin with http:// or https://");
    struct text url = text_of(provider->base_url);
    while (url.len > 0 && url.data[url.len - 1] == '/')
        url.len--;
    provider->base_url = arena_string_of(arena, url);
}

/* Who is named in two ways would be one of them by chance. */
static bool names_another_key(const struct provider *provider)
{
    for (size_t i = 0; i < provider->headers.count; i++)
        if (strcasecmp(provider->headers.items[i].name, "Authorization") == 0)
            return true;
    return yaml_find(provider->object.node, "api_key") ||
           yaml_find(provider->object.node, "secret_access_key");
}

/* It may be written by somebody who starts later. */
static void warn_of_missing_file(const struct token_source *source, const struct yaml_node *node,
                                 struct problems *problems)
{
    if (source->is_file && access(source->at, R_OK) != 0)
        problems_add(problems, PROBLEM_WARNING, node,
                     "the file cannot be read (%s): until it can, nobody is asked there",
                     strerror(errno));
}

static void check_token_source(struct provider *provider, struct problems *problems)
{
    const struct yaml_node *node = yaml_find(provider->object.node, "token_source");
    struct token_source source;
    const char *why;
    if (!provider->token_source)
        return;
    if (provider->dialect == DIALECT_MOCK)
        problems_add(problems, PROBLEM_ERROR, node, "a mock provider calls nobody");
    else if (names_another_key(provider))
        problems_add(problems, PROBLEM_ERROR, node,
                     "stands in the place of an api_key, a signature or an Authorization header: "
                     "one of them only");
    else if (!token_source_read(provider->token_source, &source, &why))
        problems_add(problems, PROBLEM_ERROR, node, "%s", why);
    else
        warn_of_missing_file(&source, node, problems);
}

static void build_providers(struct catalog *catalog, struct arena *arena, struct problems *problems)
{
    map_init(&catalog->providers_by_name, arena);
    for (size_t i = 0; i < catalog->provider_count; i++) {
        struct provider *provider = &catalog->providers[i];
        provider->index = i;
        map_add(&catalog->providers_by_name, text_of(provider->object.name), provider);
        if (strchr(provider->object.name, '/'))
            problems_add_key(problems, PROBLEM_ERROR, provider->object.node,
                             "a provider's name cannot contain a slash");
        check_base_url(provider, arena, problems);
        check_token_source(provider, problems);
        quirks_build(provider, problems);
    }
}

static void build_models(struct catalog *catalog, struct arena *arena, struct problems *problems)
{
    map_init(&catalog->models_by_name, arena);
    for (size_t i = 0; i < catalog->model_count; i++) {
        struct model *model = &catalog->models[i];
        model->index = i;
        map_add(&catalog->models_by_name, text_of(model->object.name), model);
        link_model(catalog, model, problems);
    }
}

/* The count that is used on: what is beyond the limit is reported once, where it begins. */
static size_t capped(size_t count, size_t max, const struct schema_object *first_beyond,
                     const char *what, struct problems *problems)
{
    if (count <= max)
        return count;
    problems_add_key(problems, PROBLEM_ERROR, first_beyond->node, "more than %zu %s", max, what);
    return max;
}

void catalog_build(struct catalog *catalog, struct schema_list providers, struct schema_list models,
                   struct arena *arena, struct problems *problems)
{
    *catalog = (struct catalog){ .providers = providers.items, .models = models.items };
    catalog->provider_count = providers.count;
    if (providers.count > CATALOG_PROVIDERS_MAX)
        catalog->provider_count =
            capped(providers.count, CATALOG_PROVIDERS_MAX,
                   &catalog->providers[CATALOG_PROVIDERS_MAX].object, "providers", problems);
    catalog->model_count = models.count;
    if (models.count > CATALOG_MODELS_MAX)
        catalog->model_count =
            capped(models.count, CATALOG_MODELS_MAX, &catalog->models[CATALOG_MODELS_MAX].object,
                   "models", problems);
    build_providers(catalog, arena, problems);
    build_models(catalog, arena, problems);
}
