/* status.c - what runs here and how it is doing, as JSON. */
#include "admin/pages.h"
#include "base/clock.h"

static json_t *known(double number, bool is_known)
{
    return is_known ? json_real(number) : json_null();
}

static json_t *figures_of(const struct figures *figures)
{
    return json_pack("{s:o, s:f, s:o, s:f, s:f, s:f, s:I, s:I}", "first_token_ms",
                     known(figures->first_token_ms, figures->first_token_count > 0),
                     "first_token_count", figures->first_token_count, "tokens_per_second",
                     known(figures->tokens_per_second, figures->speed_count > 0),
                     "tokens_per_second_count", figures->speed_count, "successes",
                     figures->successes, "failures", figures->failures, "inflight",
                     (json_int_t)figures->inflight, "resting_ms", (json_int_t)figures->resting_ms);
}

static json_t *models_of(const struct page_facts *facts)
{
    json_t *models = json_array();
    const struct catalog *catalog = &facts->snapshot->catalog;
    for (size_t i = 0; i < catalog->model_count; i++) {
        struct figures figures = { 0 };
        live_read(facts->snapshot->slots[i], facts->now_ms, &figures);
        json_array_append_new(models, json_pack("{s:s, s:s, s:s, s:o}", "name",
                                                catalog->models[i].object.name, "provider",
                                                catalog->models[i].provider->object.name,
                                                "upstream_model", catalog->models[i].upstream_model,
                                                "live", figures_of(&figures)));
    }
    return models;
}

static json_t *providers_of(const struct catalog *catalog)
{
    json_t *providers = json_array();
    for (size_t i = 0; i < catalog->provider_count; i++) {
        const struct provider *provider = &catalog->providers[i];
        json_array_append_new(
            providers, json_pack("{s:s, s:s?, s:b}", "name", provider->object.name, "base_url",
                                 provider->base_url, "has_key", secret_is_set(provider->api_key)));
    }
    return providers;
}

json_t *page_status(const struct page_facts *facts)
{
    const struct snapshot *snapshot = facts->snapshot;
    return json_pack("{s:s, s:I, s:i, s:b, s:{s:s, s:s, s:I}, s:o, s:o}", "version", BOURSE_VERSION,
                     "uptime_s", (json_int_t)((facts->now_ms - facts->started_ms) / 1000),
                     "workers", facts->workers, "draining", facts->draining, "configuration",
                     "path", snapshot->path, "sha256", snapshot->digest, "age_s",
                     (json_int_t)((clock_wall_ms() - snapshot->loaded_wall_ms) / 1000), "providers",
                     providers_of(&snapshot->catalog), "models", models_of(facts));
}
