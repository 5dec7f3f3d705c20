/* schema.c - the one walker: a node and a table of rows in, a filled struct and all problems out.
 */
#include "config/schema.h"

#include <stdio.h>

#include "values.h"

#define ITEMS_MAX                                                                                  \
    10000 /* of a list or mapping; the node tree is bounded by the file's size anyway */

static void *field_of(const struct schema_key *key, void *object)
{
    return (char *)object + key->offset;
}

static bool wrong_value(struct schema_reading *reading, const struct yaml_node *node,
                        enum schema_type type)
{
    if (node->kind != YAML_SCALAR)
        problems_add(reading->problems, PROBLEM_ERROR, node, "must be %s", value_hint(type));
    else
        problems_add(reading->problems, PROBLEM_ERROR, node, "\"%.*s\" is not %s",
                     node->scalar.len > 80 ? 80 : (int)node->scalar.len, node->scalar.data,
                     value_hint(type));
    return false;
}

/* ---- single values ---- */

bool schema_to_duration(struct schema_reading *reading, const struct yaml_node *node,
                        int64_t *ret_ms)
{
    if (node->kind == YAML_SCALAR && value_duration_ms(node->scalar, ret_ms))
        return true;
    double bare;
    if (node->kind == YAML_SCALAR && text_to_double(node->scalar, &bare)) {
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "%.*s has no unit; write %.*ss, %.*sms or %.*sm", TEXT_ARGS(node->scalar),
                     TEXT_ARGS(node->scalar), TEXT_ARGS(node->scalar), TEXT_ARGS(node->scalar));
        return false;
    }
    return wrong_value(reading, node, SCHEMA_DURATION);
}

bool schema_to_size(struct schema_reading *reading, const struct yaml_node *node,
                    uint64_t *ret_bytes)
{
    return (node->kind == YAML_SCALAR && value_size(node->scalar, ret_bytes)) ||
           wrong_value(reading, node, SCHEMA_SIZE);
}

bool schema_to_number(struct schema_reading *reading, const struct yaml_node *node,
                      double *ret_number)
{
    return (node->kind == YAML_SCALAR && text_to_double(node->scalar, ret_number)) ||
           wrong_value(reading, node, SCHEMA_NUMBER);
}

bool schema_to_share(struct schema_reading *reading, const struct yaml_node *node,
                     double *ret_share)
{
    return (node->kind == YAML_SCALAR && value_share(node->scalar, ret_share)) ||
           wrong_value(reading, node, SCHEMA_SHARE);
}

static size_t words_list(const struct schema_word *words, const char **list, size_t room)
{
    size_t count = 0;
    for (; words[count].word && count < room; count++)
        list[count] = words[count].word;
    return count;
}

/* "must be one of a, b, c", and which of them was probably meant. */
static bool unknown_word(struct schema_reading *reading, const struct yaml_node *node,
                         const struct schema_word *words)
{
    const char *list[64];
    size_t count = words_list(words, list, 64);
    struct buffer all;
    buffer_init(&all, 2000);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&all, "%s%s", i ? ", " : "", list[i]);
    const char *nearest = problems_nearest(reading->problems, node->scalar, list, count);
    problems_add(reading->problems, PROBLEM_ERROR, node, "\"%.*s\" is none of %.*s%s",
                 node->scalar.len > 80 ? 80 : (int)node->scalar.len, node->scalar.data,
                 TEXT_ARGS(buffer_text(&all)), nearest);
    buffer_clear(&all);
    return false;
}

bool schema_to_word(struct schema_reading *reading, const struct yaml_node *node,
                    const struct schema_word *words, int *ret_value)
{
    if (node->kind != YAML_SCALAR)
        return wrong_value(reading, node, SCHEMA_ENUM);
    for (const struct schema_word *word = words; word->word; word++) {
        if (text_is(node->scalar, word->word)) {
            *ret_value = word->value;
            return true;
        }
    }
    return unknown_word(reading, node, words);
}

bool schema_to_texts(struct schema_reading *reading, const struct yaml_node *node,
                     struct schema_texts *ret_texts)
{
    if (node->kind == YAML_MAPPING)
        return wrong_value(reading, node, SCHEMA_TEXTS);
    size_t count = node->kind == YAML_SCALAR ? 1 : node->count;
    const char **items = arena_array(reading->arena, count, sizeof(*items));
    const struct yaml_node *item = node->kind == YAML_SCALAR ? node : node->first;
    for (size_t i = 0; i < count; i++, item = item->next) {
        if (item->kind != YAML_SCALAR)
            return wrong_value(reading, item, SCHEMA_TEXT);
        items[i] = item->scalar.data;
    }
    *ret_texts = (struct schema_texts){ items, count };
    return true;
}

static bool to_flags(struct schema_reading *reading, const struct yaml_node *node,
                     const struct schema_word *words, uint32_t *ret_flags)
{
    uint32_t flags = 0;
    bool good = true;
    if (node->kind != YAML_SEQUENCE)
        return wrong_value(reading, node, SCHEMA_FLAGS);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        int flag = 0;
        good = schema_to_word(reading, item, words, &flag) && good;
        flags |= (uint32_t)flag;
    }
    *ret_flags = flags;
    return good;
}

static bool to_secret(struct schema_reading *reading, const struct yaml_node *node,
                      struct secret *ret_secret)
{
    const char *why = NULL;
    if (node->kind != YAML_SCALAR)
        return wrong_value(reading, node, SCHEMA_SECRET);
    if (secret_resolve(node->scalar, reading->arena, ret_secret, &why))
        return true;
    bool optional = reading->options && reading->options->secrets_optional;
    problems_add(reading->problems, optional ? PROBLEM_WARNING : PROBLEM_ERROR, node, "%s", why);
    return false;
}

static bool to_pairs(struct schema_reading *reading, const struct yaml_node *node,
                     struct schema_pairs *ret_pairs)
{
    if (node->kind != YAML_MAPPING)
        return wrong_value(reading, node, SCHEMA_PAIRS);
    struct schema_pair *items = arena_array(reading->arena, node->count, sizeof(*items));
    size_t count = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        if (item->kind == YAML_SCALAR)
            items[count++] = (struct schema_pair){ item->key, item->scalar.data };
        else
            wrong_value(reading, item, SCHEMA_TEXT);
    }
    *ret_pairs = (struct schema_pairs){ items, count };
    return true;
}

/* Plain numbers, and shares with their sign of per cent. */
static bool to_numbers(struct schema_reading *reading, const struct yaml_node *node,
                       struct schema_numbers *ret_numbers)
{
    if (node->kind != YAML_MAPPING)
        return wrong_value(reading, node, SCHEMA_NUMBERS);
    struct schema_named_number *items = arena_array(reading->arena, node->count, sizeof(*items));
    size_t count = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        double value;
        bool good = item->kind == YAML_SCALAR &&
                    (text_to_double(item->scalar, &value) || value_share(item->scalar, &value));
        if (good)
            items[count++] = (struct schema_named_number){ item->key, value, item };
        else
            wrong_value(reading, item, SCHEMA_NUMBERS);
    }
    *ret_numbers = (struct schema_numbers){ items, count };
    return true;
}

/* ---- bounds ---- */

static double as_number(const struct schema_key *key, const void *field)
{
    switch (key->type) {
    case SCHEMA_INT:
        return (double)*(const int64_t *)field;
    case SCHEMA_DURATION:
        return (double)*(const int64_t *)field / 1000;
    case SCHEMA_SIZE:
        return (double)*(const uint64_t *)field;
    default:
        return *(const double *)field;
    }
}

static bool has_bounds(const struct schema_key *key)
{
    bool is_number = key->type == SCHEMA_INT || key->type == SCHEMA_NUMBER ||
                     key->type == SCHEMA_DURATION || key->type == SCHEMA_SIZE ||
                     key->type == SCHEMA_MONEY || key->type == SCHEMA_SHARE;
    return is_number && (key->min != 0 || key->max != 0);
}

static void check_bounds(struct schema_reading *reading, const struct schema_key *key,
                         const struct yaml_node *node, const void *field)
{
    const char *unit = key->type == SCHEMA_DURATION ? "s" : "";
    double number = as_number(key, field);
    if (number < key->min || number > key->max)
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "%.*s is out of bounds: from %.10g%s to %.10g%s", TEXT_ARGS(node->scalar),
                     key->min, unit, key->max, unit);
}

/* ---- objects ---- */

static void read_object(struct schema_reading *reading, const struct schema *schema,
                        const struct yaml_node *node, void *object);

static void read_items(struct schema_reading *reading, const struct schema_key *key,
                       const struct yaml_node *node, struct schema_list *ret_list)
{
    enum yaml_kind wanted = key->type == SCHEMA_MAP ? YAML_MAPPING : YAML_SEQUENCE;
    if (node->kind != wanted) {
        wrong_value(reading, node, key->type);
        return;
    }
    if (node->count > ITEMS_MAX) {
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "has %zu entries, at most %d may stand", node->count, ITEMS_MAX);
        return;
    }
    char *items = arena_array(reading->arena, node->count, key->object->size);
    size_t at = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next, at++)
        read_object(reading, key->object, item, items + at * key->object->size);
    *ret_list = (struct schema_list){ items, node->count };
}

static bool read_scalar(struct schema_reading *reading, const struct schema_key *key,
                        const struct yaml_node *node, void *field)
{
    bool is_scalar = node->kind == YAML_SCALAR;
    switch (key->type) {
    case SCHEMA_BOOL:
        return (is_scalar && value_bool(node->scalar, field)) ||
               wrong_value(reading, node, key->type);
    case SCHEMA_INT:
        return (is_scalar && value_int(node->scalar, field)) ||
               wrong_value(reading, node, key->type);
    case SCHEMA_NUMBER:
    case SCHEMA_MONEY:
        return (is_scalar && text_to_double(node->scalar, field)) ||
               wrong_value(reading, node, key->type);
    case SCHEMA_DURATION:
        return schema_to_duration(reading, node, field);
    case SCHEMA_SIZE:
        return schema_to_size(reading, node, field);
    case SCHEMA_SHARE:
        return schema_to_share(reading, node, field);
    case SCHEMA_TEXT:
        if (is_scalar)
            *(const char **)field = node->scalar.data;
        return is_scalar || wrong_value(reading, node, key->type);
    default:
        return false;
    }
}

static void read_field(struct schema_reading *reading, const struct schema_key *key,
                       const struct yaml_node *node, void *field)
{
    switch (key->type) {
    case SCHEMA_SECRET:
        to_secret(reading, node, field);
        return;
    case SCHEMA_ENUM:
        schema_to_word(reading, node, key->words, field);
        return;
    case SCHEMA_FLAGS:
        to_flags(reading, node, key->words, field);
        return;
    case SCHEMA_TEXTS:
        schema_to_texts(reading, node, field);
        return;
    case SCHEMA_PAIRS:
        to_pairs(reading, node, field);
        return;
    case SCHEMA_NUMBERS:
        to_numbers(reading, node, field);
        return;
    case SCHEMA_OBJECT:
        read_object(reading, key->object, node, field);
        return;
    case SCHEMA_LIST:
    case SCHEMA_MAP:
        read_items(reading, key, node, field);
        return;
    case SCHEMA_CUSTOM:
        key->read(reading, node, field);
        return;
    default:
        if (read_scalar(reading, key, node, field) && has_bounds(key))
            check_bounds(reading, key, node, field);
    }
}

/* A default is read like a value that stood in the file. */
static void read_fallback(struct schema_reading *reading, const struct schema_key *key, void *field)
{
    const struct yaml_node node = {
        .kind = YAML_SCALAR, .file = "default", .key = key->name, .scalar = text_of(key->fallback)
    };
    if (key->type == SCHEMA_OBJECT)
        read_object(reading, key->object, NULL, field);
    else if (key->fallback)
        read_field(reading, key, &node, field);
}

static const struct schema_key *find_key(const struct schema *schema, const char *name)
{
    for (const struct schema_key *key = schema->keys; key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

static void unknown_key(struct schema_reading *reading, const struct schema *schema,
                        const struct yaml_node *node)
{
    const char *names[128];
    size_t count = 0;
    for (const struct schema_key *key = schema->keys; key->name && count < 128; key++)
        names[count++] = key->name;
    problems_add_key(reading->problems, PROBLEM_ERROR, node, "unknown key%s",
                     problems_nearest(reading->problems, text_of(node->key), names, count));
}

static void read_keys(struct schema_reading *reading, const struct schema *schema,
                      const struct yaml_node *node, void *object)
{
    const struct yaml_node *place = ((struct schema_object *)object)->node;
    for (const struct schema_key *key = schema->keys; key->name; key++) {
        const struct yaml_node *child = yaml_find(node, key->name);
        if (child)
            read_field(reading, key, child, field_of(key, object));
        else if (key->required && place)
            problems_add(reading->problems, PROBLEM_ERROR, place, "the key \"%s\" is missing",
                         key->name);
        else
            read_fallback(reading, key, field_of(key, object));
    }
    for (const struct yaml_node *child = node ? node->first : NULL; child; child = child->next)
        if (!find_key(schema, child->key))
            unknown_key(reading, schema, child);
}

static void read_object(struct schema_reading *reading, const struct schema *schema,
                        const struct yaml_node *node, void *object)
{
    struct schema_object *head = object;
    head->name = node ? node->key : NULL;
    head->node = node;
    bool is_empty = node && node->kind == YAML_SCALAR && node->scalar.len == 0 && !node->quoted;
    if (node && node->kind != YAML_MAPPING && !is_empty) {
        wrong_value(reading, node, SCHEMA_OBJECT);
        return;
    }
    read_keys(reading, schema, is_empty ? NULL : node, object);
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
