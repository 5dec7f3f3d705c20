/* schema.h - what a YAML document may say, as rows; and the one walker that reads it into structs.
 *
 * A key is a row: its name, its type, where it goes, its bounds, its default and its sentence in
 * the manual. The walker reports unknown keys, wrong types, values out of bounds and missing keys,
 * all of them, with the nearest known word. `bourse reference` prints manual and JSON Schema from
 * the rows.
 *
 * Every struct that a SCHEMA_OBJECT, LIST or MAP fills begins with a `struct schema_object`, so
 * that later checks (does the provider of this model exist?) can point at the place. */
#ifndef BOURSE_CONFIG_SCHEMA_H
#define BOURSE_CONFIG_SCHEMA_H

#include "base/secret.h"
#include "config/yaml.h"

enum schema_type {                  /* the field it fills */
                   SCHEMA_BOOL,     /* bool */
                   SCHEMA_INT,      /* int64_t */
                   SCHEMA_NUMBER,   /* double */
                   SCHEMA_DURATION, /* int64_t, milliseconds; min and max are in seconds */
                   SCHEMA_SIZE,     /* uint64_t, bytes */
                   SCHEMA_MONEY,    /* double, USD */
                   SCHEMA_SHARE,    /* double, 0 to 1; "20%" or 0.2 */
                   SCHEMA_TEXT,     /* const char * */
                   SCHEMA_SECRET,  /* struct secret; env: file: credential: os.environ/ or the value
                                      itself */
                   SCHEMA_ENUM,    /* int, from .words */
                   SCHEMA_FLAGS,   /* uint32_t, a list of .words or-ed together */
                   SCHEMA_TEXTS,   /* struct schema_texts; a single scalar is a list of one */
                   SCHEMA_PAIRS,   /* struct schema_pairs; a mapping of text to text */
                   SCHEMA_NUMBERS, /* struct schema_numbers; a mapping of text to numbers (or
                                      shares) */
                   SCHEMA_OBJECT,  /* a struct embedded in this one, by .object */
                   SCHEMA_LIST,    /* struct schema_list of structs by .object */
                   SCHEMA_MAP, /* struct schema_list of structs by .object, each with its .name */
                   SCHEMA_CUSTOM, /* whatever .read makes of the node */
};

struct schema_object {
    const char *name;             /* its key in a MAP, else NULL */
    const struct yaml_node *node; /* NULL when the document does not mention it */
};

struct schema_texts {
    const char **items;
    size_t count;
};

struct schema_pair {
    const char *name, *value;
};

struct schema_pairs {
    struct schema_pair *items;
    size_t count;
};

struct schema_named_number {
    const char *name;
    double value;
    const struct yaml_node *node;
};

struct schema_numbers {
    struct schema_named_number *items;
    size_t count;
};

struct schema_list {
    void *items; /* an array of structs of the row's object */
    size_t count;
};

struct schema_word {
    const char *word;
    int value;
    const char *doc;
};

struct schema_reading; /* the walk in progress: arena, problems, options */

struct schema_key {
    const char *name;
    enum schema_type type;
    size_t offset;
    const char *fallback; /* the default, written as in YAML; NULL leaves the field zero */
    bool required;
    double min, max;                 /* both 0: unbounded */
    const struct schema_word *words; /* ends with a NULL word */
    const struct schema *object;
    void (*read)(struct schema_reading *reading, const struct yaml_node *node, void *field);
    const char *json_schema; /* for SCHEMA_CUSTOM: its JSON Schema, as JSON */
    const char *doc;
    const char *example; /* for the manual; may be NULL */
};

struct schema {
    const char *name; /* "provider", as the manual calls it */
    size_t size;
    const struct schema_key *keys; /* ends with a NULL name */
    /* After all keys of one object were read: what only the whole can tell. May be NULL. */
    void (*finish)(struct schema_reading *reading, void *object);
    const char *doc;
};

struct schema_options {
    bool secrets_optional; /* an unset secret is a warning, not an error: check and explain */
    void *context;         /* for .read and .finish */
};

struct schema_reading {
    struct arena *arena;
    struct problems *problems;
    const struct schema_options *options;
};

/* Fills `object` (of schema->size bytes, zeroed by the caller) with defaults and then with what the
 * node says. NULL as node gives the defaults. Problems go to `problems`; never stops at the first.
 */
void schema_read(const struct schema *schema, const struct yaml_node *node, void *object,
                 struct arena *arena, struct problems *problems,
                 const struct schema_options *options);

/* Single values, for .read functions; false after having reported the problem. */
bool schema_to_duration(struct schema_reading *reading, const struct yaml_node *node,
                        int64_t *ret_ms);
bool schema_to_size(struct schema_reading *reading, const struct yaml_node *node,
                    uint64_t *ret_bytes);
bool schema_to_number(struct schema_reading *reading, const struct yaml_node *node,
                      double *ret_number);
bool schema_to_share(struct schema_reading *reading, const struct yaml_node *node,
                     double *ret_share);
bool schema_to_word(struct schema_reading *reading, const struct yaml_node *node,
                    const struct schema_word *words, int *ret_value);
bool schema_to_texts(struct schema_reading *reading, const struct yaml_node *node,
                     struct schema_texts *ret_texts);

/* The manual (Markdown) and the JSON Schema (draft 2020-12) of everything below `root`; the manual
 * also as one annotated YAML document. */
void schema_print_manual(const struct schema *root, struct buffer *out);
void schema_print_yaml(const struct schema *root, struct buffer *out);
void schema_print_json_schema(const struct schema *root, struct buffer *out);

#endif
