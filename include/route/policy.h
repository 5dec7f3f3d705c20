/* policy.h - what the operator wants: routes, their candidates, objectives, constraints and rules,
 * as read from YAML. Part of a snapshot, never changed after it. */
#ifndef BOURSE_ROUTE_POLICY_H
#define BOURSE_ROUTE_POLICY_H

#include "catalog/catalog.h"
#include "config/schema.h"

enum objective_kind {
    OBJECTIVE_VALUE,
    OBJECTIVE_CHEAPEST,
    OBJECTIVE_FASTEST,
    OBJECTIVE_BEST,
    OBJECTIVE_QUALITY_TARGET
};

/* The presets are rows of numbers of the same formula; see route/objective.c. */
struct objective {
    enum objective_kind kind;
    const char *name;      /* the preset's name, or "custom" */
    double answer_value;   /* USD for a satisfying answer */
    double second_cost;    /* USD for a second of waiting */
    double tolerance;      /* `best`: qualities this close count as equal */
    double quality_target; /* share of the best candidate's quality, for each request by itself; */
    size_t target_prompts; /* or, where prompts are known, of the best single model's over all: */
    double target_kept;    /* then it has become an answer_value, which keeps this share there */
};

/* best, balanced, cheapest or fastest; NULL where it is none of them. */
const struct objective *objective_preset(const char *name);

struct constraints { /* -1: none */
    struct schema_object object;
    double min_quality;
    double max_cost; /* USD for the request */
    int64_t max_first_token_ms;
};

enum stream_failover { FAILOVER_CONTINUE, FAILOVER_RESTART, FAILOVER_HOLD, FAILOVER_ERROR };
enum on_rate_limit { RATE_LIMIT_WAIT, RATE_LIMIT_NEXT };
enum on_content_policy { CONTENT_POLICY_ERROR, CONTENT_POLICY_NEXT };
enum sticky { STICKY_OFF, STICKY_SESSION };
enum hedge_wish { HEDGE_OFF, HEDGE_ON };

struct figures;
struct predictor;
struct rule; /* private to the room: conditions and actions, compiled */

struct route {
    struct schema_object object; /* .name */
    size_t index;
    const struct model **candidates; /* in the order of the YAML */
    size_t candidate_count;
    struct objective objective;
    struct constraints constraints;
    const struct rule *rules;
    size_t rule_count;
    int64_t attempts; /* all attempts of one request together */
    int stream_failover, on_rate_limit, on_content_policy, sticky, hedge;
    int64_t max_inflight; /* requests at the same time; 0: no limit */
    int64_t max_wait_ms, keep_alive_comments_ms;
    bool strict;
    double hedge_share;      /* of the requests, 0 to 1 */
    double explore;          /* the same */
    double explore_max_cost; /* USD for one of them; -1: twice what the best candidate costs */
    const char *predictor;   /* "builtin", "off" or a path */
    const struct predictor *learned; /* of the path; NULL without */
    const int *learned_index;        /* of its models, by model index; -1: unknown to it */
};

#define ROUTE_CANDIDATES_MAX 64
#define ROUTE_RULES_MAX      256
#define ROUTES_MAX           1024

struct policy {
    struct route *routes;
    size_t route_count;
    struct map routes_by_name;
    const struct route *default_route; /* NULL: an unknown model name is an error */
    struct route *model_routes; /* one for each model of the catalog: its own name as a route */
    struct price dearest;       /* what stands in for a price that nobody knows */
};

/* The YAML's `routes:` (a SCHEMA_MAP row uses this object). */
extern const struct schema route_schema;

/* Resolves `extends`, candidates and the names in rules, compiles regular expressions, builds the
 * models' own routes. `default_route` is the YAML's word: NULL or "error", or a route's name.
 * Warns of rules that can never match and of routes with one candidate. */
void policy_build(struct policy *policy, struct schema_list routes, const char *default_route,
                  const struct catalog *catalog, struct arena *arena, struct problems *problems);

/* Gives a route a predictor that no file holds. Lives as long as the arena. */
void policy_learn(struct route *route, const struct predictor *predictor,
                  const struct catalog *catalog, struct arena *arena);

/* What `quality_target` comes to on a route with a predictor that knows all candidates: the least
 * answer_value that keeps the share of the best single model's quality over the prompts that the
 * predictor's file carries, at the prices of the catalogue and the figures: one for each model of
 * the catalogue, NULL before anything was measured. Other objectives, and those on other routes,
 * stay as they are. */
struct objective policy_settled(const struct objective *objective, const struct route *route,
                                const struct policy *policy, const struct catalog *catalog,
                                const struct figures *figures);

/* The route a client names in `model`: a route, a model, "provider/model", each with an optional
 * suffix `:floor` or `:nitro`. Sets *ret_preset to that suffix's objective or NULL. NULL when the
 * name is unknown and there is no default route. */
const struct route *policy_find(const struct policy *policy, const struct catalog *catalog,
                                struct text asked, const struct objective **ret_preset);

#endif
