/* live.h - what changes: how each model is doing, by its name, surviving every reload. Atomics
 * only; any thread may note and read at any time. */
#ifndef BOURSE_STATE_LIVE_H
#define BOURSE_STATE_LIVE_H

#include "base/fail.h"
#include "base/metrics.h"
#include "catalog/catalog.h"
#include "catalog/figures.h"
#include "chat/request.h"
#include "state/rescues.h"

struct live;          /* for the process */
struct live_model;    /* one model's slot; its address never changes */
struct live_provider; /* the same of a provider */
struct live_route;    /* and of a route */
struct live_token;    /* a provider's bearer token (tokens.h) */

/* At most so many names are ever remembered; names beyond share one slot called "other". */
#define LIVE_SLOTS_MAX     8192
#define LIVE_PROVIDERS_MAX 1024
#define LIVE_ROUTES_MAX    1024

struct live *live_new(void);
void live_free(struct live *live);

/* The slot of a name, made when it is new. Takes a lock: called while a snapshot is built only. */
struct live_model *live_slot(struct live *live, const char *model, const char *provider);
struct live_provider *live_provider_slot(struct live *live, const char *provider);
struct live_route *live_route_slot(struct live *live, const char *route);

/* While that token is not valid, no model of the provider is to be asked. NULL: it needs none. */
void live_provider_needs(struct live_provider *provider, struct live_token *token);

/* ---- who may be asked ---- */

/* Bits of what live_ask grants. */
enum grant {
    GRANT_NONE = 0, /* it is out, or another is asked in its place for a while: ask somebody else */
    GRANT_STARTS = 1,
    GRANT_PROBES_MODEL = 2, /* this attempt, and no other, finds out whether it is well again */
    GRANT_PROBES_PROVIDER = 4,
};

struct health live_health(const struct live_model *slot, int64_t now_ms);

/* Asked when an attempt is about to start. What is granted goes into its outcome, or back. */
unsigned live_ask(struct live_model *slot, int64_t now_ms);
void live_give_back(struct live_model *slot, unsigned grant);

/* The first event of a stream has come: who was out is back, however long the stream may be. What
 * is left of the grant. */
unsigned live_note_spoke(struct live_model *slot, unsigned grant, int64_t started_ms,
                         int64_t now_ms);

/* One repeated attempt at a provider, of at most `share` (0 to 1) of its attempts lately, and a few
 * at a time in any case. What was taken is given back when that attempt has ended. */
bool live_retry_take(struct live_provider *provider, double share, int64_t now_ms);
void live_retry_give_back(struct live_provider *provider);

/* A second attempt beside a first one that is late, of at most `share` (0 to 1) of the requests
 * that were noted, and HEDGES_MOST in a row. */
#define HEDGES_MOST 10

void live_hedge_note_request(struct live_route *route, double share);
bool live_hedge_take(struct live_route *route);

/* So many requests more, or fewer with -1, that it answers; that wait for its turn. */
void live_route_note_inflight(struct live_route *route, int change);
void live_route_note_waiting(struct live_route *route, int change);

struct live_route_report {
    int64_t inflight, waiting;
    uint64_t hedges, hedges_withheld; /* second attempts that its share allowed, and that not */
};

void live_route_report(const struct live_route *route, struct live_route_report *ret_report);

/* ---- what is seen of them ---- */

/* One attempt at a model, when it has ended. Durations in ms, -1 where it did not come so far. */
struct attempt_outcome {
    enum fail fail;
    int status;         /* of its reply; 0 where none came */
    unsigned grant;     /* what live_ask said; 0 where it was not asked */
    int64_t now_ms;     /* clock_ms, as are these two: */
    int64_t started_ms; /* when it began */
    int64_t spoke_ms;   /* its first token; 0 where it did not come so far */
    int64_t first_token_ms, duration_ms;
    int64_t late_ms;  /* FAIL_OUTRUN: its first token takes at least so long; 0: nobody knows */
    int64_t pause_ms; /* that the provider asked for; -1 when it did not */
    int64_t tokens_estimated; /* of the input: its size, and to be calibrated against usage */
    bool has_images;          /* then the estimate is none that could be calibrated */
    bool streamed;
    bool relayed; /* a path that is only passed on: nothing is learnt of answers */
    enum task task;
    int choices;               /* 1 and 0 are one */
    int64_t max_output_tokens; /* -1 when the request sets none */
    int64_t tokens_cacheable;  /* of the input, that the session made it likely; 0 without one */
    struct usage usage;
    double cost; /* USD, -1 unknown */
};

void live_note_start(struct live_model *slot);
void live_note_explored(struct live_model *slot);
/* What a caller said of an answer, 0 to 1. */
void live_note_feedback(struct live_model *slot, enum task task, double score, int64_t now_ms);
const char *live_model_name(const struct live_model *slot);
void live_note_end(struct live_model *slot, const struct attempt_outcome *outcome);

/* Which figures are asked for: those of requests that are like this one. */
struct live_view {
    int64_t now_ms; /* clock_ms: what was measured fades */
    int64_t tokens_in;
    enum task task;
    bool streamed;
};

/* What the router is handed. */
void live_read(const struct live_model *slot, const struct live_view *view,
               struct figures *ret_figures);

/* What a slot has seen, for people: the latency of one size of input. */
struct live_latency {
    const char *size; /* "1k", "8k", "32k", "more", "all" */
    bool streamed;
    struct live_quantiles {
        double p50, p90, p99, count;
    } first_token_ms, tokens_per_second;
};

#define LIVE_LATENCIES_MAX 10
/* Those with samples; the number of them. */
size_t live_latencies(const struct live_model *slot, int64_t now_ms,
                      struct live_latency ret_latencies[LIVE_LATENCIES_MAX]);
/* The mean length of answers by task; *ret_count is 0 without samples. */
double live_output_tokens(const struct live_model *slot, enum task task, int64_t now_ms,
                          double *ret_count);
/* The mean score of its answers to a task; the same. */
double live_feedback(const struct live_model *slot, enum task task, int64_t now_ms,
                     double *ret_count);

/* Process-wide counters; rows of docs/METRICS.md. */
struct live_totals {
    struct counter requests[ENDPOINT_COUNT];
    struct counter by_fail[FAIL_COUNT]; /* exchanges by how they ended; FAIL_NONE is success */
    struct counter client_gone, client_retries, upstream_cancelled;
    struct counter fallbacks;
    struct counter hedges_started, hedges_won, hedges_withheld;
    struct counter rescues[RESCUE_KINDS][RESCUE_OUTCOMES];
    struct counter cost_wasted_nanousd;
    struct counter tokens_wasted;      /* of output, by attempts that failed */
    struct counter lossy[FIELD_COUNT]; /* what requests lost on their way to a provider */
    struct counter events_malformed, events_relayed;
    struct counter bytes_in, bytes_out;
    struct counter feedback_comments;
    struct counter reloads_ok, reloads_failed;
    struct counter connections_accepted, connections_refused, guard_refused;
    struct gauge connections, exchanges, streams, waiting;
    struct gauge buffered_bytes;
    struct histogram first_token, duration, overhead;
};

struct live_totals *live_totals(struct live *live);

/* Every slot in the order of their making, for /metrics and /status. */
struct live_report {
    const char *model, *provider;
    struct figures figures;
    struct health breaker; /* its own, whatever its provider's is */
    int64_t pause_ms;      /* that its provider has asked for and that is left */
    uint64_t attempts, failures[FAIL_COUNT], explored, feedback, opened;
    uint64_t tokens_in, tokens_out, tokens_cached;
    double cost; /* USD, sum of what was known */
    const struct histogram *first_token, *duration;
};

size_t live_count(const struct live *live);
void live_report(const struct live *live, size_t index, int64_t now_ms,
                 struct live_report *ret_report);

struct live_provider_report {
    const char *provider;
    struct health health; /* of the provider as a whole */
    uint64_t opened;      /* its breaker, so often */
    uint64_t retries, retries_refused;
};

size_t live_provider_count(const struct live *live);
void live_provider_report(const struct live *live, size_t index, int64_t now_ms,
                          struct live_provider_report *ret_report);
struct health live_provider_health(const struct live_provider *provider, int64_t now_ms);

#endif
