/* json_tree.h - a JSON document as a tree of places: where each value stands, and under which name.
 *
 *     {"role": "user", "content": […]}
 *      └─ name ┘└value┘            └ a node with children, or one piece where nobody looks inside
 *
 * Nothing is decoded and nothing is copied: whoever writes another document from this one copies
 * the bytes of a value as they stand. So a picture of megabytes is one node and one copy.
 *
 * All that looks into it accepts NULL for a node, and gives nothing for it: what is asked of a
 * member that is absent needs no question before. */
#ifndef BOURSE_WIRE_JSON_TREE_H
#define BOURSE_WIRE_JSON_TREE_H

#include "base/buffer.h"
#include "wire/json.h"

struct json_node {
    unsigned char kind;          /* enum json_kind, without keys and ends */
    bool name_decoded;           /* the name had escapes: it stands in the tree's names */
    uint32_t name_at, name_len;  /* without quotes; of an item of an array 0, 0 */
    uint32_t start, end;         /* of its bytes, quotes and brackets included */
    uint32_t first, next, count; /* indexes of nodes, 0: none; how many children it has */
};

struct json_tree {
    struct text document;
    struct buffer nodes; /* of struct json_node; the first one is the root */
    struct buffer names; /* those that had escapes */
    int levels;

    /* private: the building */
    struct json_scan *scan;
    struct json_node pending; /* its name was heard */
    uint32_t open[JSON_DEPTH_MAX], last[JSON_DEPTH_MAX];
    bool too_many;
};

/* At most so many nodes. Containers that are `levels` deep or deeper are nodes without children:
 * the root is 0 deep. Ends the process when there is no memory for the scan. */
void json_tree_init(struct json_tree *tree, size_t nodes_max, int levels);
void json_tree_clear(struct json_tree *tree);

/* Forgets what was read before. The document must outlive its use. FAIL_BAD_VALUE: it has too many
 * values, or is larger than 4 GB. */
enum fail json_tree_read(struct json_tree *tree, struct text document);

/* NULL while nothing was read. */
const struct json_node *json_root(const struct json_tree *tree);
const struct json_node *json_first(const struct json_tree *tree, const struct json_node *node);
const struct json_node *json_next(const struct json_tree *tree, const struct json_node *node);

/* The member of that name; of several the last, as parsers have it. */
const struct json_node *json_find(const struct json_tree *tree, const struct json_node *object,
                                  const char *name);

/* Decoded. */
struct text json_name(const struct json_tree *tree, const struct json_node *node);

/* As it stands, quotes and brackets included. */
struct text json_raw(const struct json_tree *tree, const struct json_node *node);

/* Of a string that is not empty, what stands between its quotes, escapes as they are; else empty.
 */
struct text json_inside(const struct json_tree *tree, const struct json_node *node);

static inline bool json_is_kind(const struct json_node *node, enum json_kind kind)
{
    return node && node->kind == kind;
}

/* It is there, and not null. */
static inline bool json_is_given(const struct json_node *node)
{
    return node && node->kind != JSON_NULL;
}

/* A string that says just that, however it is escaped. */
bool json_is(const struct json_tree *tree, const struct json_node *node, const char *word);

/* The bool true. */
bool json_is_true(const struct json_tree *tree, const struct json_node *node);

/* A number that is one; false leaves the result alone. */
bool json_to_double(const struct json_tree *tree, const struct json_node *node, double *ret);
/* A whole number of at least 0. */
bool json_to_count(const struct json_tree *tree, const struct json_node *node, int64_t *ret);

/* The inside of a JSON string, decoded and appended; false where there is no room. It must come
 * from a document that was read. */
bool json_decode(struct buffer *out, struct text inside);

#endif
