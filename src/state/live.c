/* live.c - how each model is doing: slots of atomics that survive every reload. */
#include "state/live.h"

#include <pthread.h>
#include <stdlib.h>

#include "decayed.h"

/* A provider that asks for more rest than this is tried again all the same. */
#define REST_MAX_MS (60 * 60 * 1000)

struct live_model {
    const char *model, *provider;
    struct decayed first_token, speed, outcomes, token_ratio, output; /* sums over counts */
    _Atomic int64_t resting_until_ms;
    struct gauge inflight;
    struct counter attempts, failures[FAIL_COUNT];
    struct counter tokens_in, tokens_out, tokens_cached;
    struct counter cost_nanousd;
    struct histogram first_token_histogram, duration_histogram;
};

struct live {
    struct arena arena; /* slots and their names; the lock guards it and the map */
    pthread_mutex_t lock;
    struct map by_name; /* "provider/model" */
    struct live_model *other;
    _Atomic size_t count; /* stored after the slot: who reads it may read the slot */
    struct live_model *slots[LIVE_SLOTS_MAX + 1];
    struct live_totals totals;
};

struct live *live_new(void)
{
    struct live *live = calloc(1, sizeof(*live));
    if (!live)
        abort();
    arena_init(&live->arena);
    map_init(&live->by_name, &live->arena);
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

static struct live_model *slot_new(struct live *live, const char *model, const char *provider)
{
    struct live_model *slot = arena_new(&live->arena, struct live_model);
    slot->model = arena_string(&live->arena, model);
    slot->provider = arena_string(&live->arena, provider);
    size_t count = atomic_load_explicit(&live->count, memory_order_relaxed);
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
    gauge_add(&slot->inflight, 1);
    counter_add(&slot->attempts, 1);
}

static void note_outcome(struct live_model *slot, const struct attempt_outcome *outcome)
{
    counter_add(&slot->failures[outcome->fail], outcome->fail != FAIL_NONE);
    if (outcome->fail == FAIL_NONE)
        decayed_add(&slot->outcomes, outcome->now_ms, 1, 0);
    else if (fail_row(outcome->fail)->providers_fault)
        decayed_add(&slot->outcomes, outcome->now_ms, 0, 1);
    if (outcome->retry_after_ms <= 0)
        return;
    int64_t rest = outcome->retry_after_ms < REST_MAX_MS ? outcome->retry_after_ms : REST_MAX_MS;
    atomic_store_explicit(&slot->resting_until_ms, outcome->now_ms + rest, memory_order_relaxed);
}

static void note_times(struct live_model *slot, const struct attempt_outcome *outcome)
{
    if (outcome->duration_ms >= 0)
        histogram_note_us(&slot->duration_histogram, outcome->duration_ms * 1000);
    if (outcome->first_token_ms < 0)
        return;
    histogram_note_us(&slot->first_token_histogram, outcome->first_token_ms * 1000);
    decayed_add(&slot->first_token, outcome->now_ms, (double)outcome->first_token_ms, 1);

    int64_t writing_ms = outcome->duration_ms - outcome->first_token_ms;
    int64_t tokens = outcome->usage.tokens_out - 1; /* those after the first */
    if (outcome->streamed && outcome->fail == FAIL_NONE && writing_ms > 0 && tokens > 0)
        decayed_add(&slot->speed, outcome->now_ms, (double)tokens * 1000 / (double)writing_ms, 1);
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
    if (outcome->fail != FAIL_NONE)
        return;
    if (usage->tokens_out >= 0)
        decayed_add(&slot->output, outcome->now_ms, (double)usage->tokens_out, 1);
    if (usage->tokens_in > 0 && outcome->chars_estimated > 0)
        decayed_add(&slot->token_ratio, outcome->now_ms,
                    (double)usage->tokens_in / (double)outcome->chars_estimated, 1);
}

void live_note_end(struct live_model *slot, const struct attempt_outcome *outcome)
{
    gauge_add(&slot->inflight, -1);
    note_outcome(slot, outcome);
    note_times(slot, outcome);
    note_usage(slot, outcome);
}

static void read_mean(const struct decayed *decayed, int64_t now_ms, double *ret_mean,
                      double *ret_count)
{
    struct decayed_sums sums = decayed_read(decayed, now_ms);
    bool any = sums.second > 1e-6f; /* less than that is a matter of hours ago */
    *ret_mean = any ? (double)sums.first / (double)sums.second : 0;
    *ret_count = any ? (double)sums.second : 0;
}

void live_read(const struct live_model *slot, int64_t now_ms, struct figures *ret_figures)
{
    struct figures figures = { .inflight = gauge_read(&slot->inflight) };
    read_mean(&slot->first_token, now_ms, &figures.first_token_ms, &figures.first_token_count);
    read_mean(&slot->speed, now_ms, &figures.tokens_per_second, &figures.speed_count);
    read_mean(&slot->token_ratio, now_ms, &figures.tokens_per_char, &figures.token_ratio_count);
    read_mean(&slot->output, now_ms, &figures.output_tokens, &figures.output_count);
    struct decayed_sums outcomes = decayed_read(&slot->outcomes, now_ms);
    figures.successes = (double)outcomes.first;
    figures.failures = (double)outcomes.second;
    int64_t until = atomic_load_explicit(&slot->resting_until_ms, memory_order_relaxed);
    figures.resting_ms = until > now_ms ? until - now_ms : 0;
    *ret_figures = figures;
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
        .tokens_in = counter_read(&slot->tokens_in),
        .tokens_out = counter_read(&slot->tokens_out),
        .tokens_cached = counter_read(&slot->tokens_cached),
        .cost = (double)counter_read(&slot->cost_nanousd) / 1e9,
        .first_token = &slot->first_token_histogram,
        .duration = &slot->duration_histogram,
    };
    for (int fail = 0; fail < FAIL_COUNT; fail++)
        ret_report->failures[fail] = counter_read(&slot->failures[fail]);
    live_read(slot, now_ms, &ret_report->figures);
}
