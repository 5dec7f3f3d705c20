/* route_entry.h - a route as the YAML says it, before names became pointers and `extends` was
 * followed. route_schema fills these. */
#ifndef BOURSE_ROUTE_ROUTE_ENTRY_H
#define BOURSE_ROUTE_ROUTE_ENTRY_H

#include "rule.h"

struct route_entry {
    struct schema_object object;
    const char *extends;
    struct schema_texts candidates;
    struct objective objective; /* .name NULL: left out */
    struct constraints constraints;
    struct schema_list rules; /* of struct rule */
    int64_t attempts;
    int stream_failover, on_rate_limit, on_content_policy, sticky, hedge;
    int64_t max_inflight; /* 0: left out */
    int64_t max_wait_ms, keep_alive_comments_ms;
    bool strict;
    double explore, explore_max_cost, hedge_share;
    const char *predictor;
    bool resolving, resolved; /* of `extends` */
};

/* What a route inherits where it does not say the key itself. */
void route_entry_inherit(struct route_entry *entry, const struct route_entry *from);

/* A constraint that is not written is none. */
void constraints_settle(struct constraints *constraints);

#endif
