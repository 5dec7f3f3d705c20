/* yaml.c - libyaml's events into a tree whose every node knows its place.
 *
 * An alias shares the children of its anchor. What that multiplies to when somebody walks the tree
 * is counted while it is read, so that a small file cannot stand for a huge tree. */
#include "config/yaml.h"

#include <yaml.h>

#include "base/map.h"

#define YAML_DEPTH_MAX   32
#define YAML_NODES_MAX   100000 /* every alias counted with all that it stands for */
#define YAML_ANCHORS_MAX 256

struct yaml_anchor {
    const char *name;
    const struct yaml_node *node; /* NULL while it is being read */
    size_t nodes;                 /* it and everything below it */
    int height;                   /* levels below it */
    struct yaml_anchor *older;
};

struct yaml_key {
    const char *name;
    int line, column;
};

struct yaml_reading {
    yaml_parser_t parser;
    yaml_event_t event;
    struct text text;
    const char *name;
    struct arena *arena;  /* for what stays */
    struct arena scratch; /* for what ends with the reading */
    struct problems *problems;
    struct yaml_anchor *anchors; /* newest first: a name may be given anew */
    size_t anchor_count;
    size_t nodes;
    int deepest; /* level reached since the innermost open anchor */
    bool failed; /* the rest of the file cannot be understood */
};

static int line_of(const yaml_mark_t *mark)
{
    return (int)mark->line + 1;
}

static int column_of(const yaml_mark_t *mark)
{
    return (int)mark->column + 1;
}

static void report(struct yaml_reading *reading, const yaml_mark_t *mark, const char *what)
{
    problems_add_at(reading->problems, PROBLEM_ERROR, reading->name, line_of(mark), column_of(mark),
                    "%s", what);
}

static void fail_here(struct yaml_reading *reading, const char *what)
{
    if (!reading->failed)
        report(reading, &reading->event.start_mark, what);
    reading->failed = true;
}

/* ---- what libyaml refuses ---- */

/* Bytes that are no characters are known only by their offset. */
static yaml_mark_t mark_of_offset(struct text text, size_t offset)
{
    yaml_mark_t mark = { .index = offset };
    for (size_t i = 0; i < offset && i < text.len; i++) {
        mark.line += text.data[i] == '\n';
        mark.column = text.data[i] == '\n' ? 0 : mark.column + 1;
    }
    return mark;
}

static bool is_tab(struct text text, const yaml_mark_t *mark)
{
    struct text rest = text, line = { NULL, 0 };
    for (size_t i = 0; i <= mark->line; i++)
        if (!text_split(&rest, '\n', &line))
            return false;
    return mark->column < line.len && line.data[mark->column] == '\t';
}

static void fail_parse(struct yaml_reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;
    const char *problem = parser->problem ? parser->problem : "out of memory";
    yaml_mark_t mark = parser->problem_mark;
    reading->failed = true;
    if (parser->error == YAML_READER_ERROR)
        mark = mark_of_offset(reading->text, parser->problem_offset);

    if (is_tab(reading->text, &mark))
        report(reading, &mark, "not YAML: a tab; only spaces indent");
    else if (parser->context)
        problems_add_at(reading->problems, PROBLEM_ERROR, reading->name, line_of(&mark),
                        column_of(&mark), "not YAML: %s (%s that begins in line %d)", problem,
                        parser->context, line_of(&parser->context_mark));
    else
        problems_add_at(reading->problems, PROBLEM_ERROR, reading->name, line_of(&mark),
                        column_of(&mark), "not YAML: %s", problem);
}

/* The next event into reading->event; the one before is given back. */
static bool advance(struct yaml_reading *reading)
{
    if (reading->failed)
        return false;
    yaml_event_delete(&reading->event);
    if (yaml_parser_parse(&reading->parser, &reading->event))
        return true;
    fail_parse(reading);
    return false;
}

/* ---- nodes ---- */

static void count_nodes(struct yaml_reading *reading, size_t nodes)
{
    reading->nodes += nodes;
    if (reading->nodes > YAML_NODES_MAX)
        fail_here(reading, "too large: more than 100000 values, aliases counted in full");
}

static void note_depth(struct yaml_reading *reading, int depth)
{
    if (depth > reading->deepest)
        reading->deepest = depth;
    if (depth > YAML_DEPTH_MAX)
        fail_here(reading, "nested too deeply (more than 32 levels)");
}

static struct yaml_node *new_node(struct yaml_reading *reading, enum yaml_kind kind,
                                  const struct yaml_node *parent)
{
    struct yaml_node *node = arena_new(reading->arena, struct yaml_node);
    node->kind = kind;
    node->file = reading->name;
    node->line = line_of(&reading->event.start_mark);
    node->column = column_of(&reading->event.start_mark);
    node->parent = parent;
    return node;
}

/* Tags of YAML's own types change nothing but !!str, which is another way to quote. */
static bool is_text_tag(struct yaml_reading *reading, const yaml_char_t *event_tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    static const char *const known[] = { "str", "int", "float", "bool", "null", "seq", "map" };
    struct text tag = text_of((const char *)event_tag);
    if (tag.len == 0)
        return false;
    if (text_is(tag, "!"))
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (text_starts(tag, prefix) && strcmp(tag.data + sizeof(prefix) - 1, known[i]) == 0)
            return i == 0;
    const yaml_mark_t *mark = &reading->event.start_mark;
    problems_add_at(reading->problems, PROBLEM_ERROR, reading->name, line_of(mark), column_of(mark),
                    "the tag %.*s is not understood here", TEXT_ARGS(tag));
    return false;
}

static struct yaml_node *read_node(struct yaml_reading *reading, const struct yaml_node *parent,
                                   int depth);

static struct yaml_node *read_scalar(struct yaml_reading *reading, const struct yaml_node *parent)
{
    struct yaml_node *node = new_node(reading, YAML_SCALAR, parent);
    const struct text value = { (const char *)reading->event.data.scalar.value,
                                reading->event.data.scalar.length };
    if (value.len && memchr(value.data, '\0', value.len))
        fail_here(reading, "a text may not contain a zero byte");
    bool is_tagged = is_text_tag(reading, reading->event.data.scalar.tag);
    node->quoted = is_tagged || reading->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
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
    is_text_tag(reading, reading->event.data.sequence_start.tag);
    while (advance(reading) && reading->event.type != YAML_SEQUENCE_END_EVENT) {
        struct yaml_node *child = read_node(reading, sequence, depth + 1);
        if (child)
            append_child(sequence, &last, child);
    }
    return sequence;
}

/* NULL when the file cannot be understood further. */
static const struct yaml_key *read_key(struct yaml_reading *reading, struct map *keys)
{
    const yaml_mark_t mark = reading->event.start_mark;
    if (reading->event.type != YAML_SCALAR_EVENT) {
        fail_here(reading, "a key must be a plain word");
        return NULL;
    }
    struct text name = { (const char *)reading->event.data.scalar.value,
                         reading->event.data.scalar.length };
    if (name.len && memchr(name.data, '\0', name.len)) {
        fail_here(reading, "a key may not contain a zero byte");
        return NULL;
    }
    struct yaml_key *key = arena_new(&reading->scratch, struct yaml_key);
    *key = (struct yaml_key){ arena_string_of(reading->arena, name), line_of(&mark),
                              column_of(&mark) };
    const struct yaml_key *before = map_add(keys, text_of(key->name), key);
    if (before)
        problems_add_at(reading->problems, PROBLEM_ERROR, reading->name, key->line, key->column,
                        "the key \"%s\" stands here twice (first in line %d)", key->name,
                        before->line);
    return key;
}

/* A merge key would make a value stand at two places with one set of messages. */
static bool is_merge_key(struct yaml_reading *reading)
{
    bool is_merge = reading->event.type == YAML_SCALAR_EVENT &&
                    reading->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                    strcmp((const char *)reading->event.data.scalar.value, "<<") == 0;
    if (is_merge)
        report(reading, &reading->event.start_mark,
               "merge keys (<<) are not understood here; write the keys out");
    return is_merge;
}

static struct yaml_node *read_mapping(struct yaml_reading *reading, const struct yaml_node *parent,
                                      int depth)
{
    struct yaml_node *mapping = new_node(reading, YAML_MAPPING, parent), *last = NULL;
    struct map keys;
    map_init(&keys, &reading->scratch);
    is_text_tag(reading, reading->event.data.mapping_start.tag);
    while (advance(reading) && reading->event.type != YAML_MAPPING_END_EVENT) {
        bool is_merge = is_merge_key(reading);
        const struct yaml_key *key = read_key(reading, &keys);
        struct yaml_node *child =
            key && advance(reading) ? read_node(reading, mapping, depth + 1) : NULL;
        if (!child)
            break;
        child->key = key->name;
        child->key_line = key->line;
        child->key_column = key->column;
        if (!is_merge)
            append_child(mapping, &last, child);
    }
    return mapping;
}

/* ---- anchors and aliases ---- */

static struct yaml_anchor *find_anchor(const struct yaml_reading *reading, const char *name)
{
    struct yaml_anchor *anchor = reading->anchors;
    while (anchor && strcmp(anchor->name, name) != 0)
        anchor = anchor->older;
    return anchor;
}

static struct yaml_anchor *new_anchor(struct yaml_reading *reading, const char *name)
{
    if (reading->anchor_count++ >= YAML_ANCHORS_MAX) {
        fail_here(reading, "more than 256 anchors (&name)");
        return NULL;
    }
    struct yaml_anchor *anchor = arena_new(&reading->scratch, struct yaml_anchor);
    anchor->name = arena_string(&reading->scratch, name);
    anchor->older = reading->anchors;
    reading->anchors = anchor;
    return anchor;
}

/* A copy of the anchor's node at this place; what is below it is shared. */
static struct yaml_node *read_alias(struct yaml_reading *reading, const struct yaml_node *parent,
                                    int depth)
{
    const struct yaml_anchor *anchor =
        find_anchor(reading, (const char *)reading->event.data.alias.anchor);
    if (!anchor || !anchor->node) {
        fail_here(reading, anchor ? "this alias (*name) stands inside what it stands for"
                                  : "there is no anchor (&name) of this name before this alias");
        return NULL;
    }
    count_nodes(reading, anchor->nodes - 1);
    note_depth(reading, depth + anchor->height);
    struct yaml_node *node = new_node(reading, anchor->node->kind, parent);
    node->quoted = anchor->node->quoted;
    node->scalar = anchor->node->scalar;
    node->count = anchor->node->count;
    node->first = anchor->node->first;
    return node;
}

static struct yaml_node *read_collection(struct yaml_reading *reading,
                                         const struct yaml_node *parent, int depth)
{
    return reading->event.type == YAML_SEQUENCE_START_EVENT ? read_sequence(reading, parent, depth)
                                                            : read_mapping(reading, parent, depth);
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
           : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                      : event->data.mapping_start.anchor;
}

static struct yaml_node *read_anchored(struct yaml_reading *reading, const struct yaml_node *parent,
                                       int depth)
{
    size_t nodes_before = reading->nodes - 1;
    int deepest_before = reading->deepest;
    struct yaml_anchor *anchor = new_anchor(reading, (const char *)anchor_of(&reading->event));
    if (!anchor)
        return NULL;

    reading->deepest = depth;
    struct yaml_node *node = reading->event.type == YAML_SCALAR_EVENT
                                 ? read_scalar(reading, parent)
                                 : read_collection(reading, parent, depth);
    anchor->node = node;
    anchor->nodes = reading->nodes - nodes_before;
    anchor->height = reading->deepest - depth;
    if (deepest_before > reading->deepest)
        reading->deepest = deepest_before;
    return node;
}

/* The node that begins with the current event; NULL when the file cannot be understood further. */
static struct yaml_node *read_node(struct yaml_reading *reading, const struct yaml_node *parent,
                                   int depth)
{
    count_nodes(reading, 1);
    note_depth(reading, depth);
    if (reading->failed)
        return NULL;
    if (reading->event.type == YAML_ALIAS_EVENT)
        return read_alias(reading, parent, depth);
    if (anchor_of(&reading->event))
        return read_anchored(reading, parent, depth);
    if (reading->event.type == YAML_SCALAR_EVENT)
        return read_scalar(reading, parent);
    return read_collection(reading, parent, depth);
}

/* ---- documents ---- */

/* Stream start, document start, the root, document end, stream end. */
static const struct yaml_node *read_document(struct yaml_reading *reading)
{
    if (!advance(reading) || !advance(reading))
        return NULL;
    if (reading->event.type == YAML_STREAM_END_EVENT)
        return new_node(reading, YAML_MAPPING, NULL);
    const struct yaml_node *root = advance(reading) ? read_node(reading, NULL, 1) : NULL;
    if (!advance(reading) || !advance(reading))
        return NULL;
    if (reading->event.type != YAML_STREAM_END_EVENT)
        fail_here(reading, "only one document may stand in a file");
    return root;
}

const struct yaml_node *yaml_read_text(struct text text, const char *name, struct arena *arena,
                                       struct problems *problems)
{
    if (text.len > YAML_TEXT_MAX) {
        problems_add_at(problems, PROBLEM_ERROR, arena_string(arena, name), 1, 1,
                        "larger than 1 MiB");
        return NULL;
    }
    struct yaml_reading reading = {
        .text = text, .name = arena_string(arena, name), .arena = arena, .problems = problems
    };
    if (!yaml_parser_initialize(&reading.parser)) {
        problems_add_at(problems, PROBLEM_ERROR, reading.name, 1, 1, "out of memory");
        return NULL;
    }
    arena_init(&reading.scratch);
    yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
    const char *bytes = text.data ? text.data : "";
    yaml_parser_set_input_string(&reading.parser, (const unsigned char *)bytes, text.len);
    const struct yaml_node *root = read_document(&reading);
    yaml_event_delete(&reading.event);
    yaml_parser_delete(&reading.parser);
    arena_clear(&reading.scratch);
    return reading.failed ? NULL : root;
}
