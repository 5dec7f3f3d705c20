/* metrics.h - counters and histograms made of atomics, and Prometheus text.
 *
 * Labels come only from configured names and from tables, never from what a client sent: that is
 * what keeps a label set bounded. */
#ifndef BOURSE_BASE_METRICS_H
#define BOURSE_BASE_METRICS_H

#include <stdatomic.h>

#include "base/buffer.h"

struct counter {
    _Atomic uint64_t count;
};

static inline void counter_add(struct counter *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(&counter->count, amount, memory_order_relaxed);
}

static inline uint64_t counter_read(const struct counter *counter)
{
    return atomic_load_explicit(&counter->count, memory_order_relaxed);
}

struct gauge {
    _Atomic int64_t value;
};

static inline void gauge_add(struct gauge *gauge, int64_t amount)
{
    atomic_fetch_add_explicit(&gauge->value, amount, memory_order_relaxed);
}

static inline int64_t gauge_read(const struct gauge *gauge)
{
    return atomic_load_explicit(&gauge->value, memory_order_relaxed);
}

/* Durations in seconds: upper bounds from 1 ms to 600 s, one overflow bucket. */
#define HISTOGRAM_BUCKETS 15

struct histogram {
    _Atomic uint64_t buckets[HISTOGRAM_BUCKETS + 1];
    _Atomic uint64_t sum_us;
};

void histogram_note_us(struct histogram *histogram, int64_t us);

/* Prometheus text format 0.0.4, a family at a time: HELP and TYPE once, then its samples.
 * `labels` is the inside of the braces, written with metrics_label, or the empty text. */
void metrics_family(struct buffer *out, const char *name, const char *type, const char *help);
void metrics_sample(struct buffer *out, const char *name, struct text labels, double value);
void metrics_histogram(struct buffer *out, const char *name, struct text labels,
                       const struct histogram *histogram);
/* Appends name="value", a comma before it where one is needed, the value escaped. */
void metrics_label(struct buffer *labels, const char *name, const char *value);

#endif
