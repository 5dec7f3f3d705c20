/* print_json_schema.c - the rows as a JSON Schema (draft 2020-12), for editors that complete and
 * check YAML while it is written. */
#include <assert.h>
#include <jansson.h>
#include <math.h>

#include "outline.h"

#define TEXT_LIKE "[\"string\", \"number\", \"boolean\"]" /* YAML needs no quotes around text */
#define NUMBER    "\\\\d+(\\\\.\\\\d+)?"
#define PERCENT   "{\"type\": \"string\", \"pattern\": \"^" NUMBER " *%$\"}"

/* What a value of each type looks like; bounds and words are added, objects are references. */
static const char *const shapes[] = {
    [SCHEMA_BOOL] = "{\"type\": \"boolean\"}",
    [SCHEMA_INT] = "{\"type\": \"integer\"}",
    [SCHEMA_NUMBER] = "{\"type\": \"number\"}",
    [SCHEMA_DURATION] = "{\"type\": \"string\", \"pattern\": \"^" NUMBER " *(ms|s|m|h|d)$\"}",
    [SCHEMA_SIZE] = "{\"anyOf\": [{\"type\": \"integer\", \"minimum\": 0}, {\"type\": \"string\", "
                    "\"pattern\": \"^" NUMBER " *([KMG]i?)?B$\"}]}",
    [SCHEMA_MONEY] = "{\"type\": \"number\"}",
    [SCHEMA_SHARE] =
        "{\"anyOf\": [{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}, " PERCENT "]}",
    [SCHEMA_TEXT] = "{\"type\": " TEXT_LIKE "}",
    [SCHEMA_SECRET] = "{\"type\": \"string\"}",
    [SCHEMA_ENUM] = "{}",
    [SCHEMA_FLAGS] = "{\"type\": \"array\"}",
    [SCHEMA_TEXTS] = "{\"anyOf\": [{\"type\": " TEXT_LIKE "}, "
                     "{\"type\": \"array\", \"items\": {\"type\": " TEXT_LIKE "}}]}",
    [SCHEMA_PAIRS] = "{\"type\": \"object\", \"additionalProperties\": {\"type\": " TEXT_LIKE "}}",
    [SCHEMA_NUMBERS] = "{\"type\": \"object\", \"additionalProperties\": "
                       "{\"anyOf\": [{\"type\": \"number\"}, " PERCENT "]}}",
    [SCHEMA_OBJECT] = "{}",
    [SCHEMA_LIST] = "{\"type\": \"array\"}",
    [SCHEMA_MAP] = "{\"type\": \"object\"}",
    [SCHEMA_CUSTOM] = "{}",
};

/* JSON that stands in our own tables: if it cannot be read, the table is wrong. */
static json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert(json);
    return json;
}

static json_t *number_of(double number)
{
    bool is_whole = number == floor(number) && fabs(number) < 1e15;
    return is_whole ? json_integer((json_int_t)number) : json_real(number);
}

static json_t *words_of(const struct schema_word *words)
{
    json_t *list = json_array();
    for (; words->word; words++)
        json_array_append_new(list, json_string(words->word));
    return list;
}

static json_t *reference_to(const struct outline *outline, const struct schema *schema)
{
    const struct outline_part *part = outline_find(outline, schema);
    if (part == outline->parts)
        return json_pack("{s:s}", "$ref", "#");
    return json_pack("{s:o}", "$ref", json_sprintf("#/$defs/%s", part->title));
}

static bool is_plain_number(enum schema_type type)
{
    return type == SCHEMA_INT || type == SCHEMA_NUMBER || type == SCHEMA_MONEY;
}

static void add_bounds(json_t *json, const struct schema_key *key)
{
    if (is_plain_number(key->type) && outline_has_min(key))
        json_object_set_new(json, "minimum", number_of(key->min));
    if (is_plain_number(key->type) && outline_has_max(key))
        json_object_set_new(json, "maximum", number_of(key->max));
}

static void add_parts(json_t *json, const struct outline *outline, const struct schema_key *key)
{
    if (key->type == SCHEMA_ENUM)
        json_object_set_new(json, "enum", words_of(key->words));
    else if (key->type == SCHEMA_FLAGS)
        json_object_set_new(json, "items", json_pack("{s:o}", "enum", words_of(key->words)));
    else if (key->type == SCHEMA_OBJECT)
        json_object_update_new(json, reference_to(outline, key->object));
    else if (key->type == SCHEMA_LIST)
        json_object_set_new(json, "items", reference_to(outline, key->object));
    else if (key->type == SCHEMA_MAP)
        json_object_set_new(json, "additionalProperties", reference_to(outline, key->object));
}

/* Lists and mappings are left out: as YAML writes them they are not JSON. */
static json_t *default_of(const struct schema_key *key)
{
    double number;
    const char *fallback = key->fallback;
    if (!fallback || *fallback == '[' || *fallback == '{')
        return NULL;
    if (key->type == SCHEMA_BOOL)
        return json_boolean(strcmp(fallback, "true") == 0);
    bool may_be_number =
        is_plain_number(key->type) || key->type == SCHEMA_SHARE || key->type == SCHEMA_SIZE;
    if (may_be_number && text_to_double(text_of(fallback), &number))
        return number_of(number);
    return json_string(fallback);
}

static json_t *key_to_json(const struct outline *outline, const struct schema_key *key)
{
    bool has_own = key->type == SCHEMA_CUSTOM && key->json_schema;
    json_t *json = json_of(has_own ? key->json_schema : shapes[key->type]);
    add_bounds(json, key);
    add_parts(json, outline, key);
    if (key->doc)
        json_object_set_new(json, "description", json_string(key->doc));
    json_t *fallback = default_of(key);
    if (fallback)
        json_object_set_new(json, "default", fallback);
    return json;
}

static void add_object(json_t *json, const struct outline *outline, const struct schema *schema)
{
    json_t *properties = json_object(), *required = json_array();
    for (const struct schema_key *key = schema->keys; key->name; key++) {
        json_object_set_new(properties, key->name, key_to_json(outline, key));
        if (key->required)
            json_array_append_new(required, json_string(key->name));
    }
    json_object_set_new(json, "type", json_string("object"));
    if (schema->doc)
        json_object_set_new(json, "description", json_string(schema->doc));
    json_object_set_new(json, "properties", properties);
    if (json_array_size(required) > 0)
        json_object_set(json, "required", required);
    json_decref(required);
    json_object_set_new(json, "additionalProperties", json_false());
}

static json_t *document_of(const struct outline *outline)
{
    json_t *root = json_object(), *definitions = json_object();
    json_object_set_new(root, "$schema",
                        json_string("https://json-schema.org/draft/2020-12/schema"));
    add_object(root, outline, outline->parts[0].schema);
    for (size_t i = 1; i < outline->count; i++) {
        json_t *definition = json_object();
        add_object(definition, outline, outline->parts[i].schema);
        json_object_set_new(definitions, outline->parts[i].title, definition);
    }
    json_object_set_new(root, "$defs", definitions);
    return root;
}

static int append(const char *bytes, size_t len, void *out)
{
    return buffer_append(out, bytes, len) ? 0 : -1;
}

void schema_print_json_schema(const struct schema *root, struct buffer *out)
{
    struct arena arena;
    struct outline outline;
    arena_init(&arena);
    outline_of(root, &arena, &outline);

    json_t *document = document_of(&outline);
    json_dump_callback(document, append, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    buffer_append_string(out, "\n");
    json_decref(document);
    arena_clear(&arena);
}
