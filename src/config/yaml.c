/* yaml.c - libyaml's events into a tree whose every node knows its place. */
#include "config/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#define YAML_FILE_MAX  ((size_t)1 << 20)
#define YAML_DEPTH_MAX 32
#define YAML_KEYS_MAX  4096 /* of one mapping: each new key is compared with those before */

struct yaml_reading {
    yaml_parser_t parser;
    yaml_event_t event;
    const char *name;
    struct arena *arena;
    struct problems *problems;
    bool failed;
};

static void fail_at(struct yaml_reading *reading, const yaml_mark_t *mark, const char *what)
{
    if (!reading->failed)
        problems_add_at(reading->problems, PROBLEM_ERROR, reading->name, (int)mark->line + 1,
                        (int)mark->column + 1, "%s", what);
    reading->failed = true;
}

/* The next event into reading->event; the one before is given back. */
static bool advance(struct yaml_reading *reading)
{
    if (reading->failed)
        return false;
    yaml_event_delete(&reading->event);
    if (yaml_parser_parse(&reading->parser, &reading->event))
        return true;
    const yaml_parser_t *parser = &reading->parser;
    fail_at(reading, &parser->problem_mark, parser->problem ? parser->problem : "not YAML");
    return false;
}

static struct yaml_node *new_node(struct yaml_reading *reading, enum yaml_kind kind,
                                  const struct yaml_node *parent)
{
    struct yaml_node *node = arena_new(reading->arena, struct yaml_node);
    node->kind = kind;
    node->file = reading->name;
    node->line = (int)reading->event.start_mark.line + 1;
    node->column = (int)reading->event.start_mark.column + 1;
    node->parent = parent;
    return node;
}

static struct yaml_node *read_node(struct yaml_reading *reading, const struct yaml_node *parent,
                                   int depth);

static struct yaml_node *read_scalar(struct yaml_reading *reading, const struct yaml_node *parent)
{
    struct yaml_node *node = new_node(reading, YAML_SCALAR, parent);
    const struct text value = { (const char *)reading->event.data.scalar.value,
                                reading->event.data.scalar.length };
    if (value.len && memchr(value.data, '\0', value.len))
        fail_at(reading, &reading->event.start_mark, "a text may not contain a zero byte");
    node->quoted = reading->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->scalar = arena_text(reading->arena, value);
    return node;
}

static void append_child(struct yaml_node *parent, struct yaml_node **last, struct yaml_node *child)
{
    child->index = parent->count++;
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
}

static struct yaml_node *read_sequence(struct yaml_reading *reading, const struct yaml_node *parent,
                                       int depth)
{
    struct yaml_node *sequence = new_node(reading, YAML_SEQUENCE, parent), *last = NULL;
    while (advance(reading) && reading->event.type != YAML_SEQUENCE_END_EVENT) {
        struct yaml_node *child = read_node(reading, sequence, depth + 1);
        if (child)
            append_child(sequence, &last, child);
    }
    return sequence;
}

/* The key of a pair, with its place, checked against those before. */
static bool read_key(struct yaml_reading *reading, const struct yaml_node *mapping,
                     struct yaml_node *key)
{
    const yaml_mark_t mark = reading->event.start_mark;
    if (reading->event.type != YAML_SCALAR_EVENT) {
        fail_at(reading, &mark, "a key must be a plain word");
        return false;
    }
    if (mapping->count >= YAML_KEYS_MAX) {
        fail_at(reading, &mark, "more than 4096 keys in one mapping");
        return false;
    }
    *key = (struct yaml_node){ .key_line = (int)mark.line + 1, .key_column = (int)mark.column + 1 };
    key->key = arena_string(reading->arena, (const char *)reading->event.data.scalar.value);
    const struct yaml_node *before = yaml_find(mapping, key->key);
    if (before)
        problems_add_at(reading->problems, PROBLEM_ERROR, reading->name, key->key_line,
                        key->key_column, "the key \"%s\" stands here twice (first in line %d)",
                        key->key, before->key_line);
    return true;
}

static struct yaml_node *read_mapping(struct yaml_reading *reading, const struct yaml_node *parent,
                                      int depth)
{
    struct yaml_node *mapping = new_node(reading, YAML_MAPPING, parent), *last = NULL;
    while (advance(reading) && reading->event.type != YAML_MAPPING_END_EVENT) {
        struct yaml_node key;
        if (!read_key(reading, mapping, &key) || !advance(reading))
            break;
        struct yaml_node *child = read_node(reading, mapping, depth + 1);
        if (!child)
            break;
        child->key = key.key;
        child->key_line = key.key_line;
        child->key_column = key.key_column;
        append_child(mapping, &last, child);
    }
    return mapping;
}

/* The node that begins with the current event. */
static struct yaml_node *read_node(struct yaml_reading *reading, const struct yaml_node *parent,
                                   int depth)
{
    if (depth > YAML_DEPTH_MAX) {
        fail_at(reading, &reading->event.start_mark, "nested too deeply (more than 32 levels)");
        return NULL;
    }
    switch (reading->event.type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reading, parent);
    case YAML_SEQUENCE_START_EVENT:
        return read_sequence(reading, parent, depth);
    case YAML_MAPPING_START_EVENT:
        return read_mapping(reading, parent, depth);
    case YAML_ALIAS_EVENT:
        fail_at(reading, &reading->event.start_mark,
                "aliases (*name) are not understood here; use `extends` or write it out");
        return NULL;
    default:
        fail_at(reading, &reading->event.start_mark, "not a value");
        return NULL;
    }
}

/* Stream start, document start, the root, document end, stream end. */
static const struct yaml_node *read_document(struct yaml_reading *reading)
{
    struct yaml_node *root = NULL;
    if (!advance(reading) || !advance(reading))
        return NULL;
    if (reading->event.type == YAML_STREAM_END_EVENT)
        return new_node(reading, YAML_MAPPING, NULL);
    if (advance(reading))
        root = read_node(reading, NULL, 1);
    if (!advance(reading) || !advance(reading))
        return NULL;
    if (reading->event.type != YAML_STREAM_END_EVENT)
        fail_at(reading, &reading->event.start_mark, "only one document may stand in a file");
    return root;
}

const struct yaml_node *yaml_read_text(struct text text, const char *name, struct arena *arena,
                                       struct problems *problems)
{
    size_t errors = problems->errors;
    if (text.len > YAML_FILE_MAX) {
        problems_add_at(problems, PROBLEM_ERROR, name, 1, 1, "larger than 1 MiB");
        return NULL;
    }
    struct yaml_reading reading = { .name = arena_string(arena, name),
                                    .arena = arena,
                                    .problems = problems };
    if (!yaml_parser_initialize(&reading.parser))
        return NULL;
    yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text.data, text.len);
    const struct yaml_node *root = read_document(&reading);
    yaml_event_delete(&reading.event);
    yaml_parser_delete(&reading.parser);
    return problems->errors > errors ? NULL : root;
}

const struct yaml_node *yaml_read_file(const char *path, struct arena *arena,
                                       struct problems *problems)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        problems_add_at(problems, PROBLEM_ERROR, path, 0, 0, "cannot be opened: %s",
                        strerror(errno));
        return NULL;
    }
    char *bytes = arena_alloc(arena, YAML_FILE_MAX + 1);
    size_t len = fread(bytes, 1, YAML_FILE_MAX + 1, file);
    fclose(file);
    return yaml_read_text((struct text){ bytes, len }, path, arena, problems);
}

const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->kind != YAML_MAPPING)
        return NULL;
    for (const struct yaml_node *child = mapping->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

const char *yaml_path(const struct yaml_node *node, struct arena *arena)
{
    if (!node || !node->parent)
        return "";
    const char *parent = yaml_path(node->parent, arena);
    if (!node->key)
        return arena_printf(arena, "%s[%zu]", parent, node->index);
    return arena_printf(arena, "%s%s%s", parent, *parent ? "." : "", node->key);
}
