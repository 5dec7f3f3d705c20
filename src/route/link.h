/* link.h - names in rules and routes become pointers to models; what makes no sense is told. */
#ifndef BOURSE_ROUTE_LINK_H
#define BOURSE_ROUTE_LINK_H

#include "route_entry.h"

struct linking {
    const struct catalog *catalog;
    struct arena *arena;
    struct problems *problems;
};

/* A model by its name; NULL after an error at `node` that names the nearest one. */
const struct model *link_model(const struct linking *linking, const char *name,
                               const struct yaml_node *node);
/* The place of the index-th name of a list or of the scalar that stands for one. */
const struct yaml_node *link_place(const struct yaml_node *list, size_t index);

/* Fills what a rule's names lead to; `number` counts the rules of the route from 1. */
void link_rule(const struct linking *linking, struct rule *rule, size_t number);

/* Warnings of a finished route. `own_rules`: they stand in this route, not in one it extends. */
void lint_route(const struct linking *linking, const struct route *route, bool own_rules);

#endif
