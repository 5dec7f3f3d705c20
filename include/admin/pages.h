/* pages.h - what operators look at: metrics, health, status. From state to text, nothing else. */
#ifndef BOURSE_ADMIN_PAGES_H
#define BOURSE_ADMIN_PAGES_H

#include <jansson.h>

#include "state/live.h"
#include "state/snapshot.h"

struct page_facts { /* what the pages need besides the live state */
    const struct snapshot *snapshot;
    struct live *live;
    int64_t now_ms;     /* clock_ms */
    int64_t started_ms; /* clock_ms at the start */
    int workers;
    bool draining;
    int pid; /* after an upgrade another one answers */
};

/* Prometheus text 0.0.4. */
void page_metrics(struct buffer *out, const struct page_facts *facts);
/* Version, configuration, providers, models and routes with their live figures. A new reference. */
json_t *page_status(const struct page_facts *facts);
/* OpenAI's list of what a key may name: routes first, then models. A new reference. */
json_t *page_models(const struct snapshot *snapshot, const struct caller *caller);
/* One entry of it, or NULL where it is unknown or forbidden. */
json_t *page_model(const struct snapshot *snapshot, const struct caller *caller, struct text name);

/* The same as Anthropic's clients read it, a page of it; those behind or before an id that is not
 * there are none. New references. */
struct page_range {
    size_t limit;              /* 1 or more */
    struct text after, before; /* ids; empty: the list's ends */
};

json_t *page_anthropic_models(const json_t *list, const struct page_range *range);
json_t *page_anthropic_model(const json_t *entry);

/* The rows of docs/METRICS.md, a line each. */
void page_metrics_reference(struct buffer *out);

#endif
