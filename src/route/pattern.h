/* pattern.h - what a rule compares with: words, /regular expressions/, ranges of numbers. Compiled
 * when the configuration is read, matched by any thread. */
#ifndef BOURSE_ROUTE_PATTERN_H
#define BOURSE_ROUTE_PATTERN_H

#include "config/schema.h"

struct regex;

/* `source` is /expression/ or /expression/i. NULL after a problem at `node` was reported. */
const struct regex *regex_read(struct schema_reading *reading, const struct yaml_node *node,
                               struct text source);
/* False too when the work that one match may do is used up: a rule must not stop the loop. */
bool regex_matches(const struct regex *regex, struct text subject);

struct pattern {
    struct text exact; /* where there is no expression */
    const struct regex *regex;
};

struct patterns { /* any of them */
    struct pattern *items;
    size_t count;
};

struct named_patterns {
    const char *name;
    struct patterns patterns;
};

struct pattern_map { /* all of them */
    struct named_patterns *items;
    size_t count;
};

/* An empty list asks for nothing and matches everything. */
bool patterns_match(const struct patterns *patterns, struct text subject);

struct range {
    int64_t low, high; /* both inclusive; low above high: around midnight, for hours */
};

struct ranges { /* any of them */
    struct range *items;
    size_t count;
};

bool ranges_match(const struct ranges *ranges, int64_t number);

/* Readers of SCHEMA_CUSTOM rows. */
void patterns_read(struct schema_reading *reading, const struct yaml_node *node, void *field);
void expressions_read(struct schema_reading *reading, const struct yaml_node *node, void *field);
void pattern_map_read(struct schema_reading *reading, const struct yaml_node *node, void *field);
/* ">= 2000", "< 10", "5", "1000-2000". */
void ranges_read(struct schema_reading *reading, const struct yaml_node *node, void *field);
/* "9-17", "22-6", "12". */
void hours_read(struct schema_reading *reading, const struct yaml_node *node, void *field);

#endif
