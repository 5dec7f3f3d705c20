/* metrics.c - the page that Prometheus reads. */
#include <stddef.h>

#include "base/log.h"
#include "families.h"

#define LABELS_MAX 2048

/* A plain number of the process: a row each. */
struct total_row {
    const char *name;
    size_t offset; /* into struct live_totals */
    bool gauge;
    const char *doc;
};

#define TOTAL(member) offsetof(struct live_totals, member)

static const struct total_row total_rows[] = {
    { "bourse_client_gone_total", TOTAL(client_gone), false, "Exchanges whose client left early." },
    { "bourse_client_retries_total", TOTAL(client_retries), false,
      "Requests that a client says it has sent before (x-stainless-retry-count)." },
    { "bourse_upstream_cancelled_total", TOTAL(upstream_cancelled), false,
      "Provider calls ended because the client left." },
    { "bourse_fallbacks_total", TOTAL(fallbacks), false, "Attempts after a first one failed." },
    { "bourse_hedges_started_total", TOTAL(hedges_started), false,
      "Second attempts started beside a late first one (`hedge`)." },
    { "bourse_hedges_won_total", TOTAL(hedges_won), false,
      "Of these, those whose answer was given." },
    { "bourse_hedges_withheld_total", TOTAL(hedges_withheld), false,
      "Second attempts not started: the route's hedge_share was used up." },
    { "bourse_tokens_wasted_total", TOTAL(tokens_wasted), false,
      "Output tokens of attempts that failed or were outrun: as reported, else the events that said something." },
    { "bourse_events_relayed_total", TOTAL(events_relayed), false, "SSE events heard." },
    { "bourse_events_malformed_total", TOTAL(events_malformed), false,
      "SSE events dropped because they were not JSON." },
    { "bourse_bytes_in_total", TOTAL(bytes_in), false, "Bytes of request bodies." },
    { "bourse_bytes_out_total", TOTAL(bytes_out), false, "Bytes of reply bodies." },
    { "bourse_reloads_total", TOTAL(reloads_ok), false, "Configurations taken over." },
    { "bourse_feedback_comments_total", TOTAL(feedback_comments), false,
      "Ratings that came with a comment; comments are not kept." },
    { "bourse_reload_failures_total", TOTAL(reloads_failed), false, "Configurations refused." },
    { "bourse_connections_accepted_total", TOTAL(connections_accepted), false,
      "Client connections accepted." },
    { "bourse_connections_refused_total", TOTAL(connections_refused), false,
      "Client connections refused at the limit, or for want of a descriptor." },
    { "bourse_guard_refused_total", TOTAL(guard_refused), false,
      "Requests refused as malformed HTTP." },
    { "bourse_connections", TOTAL(connections), true, "Open client connections." },
    { "bourse_exchanges", TOTAL(exchanges), true, "Exchanges in progress." },
    { "bourse_streams", TOTAL(streams), true, "Streams in progress." },
    { "bourse_waiting", TOTAL(waiting), true,
      "Exchanges that wait for a provider or a route at its limit." },
    { "bourse_buffered_bytes", TOTAL(buffered_bytes), true, "Bytes of bodies and streams held." },
};

/* The families with labels, and those that are more than a number. */
static const struct metric_row {
    const char *name, *type, *labels, *doc;
} metric_rows[] = {
    { "bourse_requests_total", "counter", "endpoint", "Exchanges by endpoint." },
    { "bourse_exchanges_ended_total", "counter", "reason", "Exchanges by how they ended." },
    { "bourse_stream_rescues_total", "counter", "kind,outcome",
      "Attempts to go on with a stream that broke." },
    { "bourse_lossy_total", "counter", "field",
      "Calls whose provider's dialect could not carry a field of the request." },
    { "bourse_first_token_seconds", "histogram", "", "From the request to the first token." },
    { "bourse_duration_seconds", "histogram", "", "From the request to the end of its answer." },
    { "bourse_overhead_seconds", "histogram", "", "From a complete request to its first call." },
    { "bourse_attempts_total", "counter", "model,provider", "Calls to providers." },
    { "bourse_attempt_failures_total", "counter", "model,provider,reason", "Calls that failed." },
    { "bourse_explored_total", "counter", "model,provider",
      "Requests that went there to learn about it." },
    { "bourse_feedback_total", "counter", "model,provider", "Answers that callers rated." },
    { "bourse_tokens_total", "counter", "model,provider,kind", "Tokens by kind: in, out, cached." },
    { "bourse_cost_usd_total", "counter", "model,provider", "What answers cost, where known." },
    { "bourse_inflight", "gauge", "model,provider", "Calls in progress." },
    { "bourse_breaker_state", "gauge", "model,provider",
      "0 closed, 1 half-open, 2 open; without a model it is that of the whole provider." },
    { "bourse_breaker_opened_total", "counter", "model,provider", "Times that it has opened." },
    { "bourse_pause_seconds", "gauge", "model,provider",
      "How long a provider has asked not to be called (Retry-After)." },
    { "bourse_retries_total", "counter", "provider", "Attempts repeated at the same model." },
    { "bourse_retries_refused_total", "counter", "provider",
      "Attempts not repeated: the provider's retry_budget was used up." },
    { "bourse_bearer_valid", "gauge", "provider",
      "1 where there is a valid token of the provider's token_source." },
    { "bourse_bearer_seconds", "gauge", "provider",
      "How long that token is valid still, where its end is known." },
    { "bourse_bearer_fetches_total", "counter", "provider", "Times that the source was asked." },
    { "bourse_bearer_failures_total", "counter", "provider", "Of these, those without a token." },
    { "bourse_cost_wasted_usd_total", "counter", "",
      "What attempts that failed or were outrun are likely to cost, where the price is known." },
    { "bourse_log_dropped_total", "counter", "", "Log lines dropped: standard error was slow." },
    { NULL, NULL, NULL, NULL },
};

void metrics_begin(struct buffer *out, const char *name)
{
    for (const struct metric_row *row = metric_rows; row->name; row++)
        if (strcmp(row->name, name) == 0)
            metrics_family(out, row->name, row->type, row->doc);
}

static void print_totals(struct buffer *out, const struct live_totals *totals)
{
    for (size_t i = 0; i < sizeof(total_rows) / sizeof(total_rows[0]); i++) {
        const struct total_row *row = &total_rows[i];
        const void *field = (const char *)totals + row->offset;
        double value = row->gauge ? (double)gauge_read(field) : (double)counter_read(field);
        metrics_family(out, row->name, row->gauge ? "gauge" : "counter", row->doc);
        metrics_sample(out, row->name, (struct text){ NULL, 0 }, value);
    }
}

static void labelled(struct buffer *out, const char *name, const char *label, const char *value,
                     uint64_t number)
{
    struct buffer labels;
    buffer_init(&labels, LABELS_MAX);
    metrics_label(&labels, label, value);
    metrics_sample(out, name, buffer_text(&labels), (double)number);
    buffer_clear(&labels);
}

static void print_exchanges(struct buffer *out, const struct live_totals *totals)
{
    metrics_begin(out, "bourse_requests_total");
    for (int i = 0; i < ENDPOINT_COUNT; i++)
        labelled(out, "bourse_requests_total", "endpoint", endpoint_name((enum endpoint)i),
                 counter_read(&totals->requests[i]));
    metrics_begin(out, "bourse_exchanges_ended_total");
    for (int i = 0; i < FAIL_COUNT; i++)
        labelled(out, "bourse_exchanges_ended_total", "reason", fail_row((enum fail)i)->name,
                 counter_read(&totals->by_fail[i]));
}

static void print_rescues(struct buffer *out, const struct live_totals *totals)
{
    struct buffer labels;
    buffer_init(&labels, LABELS_MAX);
    metrics_begin(out, "bourse_stream_rescues_total");
    for (int kind = RESCUE_CONTINUE; kind < RESCUE_KINDS; kind++) {
        for (int outcome = 0; outcome < RESCUE_OUTCOMES; outcome++) {
            labels.len = 0;
            metrics_label(&labels, "kind", rescue_kind_name((enum rescue_kind)kind));
            metrics_label(&labels, "outcome", rescue_outcome_name((enum rescue_outcome)outcome));
            metrics_sample(out, "bourse_stream_rescues_total", buffer_text(&labels),
                           (double)counter_read(&totals->rescues[kind][outcome]));
        }
    }
    buffer_clear(&labels);
}

static void print_losses(struct buffer *out, const struct live_totals *totals)
{
    metrics_begin(out, "bourse_lossy_total");
    for (int i = FIELD_NONE + 1; i < FIELD_COUNT; i++) {
        uint64_t count = counter_read(&totals->lossy[i]);
        if (count > 0)
            labelled(out, "bourse_lossy_total", "field", field_row((enum field)i)->name, count);
    }
}

static void print_histograms(struct buffer *out, const struct live_totals *totals)
{
    const struct text none = { NULL, 0 };
    metrics_begin(out, "bourse_first_token_seconds");
    metrics_histogram(out, "bourse_first_token_seconds", none, &totals->first_token);
    metrics_begin(out, "bourse_duration_seconds");
    metrics_histogram(out, "bourse_duration_seconds", none, &totals->duration);
    metrics_begin(out, "bourse_overhead_seconds");
    metrics_histogram(out, "bourse_overhead_seconds", none, &totals->overhead);
}

/* One family of the models: called for each slot with its labels begun. */
typedef void print_slot(struct buffer *out, const char *name, struct buffer *labels,
                        const struct live_report *report);

static void print_attempts(struct buffer *out, const char *name, struct buffer *labels,
                           const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), (double)report->attempts);
}

static void print_failures(struct buffer *out, const char *name, struct buffer *labels,
                           const struct live_report *report)
{
    size_t len = labels->len;
    for (int i = FAIL_NONE + 1; i < FAIL_COUNT; i++) {
        if (report->failures[i] == 0)
            continue;
        metrics_label(labels, "reason", fail_row((enum fail)i)->name);
        metrics_sample(out, name, buffer_text(labels), (double)report->failures[i]);
        labels->len = len;
    }
}

static void print_explored(struct buffer *out, const char *name, struct buffer *labels,
                           const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), (double)report->explored);
}

static void print_feedback(struct buffer *out, const char *name, struct buffer *labels,
                           const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), (double)report->feedback);
}

static void print_tokens(struct buffer *out, const char *name, struct buffer *labels,
                         const struct live_report *report)
{
    const struct {
        const char *kind;
        uint64_t count;
    } rows[] = { { "in", report->tokens_in },
                 { "out", report->tokens_out },
                 { "cached", report->tokens_cached } };
    size_t len = labels->len;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        metrics_label(labels, "kind", rows[i].kind);
        metrics_sample(out, name, buffer_text(labels), (double)rows[i].count);
        labels->len = len;
    }
}

static void print_cost(struct buffer *out, const char *name, struct buffer *labels,
                       const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), report->cost);
}

static void print_inflight(struct buffer *out, const char *name, struct buffer *labels,
                           const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), (double)report->figures.inflight);
}

/* As people who watch breakers know it. */
static double state_of(const struct health *breaker)
{
    if (breaker->state == HEALTH_COOLING)
        return 2;
    return breaker->state == HEALTH_DUE || breaker->state == HEALTH_PROBED;
}

static void print_breaker(struct buffer *out, const char *name, struct buffer *labels,
                          const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), state_of(&report->breaker));
}

static void print_opened(struct buffer *out, const char *name, struct buffer *labels,
                         const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), (double)report->opened);
}

static void print_pause(struct buffer *out, const char *name, struct buffer *labels,
                        const struct live_report *report)
{
    metrics_sample(out, name, buffer_text(labels), (double)report->pause_ms / 1000);
}

static double provider_breaker(const struct live_provider_report *report)
{
    return state_of(&report->health);
}

static double provider_opened(const struct live_provider_report *report)
{
    return (double)report->opened;
}

static double provider_retries(const struct live_provider_report *report)
{
    return (double)report->retries;
}

static double provider_refused(const struct live_provider_report *report)
{
    return (double)report->retries_refused;
}

/* By model, by provider, or both. */
static const struct {
    const char *name;
    print_slot *print;
    double (*of_provider)(const struct live_provider_report *report);
} live_families[] = {
    { "bourse_attempts_total", print_attempts, NULL },
    { "bourse_attempt_failures_total", print_failures, NULL },
    { "bourse_explored_total", print_explored, NULL },
    { "bourse_feedback_total", print_feedback, NULL },
    { "bourse_tokens_total", print_tokens, NULL },
    { "bourse_cost_usd_total", print_cost, NULL },
    { "bourse_inflight", print_inflight, NULL },
    { "bourse_breaker_state", print_breaker, provider_breaker },
    { "bourse_breaker_opened_total", print_opened, provider_opened },
    { "bourse_pause_seconds", print_pause, NULL },
    { "bourse_retries_total", NULL, provider_retries },
    { "bourse_retries_refused_total", NULL, provider_refused },
};

#define LIVE_FAMILIES (sizeof(live_families) / sizeof(live_families[0]))

static void print_models(struct buffer *out, const struct page_facts *facts, size_t family,
                         struct buffer *labels)
{
    for (size_t i = 0; i < live_count(facts->live) && live_families[family].print; i++) {
        struct live_report report;
        live_report(facts->live, i, facts->now_ms, &report);
        labels->len = 0;
        metrics_label(labels, "model", report.model);
        metrics_label(labels, "provider", report.provider);
        live_families[family].print(out, live_families[family].name, labels, &report);
    }
}

static void print_providers(struct buffer *out, const struct page_facts *facts, size_t family,
                            struct buffer *labels)
{
    for (size_t i = 0; i < live_provider_count(facts->live) && live_families[family].of_provider;
         i++) {
        struct live_provider_report report;
        live_provider_report(facts->live, i, facts->now_ms, &report);
        labels->len = 0;
        metrics_label(labels, "provider", report.provider);
        metrics_sample(out, live_families[family].name, buffer_text(labels),
                       live_families[family].of_provider(&report));
    }
}

static void print_live(struct buffer *out, const struct page_facts *facts)
{
    struct buffer labels;
    buffer_init(&labels, LABELS_MAX);
    for (size_t i = 0; i < LIVE_FAMILIES; i++) {
        metrics_begin(out, live_families[i].name);
        print_models(out, facts, i, &labels);
        print_providers(out, facts, i, &labels);
    }
    buffer_clear(&labels);
}

void page_metrics_reference(struct buffer *out)
{
    for (const struct metric_row *row = metric_rows; row->name; row++)
        buffer_printf(out, "| `%s` | %s | %s | %s |\n", row->name, row->type, row->labels,
                      row->doc);
    for (size_t i = 0; i < sizeof(total_rows) / sizeof(total_rows[0]); i++)
        buffer_printf(out, "| `%s` | %s |  | %s |\n", total_rows[i].name,
                      total_rows[i].gauge ? "gauge" : "counter", total_rows[i].doc);
}

/* A family of one number. */
static void alone(struct buffer *out, const char *name, double value)
{
    metrics_begin(out, name);
    metrics_sample(out, name, (struct text){ NULL, 0 }, value);
}

void page_metrics(struct buffer *out, const struct page_facts *facts)
{
    const struct live_totals *totals = live_totals(facts->live);
    print_totals(out, totals);
    print_exchanges(out, totals);
    print_rescues(out, totals);
    print_losses(out, totals);
    print_histograms(out, totals);
    print_live(out, facts);
    metrics_bearers(out, facts);
    alone(out, "bourse_cost_wasted_usd_total",
          (double)counter_read(&totals->cost_wasted_nanousd) / 1e9);
    alone(out, "bourse_log_dropped_total", (double)log_dropped());
}
