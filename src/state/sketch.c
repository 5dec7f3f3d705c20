/* sketch.c - how a quantity was spread lately: a histogram on a logarithmic scale that fades. */
#include "sketch.h"

#include <math.h>
#include <string.h>

/* The weights fade in steps: an eighth of a half-life is 8 %. */
#define FADE_STEPS 8

/* While there are few samples each one is seen at once; later every eighth. */
#define PUBLISH_ALWAYS 64
#define PUBLISH_EVERY  8

#define COUNT_LEAST 1e-2

struct pair {
    float first, second;
};

static uint64_t pack(float first, float second)
{
    struct pair pair = { first, second };
    uint64_t word;
    memcpy(&word, &pair, sizeof(word));
    return word;
}

static struct pair unpack(uint64_t word)
{
    struct pair pair;
    memcpy(&pair, &word, sizeof(pair));
    return pair;
}

static size_t bucket_of(double value)
{
    if (!(value > 1))
        return 0;
    int octave;
    double rest = frexp(value, &octave) * 2; /* 1 to 2 */
    size_t quarter = (size_t)(rest >= M_SQRT2) * 2;
    quarter += rest >= (quarter ? 1.6817928305074292 : 1.189207115002721); /* 2^(3/4), 2^(1/4) */
    size_t bucket = (size_t)(octave - 1) * 4 + quarter;
    return bucket < SKETCH_BUCKETS ? bucket : SKETCH_BUCKETS - 1;
}

static uint32_t weight_of(const struct sketch *sketch, size_t bucket)
{
    return atomic_load_explicit(&sketch->weights[bucket], memory_order_relaxed);
}

static uint64_t total_of(const struct sketch *sketch)
{
    uint64_t total = 0;
    for (size_t i = 0; i < SKETCH_BUCKETS; i++)
        total += weight_of(sketch, i);
    return total;
}

static double quantile_of(const struct sketch *sketch, double weight)
{
    for (size_t i = 0; i < SKETCH_BUCKETS; i++) {
        double here = weight_of(sketch, i);
        if (here > 0 && weight <= here)
            return exp2(((double)i + weight / here) / 4);
        weight -= here;
    }
    return exp2(SKETCH_BUCKETS / 4.0);
}

static void scale(struct sketch *sketch, double by)
{
    for (size_t i = 0; i < SKETCH_BUCKETS; i++) {
        uint32_t weight = weight_of(sketch, i);
        if (weight)
            atomic_store_explicit(&sketch->weights[i], (uint32_t)(weight * by),
                                  memory_order_relaxed);
    }
}

static void fade(struct sketch *sketch, const struct decay *decay, int64_t now_ms)
{
    int64_t faded_ms = atomic_load_explicit(&sketch->faded_ms, memory_order_relaxed);
    if (now_ms - faded_ms < decay->half_life_ms / FADE_STEPS)
        return;
    /* Whoever moves the time fades the weights. */
    if (atomic_compare_exchange_strong_explicit(&sketch->faded_ms, &faded_ms, now_ms,
                                                memory_order_relaxed, memory_order_relaxed))
        scale(sketch, decay_rest(decay, now_ms - faded_ms));
}

static void publish(struct sketch *sketch, double total)
{
    double p50 = total > 0 ? quantile_of(sketch, total * 0.5) : 0;
    double p90 = total > 0 ? quantile_of(sketch, total * 0.9) : 0;
    atomic_store_explicit(&sketch->middle, pack((float)p50, (float)(total / SKETCH_SAMPLE)),
                          memory_order_relaxed);
    atomic_store_explicit(&sketch->high, pack((float)p90, 0), memory_order_relaxed);
}

void sketch_note(struct sketch *sketch, const struct decay *decay, int64_t now_ms, double value)
{
    fade(sketch, decay, now_ms);
    atomic_fetch_add_explicit(&sketch->weights[bucket_of(value)], SKETCH_SAMPLE,
                              memory_order_relaxed);
    uint32_t notes = atomic_fetch_add_explicit(&sketch->notes, 1, memory_order_relaxed);
    float count = unpack(atomic_load_explicit(&sketch->middle, memory_order_relaxed)).second;
    if (count > PUBLISH_ALWAYS && notes % PUBLISH_EVERY)
        return;
    uint64_t total = total_of(sketch);
    if ((double)total > (double)decay->most * SKETCH_SAMPLE) {
        scale(sketch, 0.5);
        total /= 2;
    }
    publish(sketch, (double)total);
}

struct sketch_summary sketch_read(const struct sketch *sketch, const struct decay *decay,
                                  int64_t now_ms)
{
    struct pair middle = unpack(atomic_load_explicit(&sketch->middle, memory_order_relaxed));
    if (middle.second <= 0)
        return (struct sketch_summary){ 0, 0, 0 };
    struct pair high = unpack(atomic_load_explicit(&sketch->high, memory_order_relaxed));
    int64_t faded_ms = atomic_load_explicit(&sketch->faded_ms, memory_order_relaxed);
    double count = (double)middle.second * decay_rest(decay, now_ms - faded_ms);
    if (count < COUNT_LEAST)
        return (struct sketch_summary){ 0, 0, 0 };
    return (struct sketch_summary){ (double)middle.first, (double)high.first, count };
}

double sketch_quantile(const struct sketch *sketch, double share)
{
    double total = (double)total_of(sketch);
    return total > 0 ? quantile_of(sketch, total * share) : 0;
}

void sketch_set(struct sketch *sketch, int64_t faded_ms, const uint32_t weights[SKETCH_BUCKETS])
{
    atomic_store_explicit(&sketch->faded_ms, faded_ms, memory_order_relaxed);
    for (size_t i = 0; i < SKETCH_BUCKETS; i++)
        atomic_store_explicit(&sketch->weights[i], weights[i], memory_order_relaxed);
    publish(sketch, (double)total_of(sketch));
}
