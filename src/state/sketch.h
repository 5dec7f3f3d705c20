/* sketch.h - how a quantity was spread lately: a histogram on a logarithmic scale that fades.
 *
 *     value   1      1.19   1.41   1.68   2      2.38  …      bucket i begins at 2^(i/4) units
 *            ├──────┼──────┼──────┼──────┼──────┼─────
 *
 * A quarter of an octave is as fine as a decision can use, and within a bucket a quantile is
 * interpolated. A histogram and not a running estimate, because a median must not move when one
 * answer takes a minute, because 50 % and 90 % come from the same samples, and because what it
 * holds can be written to a file and read back.
 *
 * Writers add to one bucket and publish the two quantiles and the number of samples; readers, of
 * which there are many for each writer, look at the published words only.
 *
 * Accepted race: a sample added while another thread fades the buckets may fade with them, and two
 * threads that find the sketch too full at the same moment may both halve it. */
#ifndef BOURSE_STATE_SKETCH_H
#define BOURSE_STATE_SKETCH_H

#include "decayed.h"

#define SKETCH_BUCKETS 72  /* 18 octaves: 1 ms to 4 minutes */
#define SKETCH_SAMPLE  256 /* the weight of one sample that has not faded */

struct sketch {
    _Atomic uint64_t middle;  /* two floats: the median, and the number of samples */
    _Atomic uint64_t high;    /* two floats: the 90 % quantile, and nothing */
    _Atomic int64_t faded_ms; /* until when the weights have faded */
    _Atomic uint32_t notes;
    _Atomic uint32_t weights[SKETCH_BUCKETS];
};

struct sketch_summary {
    double p50, p90, count; /* units; units; decayed number of samples */
};

/* `value` in units, at least 1 counts as different from less. */
void sketch_note(struct sketch *sketch, const struct decay *decay, int64_t now_ms, double value);

/* Two loads. All 0 where nothing was noted, or all of it has faded. */
struct sketch_summary sketch_read(const struct sketch *sketch, const struct decay *decay,
                                  int64_t now_ms);

/* Any quantile, 0 to 1, from the buckets; 0 where nothing was noted. */
double sketch_quantile(const struct sketch *sketch, double share);

/* As read from a file: the weights as they were at `faded_ms`. Nobody else looks yet. */
void sketch_set(struct sketch *sketch, int64_t faded_ms, const uint32_t weights[SKETCH_BUCKETS]);

#endif
