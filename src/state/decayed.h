/* decayed.h - two sums that fade with time, in one atomic word.
 *
 * Both halve every five minutes. A mean is the sum of values over the number of samples; successes
 * and failures are two numbers of samples.
 *
 * Accepted race: the sums change together and never tear, their time stands in a word of its own.
 * Two threads that note at the same moment may both fade the sums by the same few milliseconds;
 * after a long silence that can cost the first of their samples. */
#ifndef BOURSE_STATE_DECAYED_H
#define BOURSE_STATE_DECAYED_H

#include <stdatomic.h>
#include <stdint.h>

#define DECAYED_HALF_LIFE_MS (5 * 60 * 1000)

struct decayed {
    _Atomic uint64_t sums; /* two floats */
    _Atomic int64_t at_ms; /* when they were last changed */
};

struct decayed_sums {
    float first, second;
};

void decayed_add(struct decayed *decayed, int64_t now_ms, double first, double second);
struct decayed_sums decayed_read(const struct decayed *decayed, int64_t now_ms);

#endif
