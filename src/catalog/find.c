/* find.c - from a name to its provider or model. */
#include "catalog/catalog.h"

const struct provider *catalog_find_provider(const struct catalog *catalog, struct text name)
{
    return map_find(&catalog->providers_by_name, name);
}

static const struct model *find_at_provider(const struct catalog *catalog, struct text provider,
                                            struct text name)
{
    const struct model *by_upstream_name = NULL;
    for (size_t i = 0; i < catalog->model_count; i++) {
        const struct model *model = &catalog->models[i];
        if (!model->provider_name || !text_is(provider, model->provider_name))
            continue;
        if (text_is(name, model->object.name))
            return model;
        if (!by_upstream_name && text_is(name, model->upstream_model))
            by_upstream_name = model;
    }
    return by_upstream_name;
}

/* A model's own name wins over its reading as "provider/model": names may contain slashes. */
const struct model *catalog_find_model(const struct catalog *catalog, struct text name)
{
    const struct model *model = map_find(&catalog->models_by_name, name);
    if (model || name.len == 0)
        return model;
    const char *slash = memchr(name.data, '/', name.len);
    if (!slash)
        return NULL;
    struct text provider = { name.data, (size_t)(slash - name.data) };
    struct text rest = { slash + 1, name.len - provider.len - 1 };
    return find_at_provider(catalog, provider, rest);
}
