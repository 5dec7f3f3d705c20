/* json.c - a piece of YAML as JSON text: the requests of `tests:`. */
#include <jansson.h>
#include <stdlib.h>

#include "document.h"

static json_t *json_of_plain(struct text word)
{
    double number;
    if (word.len == 0 || text_is(word, "null") || text_is(word, "~"))
        return json_null();
    if (text_is(word, "true") || text_is(word, "false"))
        return json_boolean(text_is(word, "true"));
    if (!text_to_double(word, &number))
        return json_stringn(word.data, word.len);
    /* Above 2^53 a double is no longer the number that was written; what is written here is small.
     */
    bool whole = number > -9e15 && number < 9e15 && number == (double)(int64_t)number;
    if (whole && !memchr(word.data, '.', word.len))
        return json_integer((int64_t)number);
    return json_real(number);
}

static json_t *json_of(const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR)
        return node->quoted ? json_stringn(node->scalar.data, node->scalar.len)
                            : json_of_plain(node->scalar);
    json_t *json = node->kind == YAML_MAPPING ? json_object() : json_array();
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (node->kind == YAML_MAPPING)
            json_object_set_new(json, child->key, json_of(child));
        else
            json_array_append_new(json, json_of(child));
    }
    return json;
}

struct text document_json_of(const struct yaml_node *node, struct arena *arena)
{
    json_t *json = json_of(node);
    char *printed = json_dumps(json, JSON_COMPACT);
    struct text text = arena_text(arena, text_of(printed ? printed : "null"));
    free(printed);
    json_decref(json);
    return text;
}
