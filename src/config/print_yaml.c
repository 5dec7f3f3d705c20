/* print_yaml.c - the manual as one annotated YAML document.
 *
 * A key with a default stands with it, so that the document says what leaving it out says. A key
 * without one is a comment, unless it is required. */
#include "outline.h"

struct yaml_print {
    struct buffer *out;
    struct arena arena;
    const struct schema *open[OUTLINE_MAX]; /* printed already, or being printed */
    const char *paths[OUTLINE_MAX];
    size_t count;
};

static void print_comment(struct yaml_print *print, int indent, const struct schema_key *key)
{
    buffer_printf(print->out, "%*s# ", indent, "");
    for (const char *byte = key->doc ? key->doc : ""; *byte; byte++)
        buffer_append(print->out, *byte == '\n' ? " " : byte, 1);
    buffer_printf(print->out, " (%s", outline_type_name(key->type));
    if (key->required)
        buffer_append_string(print->out, ", required");
    if (outline_has_min(key)) {
        buffer_append_string(print->out, ", ");
        outline_print_bounds(key, print->out);
    }
    for (const struct schema_word *word = key->words; word && word->word; word++)
        buffer_printf(print->out, "%s%s", word == key->words ? ": " : ", ", word->word);
    buffer_append_string(print->out, ")\n");
}

static void print_value(struct yaml_print *print, int indent, const struct schema_key *key)
{
    bool stands = key->fallback || (key->required && key->example);
    const char *value = key->fallback ? key->fallback : key->example ? key->example : "";
    buffer_printf(print->out, "%*s%s%s:%s%s\n", indent, "", stands ? "" : "# ", key->name,
                  *value ? " " : "", value);
}

static const char *path_of_printed(const struct yaml_print *print, const struct schema *schema)
{
    for (size_t i = 0; i < print->count; i++)
        if (print->open[i] == schema)
            return print->paths[i];
    return NULL;
}

static void print_keys(struct yaml_print *print, int indent, const struct schema *schema,
                       const struct outline_part *part);

/* An object is written out where it is first met; an object may contain itself. */
static void print_object(struct yaml_print *print, int indent, const struct schema_key *key,
                         const struct outline_part *holder)
{
    const char *before = path_of_printed(print, key->object);
    if (before) {
        buffer_printf(print->out, "%*s# %s: as %s above\n", indent, "", key->name,
                      *before ? before : "the whole document");
        return;
    }
    const struct outline_part part = { key->object, outline_path(holder, key, &print->arena),
                                       key->object->name };
    buffer_printf(print->out, "%*s%s:\n", indent, "", key->name);
    indent += 2;
    if (key->type != SCHEMA_OBJECT) {
        buffer_printf(print->out, "%*s%s\n", indent, "", key->type == SCHEMA_MAP ? "NAME:" : "-");
        indent += 2;
    }
    print_keys(print, indent, key->object, &part);
}

static void print_keys(struct yaml_print *print, int indent, const struct schema *schema,
                       const struct outline_part *part)
{
    print->open[print->count] = schema;
    print->paths[print->count++] = part->path;
    for (const struct schema_key *key = schema->keys; key->name; key++) {
        print_comment(print, indent, key);
        if (key->object)
            print_object(print, indent, key, part);
        else
            print_value(print, indent, key);
        if (indent == 0)
            buffer_append_string(print->out, "\n");
    }
}

void schema_print_yaml(const struct schema *root, struct buffer *out)
{
    struct yaml_print print = { .out = out };
    const struct outline_part part = { root, "", root->name };
    arena_init(&print.arena);
    if (root->doc && *root->doc)
        buffer_printf(out, "# %s\n\n", root->doc);
    print_keys(&print, 0, root, &part);
    arena_clear(&print.arena);
}
