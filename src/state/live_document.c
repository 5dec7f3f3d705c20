/* live_document.c - the figures of all models, and sessions, as one JSON document, and back. */
#include "live_document.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "evidence_parts.h"
#include "session_document.h"
#include "slot.h"

#define AGE_MAX_MS (10 * 365 * DECAY_DAY)
#define SUM_MAX    1e12
#define WEIGHT_MAX (1 << 24)

/* ---- writing ---- */

static json_t *sum_json(const struct evidence_sum *part, int64_t now_ms)
{
    struct decayed_sums sums = decayed_read(part->sums, part->decay, now_ms);
    return json_pack("[f, f]", (double)sums.first, (double)sums.second);
}

/* [age, bucket, weight, bucket, weight, …] */
static json_t *sketch_json(const struct sketch *sketch, int64_t now_ms)
{
    int64_t faded_ms = atomic_load_explicit(&sketch->faded_ms, memory_order_relaxed);
    json_t *list = json_pack("[I]", (json_int_t)(now_ms > faded_ms ? now_ms - faded_ms : 0));
    for (size_t i = 0; i < SKETCH_BUCKETS; i++) {
        uint32_t weight = atomic_load_explicit(&sketch->weights[i], memory_order_relaxed);
        if (!weight)
            continue;
        json_array_append_new(list, json_integer((json_int_t)i));
        json_array_append_new(list, json_integer(weight));
    }
    return list;
}

static json_t *sums_json(struct evidence *evidence, int64_t now_ms)
{
    struct evidence_sum parts[EVIDENCE_SUMS_MAX];
    size_t count = evidence_sums(evidence, parts);
    json_t *sums = json_object();
    for (size_t i = 0; i < count; i++) {
        double samples;
        decayed_mean(parts[i].sums, parts[i].decay, now_ms, &samples);
        if (samples > 0)
            json_object_set_new(sums, parts[i].name, sum_json(&parts[i], now_ms));
    }
    return sums;
}

static json_t *sketches_json(struct evidence *evidence, int64_t now_ms)
{
    struct evidence_sketch parts[EVIDENCE_SKETCHES_MAX];
    size_t count = evidence_sketches(evidence, parts);
    json_t *sketches = json_object();
    for (size_t i = 0; i < count; i++)
        if (sketch_read(parts[i].sketch, parts[i].decay, now_ms).count > 0)
            json_object_set_new(sketches, parts[i].name, sketch_json(parts[i].sketch, now_ms));
    return sketches;
}

static json_t *model_json(struct live_model *slot, int64_t now_ms)
{
    struct evidence *evidence = &slot->evidence;
    int64_t until_ms = atomic_load_explicit(&slot->health.pause.until_ms, memory_order_relaxed);
    return json_pack("{s:s, s:s, s:I, s:o, s:o}", "model", slot->model, "provider", slot->provider,
                     "resting_ms", (json_int_t)(until_ms > now_ms ? until_ms - now_ms : 0), "sums",
                     sums_json(evidence, now_ms), "sketches", sketches_json(evidence, now_ms));
}

char *live_document_write(const struct live_memory *memory, const struct live_file_clock *clock)
{
    const struct live *live = memory->live;
    json_t *models = json_array();
    for (size_t i = 0; i < live_count(live); i++)
        json_array_append_new(models, model_json(live->slots[i], clock->now_ms));
    json_t *document =
        json_pack("{s:I, s:o, s:o}", "saved_ms", (json_int_t)clock->wall_ms, "models", models,
                  "sessions", session_document_write(memory->sessions, live, clock->now_ms));
    char *printed = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(document);
    return printed;
}

/* ---- reading ---- */

/* The document is walked twice: once without `apply`, to see that all of it can be used. */
struct reading {
    int64_t now_ms, elapsed_ms; /* since it was saved */
    bool apply;
};

static bool read_number(const json_t *json, double most, double *ret_number)
{
    double number = json_number_value(json);
    if (!json_is_number(json) || !isfinite(number) || number < 0 || number > most)
        return false;
    *ret_number = number;
    return true;
}

static bool read_sum(const struct reading *reading, const json_t *list,
                     const struct evidence_sum *part)
{
    double first, second;
    if (!list)
        return true;
    if (json_array_size(list) != 2 || !read_number(json_array_get(list, 0), SUM_MAX, &first) ||
        !read_number(json_array_get(list, 1), SUM_MAX, &second))
        return false;
    if (reading->apply)
        decayed_set(part->sums, reading->now_ms - reading->elapsed_ms,
                    (struct decayed_sums){ (float)first, (float)second });
    return true;
}

static bool read_weights(const json_t *list, uint32_t weights[SKETCH_BUCKETS])
{
    for (size_t i = 1; i < json_array_size(list); i += 2) {
        double bucket, weight;
        if (!read_number(json_array_get(list, i), SKETCH_BUCKETS - 1, &bucket) ||
            !read_number(json_array_get(list, i + 1), WEIGHT_MAX, &weight))
            return false;
        weights[(size_t)bucket] = (uint32_t)weight;
    }
    return true;
}

static bool read_sketch(const struct reading *reading, const json_t *list,
                        const struct evidence_sketch *part)
{
    double age_ms;
    uint32_t weights[SKETCH_BUCKETS] = { 0 };
    if (!list)
        return true;
    if (!read_number(json_array_get(list, 0), (double)AGE_MAX_MS, &age_ms) ||
        !read_weights(list, weights))
        return false;
    if (reading->apply)
        sketch_set(part->sketch, reading->now_ms - reading->elapsed_ms - (int64_t)age_ms, weights);
    return true;
}

static bool read_parts(const struct reading *reading, const json_t *model,
                       struct evidence *evidence)
{
    struct evidence_sum sums[EVIDENCE_SUMS_MAX];
    struct evidence_sketch sketches[EVIDENCE_SKETCHES_MAX];
    size_t count = evidence_sums(evidence, sums);
    for (size_t i = 0; i < count; i++)
        if (!read_sum(reading, json_object_get(json_object_get(model, "sums"), sums[i].name),
                      &sums[i]))
            return false;
    count = evidence_sketches(evidence, sketches);
    for (size_t i = 0; i < count; i++)
        if (!read_sketch(reading,
                         json_object_get(json_object_get(model, "sketches"), sketches[i].name),
                         &sketches[i]))
            return false;
    return true;
}

static struct live_model *find_slot(const struct live *live, const char *model,
                                    const char *provider)
{
    for (size_t i = 0; i < live_count(live); i++) {
        struct live_model *slot = live->slots[i];
        if (strcmp(slot->model, model) == 0 && strcmp(slot->provider, provider) == 0)
            return slot;
    }
    return NULL;
}

static struct live_model *slot_of(const struct live *live, const json_t *json)
{
    const char *model = json_string_value(json_object_get(json, "model"));
    const char *provider = json_string_value(json_object_get(json, "provider"));
    return model && provider ? find_slot(live, model, provider) : NULL;
}

static bool is_named(const json_t *json)
{
    return json_is_string(json_object_get(json, "model")) &&
           json_is_string(json_object_get(json, "provider"));
}

static void set_pause(const struct reading *reading, struct live_model *slot, double resting_ms)
{
    int64_t until_ms = reading->now_ms + (int64_t)resting_ms - reading->elapsed_ms;
    atomic_store_explicit(&slot->health.pause.until_ms, until_ms, memory_order_relaxed);
    atomic_store_explicit(&slot->health.pause.since_ms, reading->now_ms, memory_order_relaxed);
}

/* One that is configured no more has no slot. */
static bool read_model(const struct reading *reading, struct live_model *slot, const json_t *json)
{
    double resting_ms;
    if (!is_named(json) ||
        !read_number(json_object_get(json, "resting_ms"), (double)AGE_MAX_MS, &resting_ms))
        return false;
    if (slot && reading->apply)
        set_pause(reading, slot, resting_ms);
    return !slot || read_parts(reading, json, &slot->evidence);
}

static bool read_members(const struct reading *reading, struct sessions *sessions,
                         const json_t *document, const struct session_models *models)
{
    const json_t *list = json_object_get(document, "models");
    for (size_t i = 0; i < models->count; i++)
        if (!read_model(reading, models->slots[i], json_array_get(list, i)))
            return false;
    return session_document_read(reading->apply ? sessions : NULL,
                                 json_object_get(document, "sessions"), models,
                                 reading->now_ms - reading->elapsed_ms);
}

/* A clock that was set back meanwhile makes nothing younger than it was. */
static bool read_elapsed(const json_t *document, int64_t wall_ms, int64_t *ret_elapsed_ms)
{
    double saved_ms;
    if (!read_number(json_object_get(document, "saved_ms"), 1e15, &saved_ms))
        return false;
    int64_t elapsed_ms = wall_ms - (int64_t)saved_ms;
    *ret_elapsed_ms = elapsed_ms > 0 ? elapsed_ms : 0;
    return true;
}

/* In the order of the document. */
static struct live_model **slots_of(const struct live *live, const json_t *models)
{
    struct live_model **slots = calloc(json_array_size(models) + 1, sizeof(*slots));
    for (size_t i = 0; slots && i < json_array_size(models); i++)
        slots[i] = slot_of(live, json_array_get(models, i));
    return slots;
}

bool live_document_read(const struct live_memory *memory, struct text body,
                        const struct live_file_clock *clock)
{
    json_t *document = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
    const json_t *list = json_object_get(document, "models");
    struct live_model **slots = slots_of(memory->live, list);
    const struct session_models models = { slots, json_array_size(list) };
    struct reading reading = { .now_ms = clock->now_ms };
    bool good = slots && json_is_array(list) &&
                read_elapsed(document, clock->wall_ms, &reading.elapsed_ms) &&
                read_members(&reading, memory->sessions, document, &models);
    reading.apply = true;
    good = good && read_members(&reading, memory->sessions, document, &models);
    free(slots);
    json_decref(document);
    return good;
}
