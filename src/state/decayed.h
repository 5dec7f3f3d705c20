/* decayed.h - two sums that fade, in one atomic word.
 *
 * `first` is a sum of values, `second` the number of samples behind it; a mean is one over the
 * other. Both halve every half_life_ms, and together they are scaled down when the number passes
 * `most`, so that however much has happened, new samples are still heard.
 *
 * Accepted race: the sums change together and never tear, their time stands in a word of its own.
 * Two threads that note at the same moment may both fade the sums by the same few milliseconds;
 * after a long silence that can cost the first of their samples. */
#ifndef BOURSE_STATE_DECAYED_H
#define BOURSE_STATE_DECAYED_H

#include <stdatomic.h>
#include <stdint.h>

#define DECAY_SECOND 1000
#define DECAY_MINUTE (60 * DECAY_SECOND)
#define DECAY_HOUR   (60 * DECAY_MINUTE)
#define DECAY_DAY    (24LL * DECAY_HOUR)

/* How fast something that is measured goes out of date. */
struct decay {
    int64_t half_life_ms;
    float most; /* samples */
};

struct decayed {
    _Atomic uint64_t sums; /* two floats */
    _Atomic int64_t at_ms; /* when they were last changed */
};

struct decayed_sums {
    float first, second;
};

/* What is left of something after so long: 1 at once, 0.5 after a half-life. */
double decay_rest(const struct decay *decay, int64_t elapsed_ms);

void decayed_add(struct decayed *decayed, const struct decay *decay, int64_t now_ms, double first,
                 double second);
struct decayed_sums decayed_read(const struct decayed *decayed, const struct decay *decay,
                                 int64_t now_ms);
/* As they were read from a file; nobody else looks yet. */
void decayed_set(struct decayed *decayed, int64_t at_ms, struct decayed_sums sums);

/* Both sums become the first: as if every sample had been a whole one. */
void decayed_level(struct decayed *decayed);

/* The mean of what was noted; *ret_count is 0 where nothing is left of it. */
double decayed_mean(const struct decayed *decayed, const struct decay *decay, int64_t now_ms,
                    double *ret_count);

#endif
