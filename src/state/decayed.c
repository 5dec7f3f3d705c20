/* decayed.c - two sums that fade, in one atomic word. */
#include "decayed.h"

#include <math.h>
#include <string.h>

/* Less than that is a matter of long ago: its mean would be rounding. */
#define COUNT_LEAST 1e-3f

static struct decayed_sums unpack(uint64_t word)
{
    struct decayed_sums sums;
    memcpy(&sums, &word, sizeof(sums));
    return sums;
}

static uint64_t pack(struct decayed_sums sums)
{
    uint64_t word;
    memcpy(&word, &sums, sizeof(word));
    return word;
}

/* Most of the time little has passed, and three terms of the series are as good as the power. */
double decay_rest(const struct decay *decay, int64_t elapsed_ms)
{
    if (elapsed_ms <= 0)
        return 1;
    double lives = (double)elapsed_ms / (double)decay->half_life_ms;
    if (lives > 0.05)
        return exp2(-lives);
    double x = lives * M_LN2;
    return 1 - x * (1 - x * (0.5 - x / 6));
}

static struct decayed_sums scaled(struct decayed_sums sums, double by)
{
    return (struct decayed_sums){ (float)(sums.first * by), (float)(sums.second * by) };
}

static struct decayed_sums added(struct decayed_sums sums, const struct decay *decay, double first,
                                 double second)
{
    sums.first += (float)first;
    sums.second += (float)second;
    return sums.second > decay->most ? scaled(sums, decay->most / sums.second) : sums;
}

void decayed_add(struct decayed *decayed, const struct decay *decay, int64_t now_ms, double first,
                 double second)
{
    uint64_t before = atomic_load_explicit(&decayed->sums, memory_order_relaxed);
    uint64_t after;
    do {
        int64_t at_ms = atomic_load_explicit(&decayed->at_ms, memory_order_relaxed);
        struct decayed_sums sums = scaled(unpack(before), decay_rest(decay, now_ms - at_ms));
        after = pack(added(sums, decay, first, second));
    } while (!atomic_compare_exchange_weak_explicit(&decayed->sums, &before, after,
                                                    memory_order_relaxed, memory_order_relaxed));
    if (atomic_load_explicit(&decayed->at_ms, memory_order_relaxed) < now_ms)
        atomic_store_explicit(&decayed->at_ms, now_ms, memory_order_relaxed);
}

struct decayed_sums decayed_read(const struct decayed *decayed, const struct decay *decay,
                                 int64_t now_ms)
{
    uint64_t sums = atomic_load_explicit(&decayed->sums, memory_order_relaxed);
    if (!sums)
        return (struct decayed_sums){ 0, 0 };
    int64_t at_ms = atomic_load_explicit(&decayed->at_ms, memory_order_relaxed);
    return scaled(unpack(sums), decay_rest(decay, now_ms - at_ms));
}

void decayed_set(struct decayed *decayed, int64_t at_ms, struct decayed_sums sums)
{
    atomic_store_explicit(&decayed->at_ms, at_ms, memory_order_relaxed);
    atomic_store_explicit(&decayed->sums, pack(sums), memory_order_relaxed);
}

void decayed_level(struct decayed *decayed)
{
    uint64_t before = atomic_load_explicit(&decayed->sums, memory_order_relaxed), after;
    do {
        struct decayed_sums sums = unpack(before);
        sums.second = sums.first;
        after = pack(sums);
    } while (!atomic_compare_exchange_weak_explicit(&decayed->sums, &before, after,
                                                    memory_order_relaxed, memory_order_relaxed));
}

double decayed_mean(const struct decayed *decayed, const struct decay *decay, int64_t now_ms,
                    double *ret_count)
{
    struct decayed_sums sums = decayed_read(decayed, decay, now_ms);
    *ret_count = sums.second > COUNT_LEAST ? (double)sums.second : 0;
    return *ret_count > 0 ? (double)sums.first / (double)sums.second : 0;
}
