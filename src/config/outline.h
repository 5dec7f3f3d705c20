/* outline.h - every object below a root schema, once, with the place where it is first met: what
 * the manual, the annotated YAML and the JSON Schema walk. */
#ifndef BOURSE_CONFIG_OUTLINE_H
#define BOURSE_CONFIG_OUTLINE_H

#include "base/buffer.h"
#include "config/schema.h"

/* The tables are ours, not an operator's: more objects than this is a bug. */
#define OUTLINE_MAX 128

struct outline_part {
    const struct schema *schema;
    const char *path;  /* "providers.NAME"; "" for the root */
    const char *title; /* the schema's name, made unique */
};

struct outline {
    struct outline_part parts[OUTLINE_MAX]; /* breadth first, the root first */
    size_t count;
};

/* Paths and titles live in the arena. An object may contain itself. */
void outline_of(const struct schema *root, struct arena *arena, struct outline *ret_outline);

/* NULL when the schema is not below the outline's root. */
const struct outline_part *outline_find(const struct outline *outline, const struct schema *schema);

/* Where the objects of a key of that part stand: "routes.NAME.rules[]". */
const char *outline_path(const struct outline_part *part, const struct schema_key *key,
                         struct arena *arena);

/* What a type is called in the manual: "duration", "list of texts". */
const char *outline_type_name(enum schema_type type);

/* "100ms to 1h", "at least 1", or nothing where the key is not bounded. */
void outline_print_bounds(const struct schema_key *key, struct buffer *out);

/* Both bounds 0 is unbounded; a maximum below the minimum is none. */
static inline bool outline_has_min(const struct schema_key *key)
{
    return key->min != 0 || key->max != 0;
}

static inline bool outline_has_max(const struct schema_key *key)
{
    return outline_has_min(key) && key->max >= key->min;
}

#endif
