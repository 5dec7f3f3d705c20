/* json_tree.c - builds the tree of a document's places, and looks into it. */
#include "wire/json_tree.h"

#include <math.h>
#include <stdlib.h>

#include "json_characters.h"

#define NAMES_MAX ((size_t)1 << 20)

/* ---- building ---- */

static struct json_node *node_at(const struct json_tree *tree, uint32_t index)
{
    return (struct json_node *)(void *)tree->nodes.data + index;
}

static uint32_t node_count(const struct json_tree *tree)
{
    return (uint32_t)(tree->nodes.len / sizeof(struct json_node));
}

/* A name of JSON's that stands for itself has as many bytes as its text. */
static bool keep_name(struct json_tree *tree, const struct json_value *key)
{
    struct json_node *pending = &tree->pending;
    size_t written = key->end - key->start - 2;
    pending->name_decoded = written != key->text.len + key->rest;
    pending->name_len = (uint32_t)key->text.len;
    pending->name_at = (uint32_t)key->start + 1;
    if (!pending->name_decoded) {
        pending->name_len = (uint32_t)written;
        return true;
    }
    pending->name_at = (uint32_t)tree->names.len;
    return buffer_append_text(&tree->names, key->text);
}

static void link_node(struct json_tree *tree, uint32_t index, int depth)
{
    if (depth == 0)
        return;
    struct json_node *parent = node_at(tree, tree->open[depth - 1]);
    if (parent->count++ == 0)
        parent->first = index;
    else
        node_at(tree, tree->last[depth - 1])->next = index;
    tree->last[depth - 1] = index;
}

static bool add_node(struct json_tree *tree, const struct json_value *value)
{
    const uint32_t index = node_count(tree);
    struct json_node node = tree->pending;
    node.kind = (unsigned char)value->kind;
    node.start = (uint32_t)value->start;
    node.end = (uint32_t)value->end;
    tree->pending = (struct json_node){ 0 };
    if (!buffer_append(&tree->nodes, &node, sizeof(node)))
        return false;
    link_node(tree, index, value->depth);
    if (value->kind == JSON_OBJECT || value->kind == JSON_ARRAY)
        tree->open[value->depth] = index;
    return true;
}

static bool on_value(void *owner, const struct json_value *value)
{
    struct json_tree *tree = owner;
    bool fits = true;
    if (value->depth > tree->levels)
        return true;
    if (value->kind == JSON_KEY)
        fits = keep_name(tree, value);
    else if (value->kind == JSON_OBJECT_END || value->kind == JSON_ARRAY_END)
        node_at(tree, tree->open[value->depth])->end = (uint32_t)value->end;
    else
        fits = add_node(tree, value);
    tree->too_many = !fits;
    return fits;
}

void json_tree_init(struct json_tree *tree, size_t nodes_max, int levels)
{
    *tree = (struct json_tree){ .levels = levels, .scan = json_scan_new(on_value, tree) };
    if (!tree->scan)
        abort();
    buffer_init(&tree->nodes, nodes_max * sizeof(struct json_node));
    buffer_init(&tree->names, NAMES_MAX);
}

void json_tree_clear(struct json_tree *tree)
{
    json_scan_free(tree->scan);
    buffer_clear(&tree->nodes);
    buffer_clear(&tree->names);
    *tree = (struct json_tree){ 0 };
}

enum fail json_tree_read(struct json_tree *tree, struct text document)
{
    tree->document = document;
    tree->nodes.len = tree->names.len = 0;
    tree->pending = (struct json_node){ 0 };
    tree->too_many = false;
    if (document.len > UINT32_MAX)
        return FAIL_BAD_VALUE;
    json_scan_reset(tree->scan);
    enum fail fail = json_scan_feed(tree->scan, document);
    if (!fail)
        fail = json_scan_finish(tree->scan);
    if (fail)
        tree->nodes.len = 0;
    return fail;
}

/* ---- looking ---- */

const struct json_node *json_root(const struct json_tree *tree)
{
    return tree->nodes.len > 0 ? node_at(tree, 0) : NULL;
}

const struct json_node *json_first(const struct json_tree *tree, const struct json_node *node)
{
    return node && node->first ? node_at(tree, node->first) : NULL;
}

const struct json_node *json_next(const struct json_tree *tree, const struct json_node *node)
{
    return node && node->next ? node_at(tree, node->next) : NULL;
}

struct text json_name(const struct json_tree *tree, const struct json_node *node)
{
    if (!node)
        return (struct text){ 0 };
    const char *from = node->name_decoded ? tree->names.data : tree->document.data;
    return (struct text){ from + node->name_at, node->name_len };
}

const struct json_node *json_find(const struct json_tree *tree, const struct json_node *object,
                                  const char *name)
{
    const struct text wanted = text_of(name);
    const struct json_node *found = NULL;
    if (!json_is_kind(object, JSON_OBJECT))
        return NULL;
    for (const struct json_node *member = json_first(tree, object); member;
         member = json_next(tree, member))
        if (text_equal(json_name(tree, member), wanted))
            found = member;
    return found;
}

struct text json_raw(const struct json_tree *tree, const struct json_node *node)
{
    if (!node)
        return (struct text){ 0 };
    return (struct text){ tree->document.data + node->start, node->end - node->start };
}

struct text json_inside(const struct json_tree *tree, const struct json_node *node)
{
    if (!json_is_kind(node, JSON_STRING) || node->end - node->start <= 2)
        return (struct text){ 0 };
    return (struct text){ tree->document.data + node->start + 1, node->end - node->start - 2 };
}

bool json_decode(struct buffer *out, struct text inside)
{
    if (inside.len == 0)
        return true;
    struct json_cursor cursor = { .at = (const unsigned char *)inside.data,
                                  .end = (const unsigned char *)inside.data + inside.len };
    if (!buffer_reserve(out, inside.len + JSON_COPY_SLACK))
        return false;
    cursor.out = out->data + out->len;
    cursor.limit = cursor.out + inside.len;
    json_copy_characters(&cursor);
    out->len = (size_t)(cursor.out - out->data);
    return true;
}

/* Words that are compared with are short, and hardly anybody escapes them. */
#define WORD_MAX 64

bool json_is(const struct json_tree *tree, const struct json_node *node, const char *word)
{
    const struct text inside = json_inside(tree, node), wanted = text_of(word);
    if (!json_is_kind(node, JSON_STRING))
        return false;
    if (text_equal(inside, wanted))
        return true;
    if (inside.len <= wanted.len || inside.len > (size_t)6 * WORD_MAX ||
        !memchr(inside.data, '\\', inside.len))
        return false;
    struct buffer decoded;
    buffer_init(&decoded, (size_t)8 * WORD_MAX);
    bool is_same = json_decode(&decoded, inside) && text_is(buffer_text(&decoded), word);
    buffer_clear(&decoded);
    return is_same;
}

bool json_is_true(const struct json_tree *tree, const struct json_node *node)
{
    return json_is_kind(node, JSON_BOOL) && text_is(json_raw(tree, node), "true");
}

bool json_to_double(const struct json_tree *tree, const struct json_node *node, double *ret)
{
    return json_is_kind(node, JSON_NUMBER) && text_to_double(json_raw(tree, node), ret);
}

/* The largest up to which doubles tell every whole number. */
#define WHOLE_MAX 9007199254740992.0

bool json_to_count(const struct json_tree *tree, const struct json_node *node, int64_t *ret)
{
    double number;
    if (!json_to_double(tree, node, &number) || number < 0 || number > WHOLE_MAX ||
        floor(number) != number)
        return false;
    *ret = (int64_t)number;
    return true;
}
