/* azure.c - where Azure answers what OpenAI answers elsewhere. */
#include "dialect/azure.h"

#include "catalog/catalog.h"
#include "foreign_values.h"

static bool has_versions(const struct provider *provider)
{
    return !text_ends(text_of(provider->base_url), "/v1");
}

struct text azure_path(const struct provider *provider, const char *deployment, struct text path,
                       struct arena *arena)
{
    if (!has_versions(provider))
        return path;
    const char *query = memchr(path.data, '?', path.len) ? "&" : "?";
    const char *at = "";
    if (deployment)
        at = arena_printf(arena, "/deployments/%s", path_segment(deployment, arena));
    return text_of(arena_printf(arena, "/openai%s%.*s%sapi-version=%s", at, TEXT_ARGS(path), query,
                                provider->api_version));
}
