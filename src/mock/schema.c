/* schema.c - walks a JSON Schema and builds the smallest plain example of it. */
#include "schema.h"

#include <string.h>

#include "base/text.h"

#define DEPTH_MAX 24
#define DEPTH_PLAIN                                                                                \
    6 /* from here on, a choice that offers null takes it: recursive schemas end                   \
       */
#define ITEMS_MAX      16
#define PROPERTIES_MAX 256

static json_t *example(const json_t *root, const json_t *schema, int depth);

/* "#/$defs/step" inside the root; NULL where it leads nowhere. */
static const json_t *follow(const json_t *root, const char *reference)
{
    struct text rest = text_of(reference), name;
    if (!text_starts(rest, "#"))
        return NULL;
    while (root && text_split(&rest, '/', &name)) {
        if (!text_is(name, "#"))
            root = json_object_getn(root, name.data, name.len);
    }
    return root;
}

static bool is_null_type(const json_t *schema)
{
    const char *type = json_string_value(json_object_get(schema, "type"));
    return type && strcmp(type, "null") == 0;
}

static json_t *choose(const json_t *root, const json_t *choices, int depth)
{
    size_t i = 0;
    json_t *choice = NULL;
    json_array_foreach(choices, i, choice)
    {
        if (is_null_type(choice) && depth >= DEPTH_PLAIN)
            return json_null();
    }
    return example(root, json_array_get(choices, 0), depth + 1);
}

static json_t *example_object(const json_t *root, const json_t *schema, int depth)
{
    json_t *object = json_object();
    json_t *properties = json_object_get(schema, "properties");
    const char *name = NULL;
    json_t *property = NULL;
    json_object_foreach(properties, name, property)
    {
        if (json_object_size(object) >= PROPERTIES_MAX)
            break;
        json_object_set_new(object, name, example(root, property, depth + 1));
    }
    return object;
}

static json_t *example_array(const json_t *root, const json_t *schema, int depth)
{
    json_t *array = json_array();
    json_int_t wanted = json_integer_value(json_object_get(schema, "minItems"));
    wanted = wanted < 1 ? 1 : wanted > ITEMS_MAX ? ITEMS_MAX : wanted;
    if (depth >= DEPTH_PLAIN)
        wanted = 0;
    for (json_int_t i = 0; i < wanted; i++)
        json_array_append_new(array, example(root, json_object_get(schema, "items"), depth + 1));
    return array;
}

static json_t *example_integer(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)depth;
    const json_t *least = json_object_get(schema, "minimum");
    return json_integer(json_is_number(least) ? (json_int_t)json_number_value(least) : 1);
}

static json_t *example_number(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)depth;
    const json_t *least = json_object_get(schema, "minimum");
    return json_real(json_is_number(least) ? json_number_value(least) : 0.5);
}

static json_t *example_string(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)schema, (void)depth;
    return json_string("demo");
}

static json_t *example_boolean(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)schema, (void)depth;
    return json_true();
}

static const struct {
    const char *type;
    json_t *(*make)(const json_t *root, const json_t *schema, int depth);
} makers[] = {
    { "object", example_object }, { "array", example_array },   { "integer", example_integer },
    { "number", example_number }, { "string", example_string }, { "boolean", example_boolean },
};

static json_t *example_of_type(const json_t *root, const json_t *schema, int depth)
{
    json_t *type = json_object_get(schema, "type");
    if (json_is_array(type))
        type = json_array_get(type, 0);
    struct text name = text_of(json_string_value(type));
    if (!type && json_object_get(schema, "properties"))
        return example_object(root, schema, depth);
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (text_is(name, makers[i].type))
            return makers[i].make(root, schema, depth);
    }
    return json_null();
}

static json_t *example(const json_t *root, const json_t *schema, int depth)
{
    static const char *const choices[] = { "anyOf", "oneOf", "allOf" };
    if (depth >= DEPTH_MAX)
        return json_null();
    json_t *value = json_object_get(schema, "const");
    if (!value)
        value = json_array_get(json_object_get(schema, "enum"), 0);
    if (value)
        return json_deep_copy(value);
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    if (reference)
        return example(root, follow(root, reference), depth + 1);
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const json_t *list = json_object_get(schema, choices[i]);
        if (json_array_size(list) > 0)
            return choose(root, list, depth);
    }
    return example_of_type(root, schema, depth);
}

json_t *schema_example(const json_t *schema)
{
    return json_is_object(schema) ? example(schema, schema, 0) : json_object();
}
