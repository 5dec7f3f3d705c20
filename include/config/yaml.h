/* yaml.h - a YAML file as a tree whose every node knows its place.
 *
 * Refused with a problem: more than 1 MiB, deeper than 32, duplicate keys, aliases that contain
 * themselves or multiply to more than 100,000 values, merge keys, several documents, tags of
 * foreign types. The tree lives in the arena it was read into.
 *
 * What an alias stands for is shared: the places and paths of its children are those of the anchor.
 */
#ifndef BOURSE_CONFIG_YAML_H
#define BOURSE_CONFIG_YAML_H

#include "base/arena.h"
#include "config/problems.h"

#define YAML_TEXT_MAX ((size_t)1 << 20)

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted; /* a scalar in quotes is text, whatever it looks like */
    const char *file;
    int line, column; /* from 1 */
    const char *key;  /* the name under which it stands in a mapping, else NULL */
    int key_line, key_column;
    size_t index;       /* its number in the parent, from 0 */
    struct text scalar; /* ends with a zero byte */
    size_t count;       /* children */
    const struct yaml_node *parent, *first, *next;
};

/* `name` is what messages call the file. NULL when it cannot be understood as a whole; duplicate
 * keys, tags and merge keys are problems that leave a tree, so that the rest can be checked as
 * well: whoever uses it looks at problems->errors. An empty file is an empty mapping. */
const struct yaml_node *yaml_read_text(struct text text, const char *name, struct arena *arena,
                                       struct problems *problems);

/* NULL where the mapping has no such key, or where `mapping` is NULL or not a mapping. */
const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);

/* "providers.openai.headers[2]", in the arena. */
const char *yaml_path(const struct yaml_node *node, struct arena *arena);

#endif
