/* outline.c - every object below a root schema, once, and the words that all printers share. */
#include "outline.h"

#include <assert.h>
#include <math.h>

static const char *const type_names[] = {
    [SCHEMA_BOOL] = "true or false",
    [SCHEMA_INT] = "whole number",
    [SCHEMA_NUMBER] = "number",
    [SCHEMA_DURATION] = "duration",
    [SCHEMA_SIZE] = "size",
    [SCHEMA_MONEY] = "USD",
    [SCHEMA_SHARE] = "share",
    [SCHEMA_TEXT] = "text",
    [SCHEMA_SECRET] = "secret",
    [SCHEMA_ENUM] = "word",
    [SCHEMA_FLAGS] = "list of words",
    [SCHEMA_TEXTS] = "list of texts",
    [SCHEMA_PAIRS] = "mapping of texts",
    [SCHEMA_NUMBERS] = "mapping of numbers",
    [SCHEMA_OBJECT] = "object",
    [SCHEMA_LIST] = "list",
    [SCHEMA_MAP] = "mapping",
    [SCHEMA_CUSTOM] = "see the text",
};

const char *outline_type_name(enum schema_type type)
{
    return type_names[type];
}

const struct outline_part *outline_find(const struct outline *outline, const struct schema *schema)
{
    for (size_t i = 0; i < outline->count; i++)
        if (outline->parts[i].schema == schema)
            return &outline->parts[i];
    return NULL;
}

const char *outline_path(const struct outline_part *part, const struct schema_key *key,
                         struct arena *arena)
{
    const char *ending = key->type == SCHEMA_MAP ? ".NAME" : key->type == SCHEMA_LIST ? "[]" : "";
    return arena_printf(arena, "%s%s%s%s", part->path, *part->path ? "." : "", key->name, ending);
}

/* Two tables may bear the same name; links and definitions need different ones. */
static const char *unique_title(const struct outline *outline, const char *name,
                                struct arena *arena)
{
    size_t same = 0;
    for (size_t i = 0; i < outline->count; i++)
        same += strcmp(outline->parts[i].schema->name, name) == 0;
    return same ? arena_printf(arena, "%s-%zu", name, same + 1) : name;
}

static void add_part(struct outline *outline, const struct schema *schema, const char *path,
                     struct arena *arena)
{
    assert(outline->count < OUTLINE_MAX);
    const char *title = unique_title(outline, schema->name, arena);
    outline->parts[outline->count++] = (struct outline_part){ schema, path, title };
}

void outline_of(const struct schema *root, struct arena *arena, struct outline *ret_outline)
{
    ret_outline->count = 0;
    add_part(ret_outline, root, "", arena);
    for (size_t i = 0; i < ret_outline->count; i++) {
        const struct outline_part *part = &ret_outline->parts[i];
        for (const struct schema_key *key = part->schema->keys; key->name; key++)
            if (key->object && !outline_find(ret_outline, key->object))
                add_part(ret_outline, key->object, outline_path(part, key, arena), arena);
    }
}

struct bound_unit {
    const char *name;
    double factor;
};

static const struct bound_unit seconds[] = {
    { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 }, { "ms", 0.001 }, { NULL, 0 },
};
static const struct bound_unit bytes[] = {
    { "GiB", 1073741824 }, { "MiB", 1048576 }, { "KiB", 1024 }, { "B", 1 }, { NULL, 0 },
};
static const struct bound_unit plain[] = { { "", 1 }, { NULL, 0 } };

/* In the largest unit that makes a whole number of it. */
static void print_bound(double bound, const struct bound_unit *units, struct buffer *out)
{
    while (units[1].name && (bound < units->factor || fmod(bound, units->factor) != 0))
        units++;
    buffer_printf(out, "%.10g%s", bound / units->factor, units->name);
}

void outline_print_bounds(const struct schema_key *key, struct buffer *out)
{
    const struct bound_unit *units = key->type == SCHEMA_DURATION ? seconds
                                     : key->type == SCHEMA_SIZE   ? bytes
                                                                  : plain;
    if (!outline_has_min(key))
        return;
    if (!outline_has_max(key))
        buffer_append_string(out, "at least ");
    print_bound(key->min, units, out);
    if (outline_has_max(key)) {
        buffer_append_string(out, " to ");
        print_bound(key->max, units, out);
    }
}
