/* status.c - what runs here and how it is doing, as JSON. */
#include "admin/pages.h"
#include "base/clock.h"

static json_t *known(double number, bool is_known)
{
    return is_known ? json_real(number) : json_null();
}

static json_t *quantiles_of(const struct live_quantiles *quantiles)
{
    if (quantiles->count <= 0)
        return json_null();
    return json_pack("{s:f, s:f, s:f, s:f}", "p50", quantiles->p50, "p90", quantiles->p90, "p99",
                     quantiles->p99, "count", quantiles->count);
}

static json_t *latencies_of(const struct live_model *slot, int64_t now_ms)
{
    struct live_latency latencies[LIVE_LATENCIES_MAX];
    size_t count = live_latencies(slot, now_ms, latencies);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct live_latency *latency = &latencies[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:o, s:o}", "tokens_in_up_to", latency->size,
                                        "streamed", latency->streamed, "first_token_ms",
                                        quantiles_of(&latency->first_token_ms), "tokens_per_second",
                                        quantiles_of(&latency->tokens_per_second)));
    }
    return list;
}

typedef double task_mean(const struct live_model *slot, enum task task, int64_t now_ms,
                         double *ret_count);

static json_t *tasks_of(const struct live_model *slot, int64_t now_ms, task_mean *mean_of)
{
    json_t *tasks = json_object();
    for (int task = 0; task < TASK_COUNT; task++) {
        double count, mean = mean_of(slot, (enum task)task, now_ms, &count);
        if (count > 0)
            json_object_set_new(tasks, task_name((enum task)task),
                                json_pack("{s:f, s:f}", "mean", mean, "count", count));
    }
    return tasks;
}

static json_t *health_of(const struct health *health)
{
    json_t *why = health->why ? json_string(fail_row(health->why)->name) : json_null();
    json_t *age = health->age_ms ? json_integer((json_int_t)health->age_ms) : json_null();
    return json_pack("{s:s, s:o, s:I, s:o, s:b, s:f}", "state", health_name(health->state),
                     "age_ms", age, "out_ms", (json_int_t)health->out_ms, "why", why,
                     "whole_provider", health->of_whole_provider, "share",
                     health->state == HEALTH_RECOVERING ? health->share : 1.0);
}

static json_t *live_of(const struct live_model *slot, int64_t now_ms)
{
    struct figures figures = { 0 };
    const struct live_view view = { .now_ms = now_ms, .streamed = true };
    live_read(slot, &view, &figures);
    json_t *ratio = json_pack("{s:o, s:f, s:f}", "mean",
                              known(figures.token_ratio, figures.token_ratio_count > 0), "spread",
                              figures.token_ratio_spread, "count", figures.token_ratio_count);
    json_t *cache =
        json_pack("{s:o, s:f}", "mean", known(figures.cache_hits, figures.cache_hits_count > 0),
                  "count", figures.cache_hits_count);
    return json_pack("{s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "successes",
                     figures.successes, "failures", figures.failures, "latency",
                     latencies_of(slot, now_ms), "token_ratio", ratio, "cache_hits", cache,
                     "output_tokens", tasks_of(slot, now_ms, live_output_tokens), "feedback",
                     tasks_of(slot, now_ms, live_feedback), "inflight",
                     (json_int_t)figures.inflight, "health", health_of(&figures.health));
}

static json_t *models_of(const struct page_facts *facts)
{
    json_t *models = json_array();
    const struct catalog *catalog = &facts->snapshot->catalog;
    for (size_t i = 0; i < catalog->model_count; i++)
        json_array_append_new(
            models, json_pack("{s:s, s:s, s:s, s:o}", "name", catalog->models[i].object.name,
                              "provider", catalog->models[i].provider->object.name,
                              "upstream_model", catalog->models[i].upstream_model, "live",
                              live_of(facts->snapshot->slots[i], facts->now_ms)));
    return models;
}

static json_t *ms_or_null(int64_t ms)
{
    return ms >= 0 ? json_integer((json_int_t)ms) : json_null();
}

static json_t *trouble_of(const struct live_token_report *report)
{
    struct arena arena;
    if (!report->last_trouble)
        return json_null();
    arena_init(&arena);
    json_t *words = json_string(token_trouble_words(report->last_trouble, report->detail, &arena));
    arena_clear(&arena);
    return words;
}

/* Everything about it but the token. */
static json_t *token_of(const struct live_token *token, int64_t now_ms)
{
    struct live_token_report report;
    if (!token)
        return json_null();
    live_token_report(token, now_ms, &report);
    return json_pack(
        "{s:s, s:b, s:o, s:o, s:I, s:I, s:I, s:o, s:o}", "source", live_token_source(token),
        "valid", report.is_valid, "ends_in_ms", ms_or_null(report.ends_in_ms), "got_ago_ms",
        ms_or_null(report.got_ago_ms), "next_in_ms", (json_int_t)report.next_in_ms, "fetches",
        (json_int_t)report.fetches, "failures", (json_int_t)report.failures, "last_failure",
        trouble_of(&report), "failed_ago_ms", ms_or_null(report.failed_ago_ms));
}

static json_t *providers_of(const struct page_facts *facts)
{
    json_t *providers = json_array();
    const struct catalog *catalog = &facts->snapshot->catalog;
    for (size_t i = 0; i < catalog->provider_count; i++) {
        const struct provider *provider = &catalog->providers[i];
        struct health health =
            live_provider_health(facts->snapshot->provider_slots[i], facts->now_ms);
        const struct live_token *token = facts->snapshot->token_slots[i];
        bool has_key = secret_is_set(provider->api_key) ||
                       secret_is_set(provider->secret_access_key) ||
                       (token && live_token_is_valid(token, facts->now_ms));
        json_array_append_new(
            providers, json_pack("{s:s, s:s?, s:b, s:o, s:o}", "name", provider->object.name,
                                 "base_url", provider->base_url, "has_key", has_key, "health",
                                 health_of(&health), "token", token_of(token, facts->now_ms)));
    }
    return providers;
}

static json_t *routes_of(const struct page_facts *facts)
{
    json_t *routes = json_array();
    const struct policy *policy = &facts->snapshot->policy;
    for (size_t i = 0; i < policy->route_count; i++) {
        const struct route *route = &policy->routes[i];
        struct live_route_report report;
        live_route_report(facts->snapshot->route_slots[i], &report);
        json_t *most =
            route->max_inflight ? json_integer((json_int_t)route->max_inflight) : json_null();
        json_array_append_new(routes, json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "name",
                                                route->object.name, "max_inflight", most,
                                                "inflight", (json_int_t)report.inflight, "waiting",
                                                (json_int_t)report.waiting, "hedges",
                                                (json_int_t)report.hedges, "hedges_withheld",
                                                (json_int_t)report.hedges_withheld));
    }
    return routes;
}

json_t *page_status(const struct page_facts *facts)
{
    const struct snapshot *snapshot = facts->snapshot;
    return json_pack("{s:s, s:i, s:I, s:i, s:b, s:{s:s, s:s, s:I}, s:o, s:o, s:o}", "version",
                     BOURSE_VERSION, "pid", facts->pid, "uptime_s",
                     (json_int_t)((facts->now_ms - facts->started_ms) / 1000), "workers",
                     facts->workers, "draining", facts->draining, "configuration", "path",
                     snapshot->path, "sha256", snapshot->digest, "age_s",
                     (json_int_t)((clock_wall_ms() - snapshot->loaded_wall_ms) / 1000), "providers",
                     providers_of(facts), "models", models_of(facts), "routes", routes_of(facts));
}
