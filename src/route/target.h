/* target.h - the quality targets of a route with a predictor, turned into answer values. */
#ifndef BOURSE_ROUTE_TARGET_H
#define BOURSE_ROUTE_TARGET_H

#include "rule.h"

/* The route's own objective and those of its rules; the rules are copied, because another route
 * may share them and have other candidates. Before anything was measured. */
void targets_settle(struct route *route, const struct policy *policy, const struct catalog *catalog,
                    struct arena *arena);

#endif
