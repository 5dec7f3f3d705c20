/* print_manual.c - the reference manual: a section for each object, a row for each key. */
#include "outline.h"

static const struct {
    const char *name, *written;
} notations[] = {
    { "duration", "a number and its unit, `ms`, `s`, `m`, `h` or `d`: `250ms`, `30s`, `5m`, `2h`" },
    { "size", "bytes, or a number and `KiB`, `MiB`, `GiB` (powers of 1024), `KB`, `MB`, `GB` "
              "(of 1000): `64KiB`" },
    { "share", "`20%` or `0.2`" },
    { "USD", "a number: `0.02`" },
    { "secret", "`env:NAME` (the environment), `file:PATH`, `credential:NAME` (systemd), or the "
                "value itself; never printed" },
    { "list of texts", "`[a, b]`; a single text is a list of one" },
};

static void print_notations(struct buffer *out)
{
    buffer_append_string(out, "| type | how it is written |\n|---|---|\n");
    for (size_t i = 0; i < sizeof(notations) / sizeof(notations[0]); i++)
        buffer_printf(out, "| %s | %s |\n", notations[i].name, notations[i].written);
    buffer_append_string(out, "\n");
}

/* The inside of a table's cell: a bar would end it, a line end would end the table. */
static void print_cell(const char *words, struct buffer *out)
{
    for (; *words; words++) {
        if (*words == '|')
            buffer_append_string(out, "\\|");
        else
            buffer_append(out, *words == '\n' ? " " : words, 1);
    }
}

static void print_code(const char *words, struct buffer *out)
{
    buffer_append_string(out, "`");
    print_cell(words, out);
    buffer_append_string(out, "`");
}

static void print_type(const struct outline *outline, const struct schema_key *key,
                       struct buffer *out)
{
    buffer_append_string(out, outline_type_name(key->type));
    if (!key->object)
        return;
    const char *title = outline_find(outline, key->object)->title;
    buffer_printf(out, "%s[%s](#%s)", key->type == SCHEMA_OBJECT ? " " : " of ", title, title);
}

static void print_default(const struct schema_key *key, struct buffer *out)
{
    if (key->required)
        buffer_append_string(out, "**required**");
    else if (key->fallback)
        print_code(key->fallback, out);
}

/* In parentheses, where the sentence's own full stop would be one too many. */
static void print_meaning(const char *doc, struct buffer *out)
{
    if (!doc || !*doc)
        return;
    buffer_append_string(out, " (");
    print_cell(doc, out);
    if (text_ends(buffer_text(out), "."))
        out->len--;
    buffer_append_string(out, ")");
}

static void print_words(const struct schema_word *words, struct buffer *out)
{
    buffer_append_string(out, " One of: ");
    for (const struct schema_word *word = words; word->word; word++) {
        buffer_append_string(out, word == words ? "" : "; ");
        print_code(word->word, out);
        print_meaning(word->doc, out);
    }
    buffer_append_string(out, ".");
}

static void print_row(const struct outline *outline, const struct schema_key *key,
                      struct buffer *out)
{
    buffer_append_string(out, "| ");
    print_code(key->name, out);
    buffer_append_string(out, " | ");
    print_type(outline, key, out);
    buffer_append_string(out, " | ");
    print_default(key, out);
    buffer_append_string(out, " | ");
    outline_print_bounds(key, out);
    buffer_append_string(out, " | ");
    print_cell(key->doc ? key->doc : "", out);
    if (key->words)
        print_words(key->words, out);
    if (key->example) {
        buffer_append_string(out, " Example: ");
        print_code(key->example, out);
    }
    buffer_append_string(out, " |\n");
}

/* All keys that hold an object of this kind, wherever they are. */
static void print_places(const struct outline *outline, const struct outline_part *part,
                         struct arena *arena, struct buffer *out)
{
    const char *before = "Stands at ";
    for (size_t i = 0; i < outline->count; i++) {
        const struct outline_part *holder = &outline->parts[i];
        for (const struct schema_key *key = holder->schema->keys; key->name; key++) {
            if (key->object != part->schema)
                continue;
            buffer_printf(out, "%s`%s`", before, outline_path(holder, key, arena));
            before = ", ";
        }
    }
    buffer_append_string(out, ".\n\n");
}

static void print_part(const struct outline *outline, const struct outline_part *part,
                       struct arena *arena, struct buffer *out)
{
    bool is_root = part == outline->parts;
    buffer_printf(out, "## %s\n\n", is_root ? "The document" : part->title);
    if (!is_root)
        print_places(outline, part, arena, out);
    if (!is_root && part->schema->doc && *part->schema->doc)
        buffer_printf(out, "%s\n\n", part->schema->doc);
    buffer_append_string(out, "| key | type | default | bounds | what it says |\n"
                              "|---|---|---|---|---|\n");
    for (const struct schema_key *key = part->schema->keys; key->name; key++)
        print_row(outline, key, out);
    buffer_append_string(out, "\n");
}

void schema_print_manual(const struct schema *root, struct buffer *out)
{
    struct arena arena;
    struct outline outline;
    arena_init(&arena);
    outline_of(root, &arena, &outline);

    buffer_printf(out,
                  "# Configuration\n\n%s%sPrinted from the rows that the program reads a file "
                  "with.\n\n",
                  root->doc ? root->doc : "", root->doc ? " " : "");
    print_notations(out);
    for (size_t i = 0; i < outline.count; i++)
        print_part(&outline, &outline.parts[i], &arena, out);
    arena_clear(&arena);
}
