/* bearers.c - how the bearer tokens are that are taken from a source, for Prometheus. */
#include "families.h"

#define LABELS_MAX 2048

static double is_valid(const struct live_token_report *report)
{
    return report->is_valid;
}

/* One that does not end, or is not there, has no seconds: an alarm on few seconds stays silent for
 * the first, and the second has one of its own. */
static double seconds_left(const struct live_token_report *report)
{
    return report->ends_in_ms < 0 ? -1 : (double)report->ends_in_ms / 1000;
}

static double fetches(const struct live_token_report *report)
{
    return (double)report->fetches;
}

static double failures(const struct live_token_report *report)
{
    return (double)report->failures;
}

static const struct {
    const char *name;
    double (*value)(const struct live_token_report *report);
} rows[] = {
    { "bourse_bearer_valid", is_valid },
    { "bourse_bearer_seconds", seconds_left },
    { "bourse_bearer_fetches_total", fetches },
    { "bourse_bearer_failures_total", failures },
};

static void print(struct buffer *out, const struct page_facts *facts, size_t row, size_t provider,
                  struct buffer *labels)
{
    const struct snapshot *snapshot = facts->snapshot;
    const struct live_token *token = snapshot->token_slots[provider];
    struct live_token_report report;
    if (!token)
        return;
    live_token_report(token, facts->now_ms, &report);
    const double value = rows[row].value(&report);
    labels->len = 0;
    metrics_label(labels, "provider", snapshot->catalog.providers[provider].object.name);
    if (value >= 0)
        metrics_sample(out, rows[row].name, buffer_text(labels), value);
}

void metrics_bearers(struct buffer *out, const struct page_facts *facts)
{
    struct buffer labels;
    buffer_init(&labels, LABELS_MAX);
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        metrics_begin(out, rows[row].name);
        for (size_t i = 0; i < facts->snapshot->catalog.provider_count; i++)
            print(out, facts, row, i, &labels);
    }
    buffer_clear(&labels);
}
