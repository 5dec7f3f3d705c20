/* metrics.c - histograms, and Prometheus text format 0.0.4. */
#include "base/metrics.h"

#include <math.h>

/* Upper bounds; from a cache's answer to the longest that a client waits. */
static const struct {
    int64_t us;
    const char *label;
} bounds[HISTOGRAM_BUCKETS] = {
    { 1000, "0.001" },  { 5000, "0.005" },    { 10000, "0.01" },    { 25000, "0.025" },
    { 50000, "0.05" },  { 100000, "0.1" },    { 250000, "0.25" },   { 500000, "0.5" },
    { 1000000, "1" },   { 2500000, "2.5" },   { 5000000, "5" },     { 15000000, "15" },
    { 60000000, "60" }, { 300000000, "300" }, { 600000000, "600" },
};

void histogram_note_us(struct histogram *histogram, int64_t us)
{
    size_t bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS && us > bounds[bucket].us)
        bucket++;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, us > 0 ? (uint64_t)us : 0, memory_order_relaxed);
}

void metrics_family(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void sample(struct buffer *out, const char *name, const char *suffix, struct text labels,
                   double value)
{
    buffer_printf(out, "%s%s", name, suffix);
    if (labels.len)
        buffer_printf(out, "{%.*s}", TEXT_ARGS(labels));
    if (value == floor(value) && fabs(value) < 1e15)
        buffer_printf(out, " %.0f\n", value);
    else
        buffer_printf(out, " %.9g\n", value);
}

void metrics_sample(struct buffer *out, const char *name, struct text labels, double value)
{
    sample(out, name, "", labels, value);
}

void metrics_histogram(struct buffer *out, const char *name, struct text labels,
                       const struct histogram *histogram)
{
    uint64_t count = 0;
    const char *comma = labels.len ? "," : "";
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        count += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        buffer_printf(out, "%s_bucket{%.*s%sle=\"%s\"} %llu\n", name, TEXT_ARGS(labels), comma,
                      i < HISTOGRAM_BUCKETS ? bounds[i].label : "+Inf", (unsigned long long)count);
    }
    uint64_t sum_us = atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    sample(out, name, "_sum", labels, (double)sum_us / 1e6);
    sample(out, name, "_count", labels, (double)count);
}

void metrics_label(struct buffer *labels, const char *name, const char *value)
{
    buffer_printf(labels, "%s%s=\"", labels->len ? "," : "", name);
    for (; *value; value++) {
        if (*value == '\n')
            buffer_append_string(labels, "\\n");
        else if (*value == '"' || *value == '\\')
            buffer_printf(labels, "\\%c", *value);
        else
            buffer_append(labels, value, 1);
    }
    buffer_append_string(labels, "\"");
}
