/* schema.c - the one walker: a node and a table of rows in, a filled struct and all problems out.
 */
#include "config/schema.h"

#include <assert.h>

#include "base/buffer.h"
#include "fields.h"

#define ITEMS_MAX 10000 /* of one list or mapping of objects */
#define KEYS_MAX  128   /* of one object; the tables are ours */
#define KEYS_TOLD 12    /* no longer list of known keys is put into a message */

static void read_object(struct schema_reading *reading, const struct schema *schema,
                        const struct yaml_node *node, void *object);

static void *field_of(const struct schema_key *key, void *object)
{
    return (char *)object + key->offset;
}

static bool holds_objects(enum schema_type type)
{
    return type == SCHEMA_OBJECT || type == SCHEMA_LIST || type == SCHEMA_MAP;
}

static bool is_empty(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted && node->scalar.len == 0;
}

static bool is_null(const struct yaml_node *node)
{
    bool is_word = node->kind == YAML_SCALAR && !node->quoted &&
                   (text_is(node->scalar, "~") || text_is(node->scalar, "null"));
    return is_word || is_empty(node);
}

/* `key: null` leaves the key out. So does `key:` before nothing but comments where objects would
 * follow; elsewhere it is a value that somebody forgot to write. */
static bool is_left_out(const struct schema_key *key, const struct yaml_node *node)
{
    if (!node || key->type == SCHEMA_CUSTOM || key->type == SCHEMA_OBJECT)
        return !node;
    return is_null(node) && (holds_objects(key->type) || !is_empty(node));
}

static void read_items(struct schema_reading *reading, const struct schema_key *key,
                       const struct yaml_node *node, struct schema_list *ret_list)
{
    enum yaml_kind wanted = key->type == SCHEMA_MAP ? YAML_MAPPING : YAML_SEQUENCE;
    if (node->kind != wanted) {
        field_is_wrong(reading, node, key->type);
        return;
    }
    if (node->count > ITEMS_MAX) {
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "has %zu entries; at most %d may stand", node->count, ITEMS_MAX);
        return;
    }
    char *items = arena_array(reading->arena, node->count, key->object->size);
    size_t at = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next, at++)
        read_object(reading, key->object, item, items + at * key->object->size);
    *ret_list = (struct schema_list){ items, node->count };
}

static void read_field(struct schema_reading *reading, const struct schema_key *key,
                       const struct yaml_node *node, void *field)
{
    if (key->type == SCHEMA_CUSTOM)
        key->read(reading, node, field);
    else if (key->type == SCHEMA_OBJECT)
        read_object(reading, key->object, node, field);
    else if (holds_objects(key->type))
        read_items(reading, key, node, field);
    else
        field_read(reading, key, node, field);
}

/* ---- what is left out ---- */

/* Lists and mappings are parsed; the many scalars need no parser. */
static const struct yaml_node *fallback_node(struct schema_reading *reading,
                                             const struct schema_key *key)
{
    if (*key->fallback == '[' || *key->fallback == '{')
        return yaml_read_text(text_of(key->fallback), "default", reading->arena, reading->problems);
    struct yaml_node *node = arena_new(reading->arena, struct yaml_node);
    node->file = "default";
    node->key = key->name;
    node->scalar = text_of(key->fallback);
    return node;
}

/* A default is read like a value that stood in the file. */
static void read_fallback(struct schema_reading *reading, const struct schema_key *key, void *field)
{
    if (key->type == SCHEMA_OBJECT)
        read_object(reading, key->object, NULL, field);
    else if (key->fallback)
        read_field(reading, key, fallback_node(reading, key), field);
}

/* ---- objects ---- */

static const struct schema_key *find_key(const struct schema *schema, const char *name)
{
    for (const struct schema_key *key = schema->keys; key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

/* The nearest key, or all of them where none is near and they are few. */
static void tell_unknown_key(struct schema_reading *reading, const struct schema *schema,
                             const struct yaml_node *node)
{
    const char *names[KEYS_MAX];
    size_t count = 0;
    struct buffer all;
    buffer_init(&all, 600);
    buffer_append_string(&all, "; known are");
    for (const struct schema_key *key = schema->keys; key->name; key++) {
        assert(count < KEYS_MAX);
        buffer_printf(&all, "%s%s", count ? ", " : " ", key->name);
        names[count++] = key->name;
    }
    const char *nearest = problems_nearest(reading->problems, text_of(node->key), names, count);
    bool tells_all = !*nearest && count <= KEYS_TOLD;
    problems_add_key(reading->problems, PROBLEM_ERROR, node, "unknown key%s%.*s", nearest,
                     tells_all ? (int)all.len : 0, all.data);
    buffer_clear(&all);
}

static void read_keys(struct schema_reading *reading, const struct schema *schema,
                      const struct yaml_node *node, void *object, bool may_lack)
{
    for (const struct schema_key *key = schema->keys; key->name; key++) {
        const struct yaml_node *child = yaml_find(node, key->name);
        if (!is_left_out(key, child)) {
            read_field(reading, key, child, field_of(key, object));
            continue;
        }
        if (key->required && !may_lack)
            problems_add_key(reading->problems, PROBLEM_ERROR, node, "the key \"%s\" is missing",
                             key->name);
        read_fallback(reading, key, field_of(key, object));
    }
    bool is_mapping = node && node->kind == YAML_MAPPING;
    for (const struct yaml_node *child = is_mapping ? node->first : NULL; child;
         child = child->next)
        if (!find_key(schema, child->key))
            tell_unknown_key(reading, schema, child);
}

/* What is not a mapping is told once and then has the defaults, so that later checks find an object
 * as whole as any. */
static void read_object(struct schema_reading *reading, const struct schema *schema,
                        const struct yaml_node *node, void *object)
{
    struct schema_object *head = object;
    head->name = node ? node->key : NULL;
    head->node = node;
    bool is_wrong = node && node->kind != YAML_MAPPING && !is_null(node);
    if (is_wrong)
        field_is_wrong(reading, node, SCHEMA_OBJECT);
    read_keys(reading, schema, node, object, !node || is_wrong);
    if (schema->finish)
        schema->finish(reading, object);
}

void schema_read(const struct schema *schema, const struct yaml_node *node, void *object,
                 struct arena *arena, struct problems *problems,
                 const struct schema_options *options)
{
    struct schema_reading reading = { arena, problems, options };
    read_object(&reading, schema, node, object);
}
