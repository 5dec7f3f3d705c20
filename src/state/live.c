/* live.c - how each model is doing: slots of atomics that survive every reload. */
#include "state/live.h"

#include <stdlib.h>

#include "slot.h"

struct live *live_new(void)
{
    struct live *live = calloc(1, sizeof(*live));
    if (!live)
        abort();
    arena_init(&live->arena);
    map_init(&live->by_name, &live->arena);
    map_init(&live->providers_by_name, &live->arena);
    map_init(&live->routes_by_name, &live->arena);
    pthread_mutex_init(&live->lock, NULL);
    return live;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    pthread_mutex_destroy(&live->lock);
    arena_clear(&live->arena);
    free(live);
}

static struct live_provider *provider_new(struct live *live, const char *name)
{
    struct live_provider *provider = arena_new(&live->arena, struct live_provider);
    provider->name = arena_string(&live->arena, name);
    size_t count = atomic_load_explicit(&live->provider_count, memory_order_relaxed);
    live->providers[count] = provider;
    atomic_store_explicit(&live->provider_count, count + 1, memory_order_release);
    return provider;
}

static struct live_provider *provider_locked(struct live *live, const char *name)
{
    struct live_provider *provider = map_find(&live->providers_by_name, text_of(name));
    if (provider)
        return provider;
    if (live->providers_by_name.count < LIVE_PROVIDERS_MAX) {
        provider = provider_new(live, name);
        map_add(&live->providers_by_name, text_of(provider->name), provider);
        return provider;
    }
    if (!live->other_provider)
        live->other_provider = provider_new(live, "other");
    return live->other_provider;
}

struct live_provider *live_provider_slot(struct live *live, const char *provider)
{
    pthread_mutex_lock(&live->lock);
    struct live_provider *slot = provider_locked(live, provider);
    pthread_mutex_unlock(&live->lock);
    return slot;
}

static struct live_model *slot_new(struct live *live, const char *model, const char *provider)
{
    struct live_model *slot = arena_new(&live->arena, struct live_model);
    slot->health.provider = provider_locked(live, provider);
    slot->model = arena_string(&live->arena, model);
    slot->provider = arena_string(&live->arena, provider);
    size_t count = atomic_load_explicit(&live->count, memory_order_relaxed);
    slot->index = (uint32_t)count;
    live->slots[count] = slot;
    atomic_store_explicit(&live->count, count + 1, memory_order_release);
    return slot;
}

static struct live_model *slot_locked(struct live *live, const char *model, const char *provider,
                                      struct text name)
{
    struct live_model *slot = map_find(&live->by_name, name);
    if (slot)
        return slot;
    if (live->by_name.count < LIVE_SLOTS_MAX) {
        slot = slot_new(live, model, provider);
        map_add(&live->by_name, arena_text(&live->arena, name), slot);
        return slot;
    }
    if (!live->other)
        live->other = slot_new(live, "other", "other");
    return live->other;
}

/* A model that moves to another provider is another model as far as its figures go. */
struct live_model *live_slot(struct live *live, const char *model, const char *provider)
{
    struct arena
        names; /* a reload asks for every slot again: what is only looked up must not stay */
    arena_init(&names);
    const char *at = provider ? provider : "";
    struct text name = text_of(arena_printf(&names, "%s/%s", at, model));
    pthread_mutex_lock(&live->lock);
    struct live_model *slot = slot_locked(live, model, at, name);
    pthread_mutex_unlock(&live->lock);
    arena_clear(&names);
    return slot;
}

void live_note_start(struct live_model *slot)
{
    gauge_add(&slot->evidence.inflight, 1);
    counter_add(&slot->attempts, 1);
}

void live_note_explored(struct live_model *slot)
{
    counter_add(&slot->explored, 1);
}

void live_note_feedback(struct live_model *slot, enum task task, double score, int64_t now_ms)
{
    counter_add(&slot->feedback, 1);
    decayed_add(&slot->evidence.feedback[task], &decay_feedback, now_ms, score, 1);
}

const char *live_model_name(const struct live_model *slot)
{
    return slot->model;
}

static void note_times(struct live_model *slot, const struct attempt_outcome *outcome)
{
    if (outcome->duration_ms >= 0)
        histogram_note_us(&slot->duration_histogram, outcome->duration_ms * 1000);
    if (outcome->first_token_ms >= 0)
        histogram_note_us(&slot->first_token_histogram, outcome->first_token_ms * 1000);
}

static void count_tokens(struct counter *counter, int64_t tokens)
{
    if (tokens > 0)
        counter_add(counter, (uint64_t)tokens);
}

static void note_usage(struct live_model *slot, const struct attempt_outcome *outcome)
{
    const struct usage *usage = &outcome->usage;
    count_tokens(&slot->tokens_in, usage->tokens_in);
    count_tokens(&slot->tokens_out, usage->tokens_out);
    count_tokens(&slot->tokens_cached, usage->tokens_cached);
    if (outcome->cost > 0)
        counter_add(&slot->cost_nanousd, (uint64_t)(outcome->cost * 1e9 + 0.5));
}

void live_note_end(struct live_model *slot, const struct attempt_outcome *outcome)
{
    gauge_add(&slot->evidence.inflight, -1);
    if (outcome->fail != FAIL_NONE)
        counter_add(&slot->failures[outcome->fail], 1);
    note_times(slot, outcome);
    note_usage(slot, outcome);
    evidence_note(&slot->evidence, outcome);
    if (health_note(&slot->health, outcome))
        evidence_forgive(&slot->evidence);
}

struct health live_health(const struct live_model *slot, int64_t now_ms)
{
    return health_read(&slot->health, now_ms);
}

void live_read(const struct live_model *slot, const struct live_view *view,
               struct figures *ret_figures)
{
    evidence_read(&slot->evidence, view, ret_figures);
    ret_figures->health = live_health(slot, view->now_ms);
}

struct live_totals *live_totals(struct live *live)
{
    return &live->totals;
}

size_t live_count(const struct live *live)
{
    return atomic_load_explicit(&live->count, memory_order_acquire);
}

void live_report(const struct live *live, size_t index, int64_t now_ms,
                 struct live_report *ret_report)
{
    const struct live_model *slot = live->slots[index];
    *ret_report = (struct live_report){
        .model = slot->model,
        .provider = slot->provider,
        .attempts = counter_read(&slot->attempts),
        .explored = counter_read(&slot->explored),
        .feedback = counter_read(&slot->feedback),
        .opened = counter_read(&slot->health.breaker.opened),
        .breaker = breaker_read(&slot->health.breaker, now_ms),
        .pause_ms = health_pause_ms(&slot->health, now_ms),
        .tokens_in = counter_read(&slot->tokens_in),
        .tokens_out = counter_read(&slot->tokens_out),
        .tokens_cached = counter_read(&slot->tokens_cached),
        .cost = (double)counter_read(&slot->cost_nanousd) / 1e9,
        .first_token = &slot->first_token_histogram,
        .duration = &slot->duration_histogram,
    };
    for (int fail = 0; fail < FAIL_COUNT; fail++)
        ret_report->failures[fail] = counter_read(&slot->failures[fail]);
    live_read(slot, &(struct live_view){ .now_ms = now_ms, .streamed = true },
              &ret_report->figures);
}

struct health live_provider_health(const struct live_provider *provider, int64_t now_ms)
{
    return health_read_provider(provider, now_ms);
}

size_t live_provider_count(const struct live *live)
{
    return atomic_load_explicit(&live->provider_count, memory_order_acquire);
}

void live_provider_report(const struct live *live, size_t index, int64_t now_ms,
                          struct live_provider_report *ret_report)
{
    const struct live_provider *provider = live->providers[index];
    *ret_report = (struct live_provider_report){
        .provider = provider->name,
        .health = live_provider_health(provider, now_ms),
        .opened = counter_read(&provider->breaker.opened),
        .retries = counter_read(&provider->budget.taken),
        .retries_refused = counter_read(&provider->budget.refused),
    };
}
