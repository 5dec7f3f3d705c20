/* objective.h - what a route wants for its money. */
#ifndef BOURSE_ROUTE_OBJECTIVE_H
#define BOURSE_ROUTE_OBJECTIVE_H

#include "config/schema.h"
#include "route/policy.h"

/* A preset's name, {answer_value, second_cost} or {quality_target}. Fills a struct objective. */
void objective_read(struct schema_reading *reading, const struct yaml_node *node, void *field);

#define OBJECTIVE_JSON                                                                             \
    "{\"anyOf\":[{\"enum\":[\"best\",\"balanced\",\"cheapest\",\"fastest\"]},"                     \
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":"                          \
    "{\"answer_value\":{\"type\":\"number\",\"minimum\":0},"                                       \
    "\"second_cost\":{\"type\":\"number\",\"minimum\":0},"                                         \
    "\"quality_target\":{\"type\":[\"string\",\"number\"]}}}]}"

#endif
