/* callers.c - reads `keys:`, in its long and in its short form. */
#include "govern/keys.h"

static const struct schema_key caller_keys[] = {
    { "hash", SCHEMA_TEXT, offsetof(struct caller, hash_text), .required = true,
      .doc = "\"sha256:\" and the 64 hex digits of the key's hash; see `bourse keys new`." },
    { "routes", SCHEMA_TEXTS, offsetof(struct caller, routes),
      .doc = "Routes and models that the key may name; all where left out.",
      .example = "[auto, code]" },
    { .name = NULL },
};

const struct schema caller_schema = { "caller", sizeof(struct caller), caller_keys,
                                      .doc = "Somebody who may call." };

const char callers_json_schema[] =
    "{\"type\": \"object\", \"additionalProperties\": {\"anyOf\": ["
    "{\"type\": \"string\", \"pattern\": \"^sha256:[0-9a-fA-F]{64}$\"}, "
    "{\"type\": \"object\", \"required\": [\"hash\"], \"additionalProperties\": false, "
    "\"properties\": {\"hash\": {\"type\": \"string\"}, "
    "\"routes\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}]}}";

static void read_caller(struct schema_reading *reading, const struct yaml_node *node,
                        struct caller *caller)
{
    if (node->kind == YAML_SCALAR)
        caller->hash_text = arena_string_of(reading->arena, node->scalar);
    else
        schema_read(&caller_schema, node, caller, reading->arena, reading->problems,
                    reading->options);
    caller->object = (struct schema_object){ .name = node->key, .node = node };
}

void callers_read(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    struct schema_list *list = field;
    if (node->kind != YAML_MAPPING) {
        problems_add(reading->problems, PROBLEM_ERROR, node, "must be a mapping of names to keys");
        return;
    }
    size_t count = node->count;
    if (count > KEYS_MAX) {
        problems_add(reading->problems, PROBLEM_ERROR, node, "more than %d keys", KEYS_MAX);
        count = KEYS_MAX;
    }
    struct caller *callers = arena_array(reading->arena, count, sizeof(*callers));
    const struct yaml_node *child = node->first;
    for (size_t i = 0; i < count; i++, child = child->next)
        read_caller(reading, child, &callers[i]);
    *list = (struct schema_list){ callers, count };
}
