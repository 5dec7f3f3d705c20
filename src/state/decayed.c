/* decayed.c - two sums that fade with time, in one atomic word. */
#include "decayed.h"

#include <math.h>
#include <string.h>

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

static struct decayed_sums faded(struct decayed_sums sums, int64_t elapsed_ms)
{
    if (elapsed_ms <= 0)
        return sums;
    float rest = (float)exp2(-(double)elapsed_ms / DECAYED_HALF_LIFE_MS);
    return (struct decayed_sums){ sums.first * rest, sums.second * rest };
}

void decayed_add(struct decayed *decayed, int64_t now_ms, double first, double second)
{
    uint64_t before = atomic_load_explicit(&decayed->sums, memory_order_relaxed);
    uint64_t after;
    do {
        int64_t at_ms = atomic_load_explicit(&decayed->at_ms, memory_order_relaxed);
        struct decayed_sums sums = faded(unpack(before), now_ms - at_ms);
        sums.first += (float)first;
        sums.second += (float)second;
        after = pack(sums);
    } while (!atomic_compare_exchange_weak_explicit(&decayed->sums, &before, after,
                                                    memory_order_relaxed, memory_order_relaxed));
    if (atomic_load_explicit(&decayed->at_ms, memory_order_relaxed) < now_ms)
        atomic_store_explicit(&decayed->at_ms, now_ms, memory_order_relaxed);
}

struct decayed_sums decayed_read(const struct decayed *decayed, int64_t now_ms)
{
    uint64_t sums = atomic_load_explicit(&decayed->sums, memory_order_relaxed);
    int64_t at_ms = atomic_load_explicit(&decayed->at_ms, memory_order_relaxed);
    return faded(unpack(sums), now_ms - at_ms);
}
