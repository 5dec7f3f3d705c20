/* rule.h - a rule as compiled: what a request must be like, and what happens then. */
#ifndef BOURSE_ROUTE_RULE_H
#define BOURSE_ROUTE_RULE_H

#include "pattern.h"
#include "route/policy.h"
#include "route/router.h"

struct when_list {
    struct when *items;
    size_t count;
};

/* What is left out asks for nothing. */
struct when {
    struct schema_object object;
    uint32_t tasks, endpoints; /* bits by number; 0: any */
    uint32_t has;              /* enum has, any of them */
    struct patterns language, code_language, text, system, tags, user, key, model;
    struct pattern_map header, metadata;
    struct ranges tokens_in, turns, hour;
    bool stream, stream_said;
    struct when_list all, any, none;
};

struct model_list {
    const struct model **items;
    size_t count;
};

struct model_number {
    const struct model *model;
    double number;
};

struct model_numbers {
    struct model_number *items;
    size_t count;
};

struct rule {
    struct schema_object object;
    const char *name; /* "rule 2" where the YAML gives none */
    struct when when;
    struct schema_texts only_names, exclude_names;
    struct schema_numbers prefer_names, split_names;
    struct objective objective; /* .name NULL: as it was */
    struct constraints constraints;
    const char *deny; /* the message; NULL: does not */
    bool stop;
    /* What the names lead to. */
    struct model_list only, exclude;
    struct model_numbers prefer; /* added to the quality */
    struct model_numbers split;  /* shares, 0 to 1 */
    uint64_t split_seed;         /* so that the throws of two rules are independent */
};

extern const struct schema when_schema;
extern const struct schema rule_schema;
extern const struct schema constraints_schema;

/* Whether the mapping asks for anything at all. */
bool when_asks(const struct when *when);
bool when_matches(const struct when *when, const struct question *question);

static inline bool model_list_has(const struct model_list *list, const struct model *model)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == model)
            return true;
    }
    return false;
}

#endif
