/* bedrock_tools.c - tools, how they are chosen, their calls and their results. */
#include "bedrock.h"
#include "foreign_values.h"

/* ---- calls and results ---- */

void bedrock_put_call(struct turns *turns, const struct json_tree *tree, struct text id,
                      const struct json_node *function, const struct json_node *marked)
{
    bedrock_open_block(turns, "toolUse");
    put_open(turns->json, '{');
    put_plain_id_member(turns->json, "toolUseId", id);
    put_raw_member(turns->json, "name", json_raw(tree, json_find(tree, function, "name")));
    put_object_member(turns->json, "input",
                      json_inside(tree, json_find(tree, function, "arguments")), "arguments");
    put_close(turns->json, '}');
    bedrock_close_block(turns, tree, marked);
}

void bedrock_put_result(struct turns *turns, const struct json_tree *tree, struct text id,
                        const struct json_node *message)
{
    struct turns inside = { .language = turns->language,
                            .json = turns->json,
                            .documents = turns->documents };
    bedrock_open_block(turns, "toolResult");
    put_open(turns->json, '{');
    put_plain_id_member(turns->json, "toolUseId", id);
    put_key(turns->json, "content");
    put_open(turns->json, '[');
    turns_put_content(&inside, tree, json_find(tree, message, "content"), NULL);
    put_close(turns->json, ']');
    put_close(turns->json, '}');
    bedrock_close_block(turns, tree, message);
    turns->documents = inside.documents;
}

/* ---- definitions ---- */

static void put_function(struct json_writer *json, const struct json_tree *tree,
                         const struct json_node *function, const struct json_node *marked)
{
    const struct text words = json_inside(tree, json_find(tree, function, "description"));
    const struct json_node *schema = json_find(tree, function, "parameters");
    put_open(json, '{');
    put_key(json, "toolSpec");
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, function, "name")));
    if (words.len > 0)
        put_inside_member(json, "description", words);
    put_key(json, "inputSchema");
    put_open(json, '{');
    put_raw_member(json, "json",
                   json_is_kind(schema, JSON_OBJECT)
                       ? json_raw(tree, schema)
                       : text_of("{\"type\":\"object\",\"properties\":{}}"));
    put_close(json, '}');
    if (json_is_true(tree, json_find(tree, function, "strict")))
        put_raw_member(json, "strict", text_of("true"));
    put_close(json, '}');
    put_close(json, '}');
    bedrock_put_cache_point(json, tree, marked);
}

static void put_list(struct foreign_writing *writing, const struct json_node *tools,
                     const struct json_node *functions)
{
    const struct json_tree *tree = &writing->tree;
    put_key(&writing->json, "tools");
    put_open(&writing->json, '[');
    for (const struct json_node *tool = json_first(tree, tools); tool;
         tool = json_next(tree, tool)) {
        const struct json_node *function = json_find(tree, tool, "function");
        if (json_is_kind(function, JSON_OBJECT))
            put_function(&writing->json, tree, function, tool);
    }
    for (const struct json_node *function = json_first(tree, functions); function;
         function = json_next(tree, function))
        put_function(&writing->json, tree, function, function);
    put_close(&writing->json, ']');
}

/* ---- the choice ---- */

static const struct json_node *choice_of(const struct foreign_writing *writing)
{
    const struct json_node *choice = bedrock_member(writing, "tool_choice");
    return json_is_given(choice) ? choice : bedrock_member(writing, "function_call");
}

static void put_choice(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct json_writer *json = &writing->json;
    const struct json_node *choice = choice_of(writing);
    const struct json_node *function = json_find(tree, choice, "function");
    const struct json_node *name = json_find(tree, function ? function : choice, "name");
    if (json_is(tree, choice, "auto")) {
        put_raw_member(json, "toolChoice", text_of("{\"auto\":{}}"));
    } else if (json_is(tree, choice, "required")) {
        put_raw_member(json, "toolChoice", text_of("{\"any\":{}}"));
    } else if (json_is_kind(name, JSON_STRING)) {
        put_key(json, "toolChoice");
        put_open(json, '{');
        put_key(json, "tool");
        put_open(json, '{');
        put_raw_member(json, "name", json_raw(tree, name));
        put_close(json, '}');
        put_close(json, '}');
    }
}

static const struct json_node *list_of(const struct foreign_writing *writing, const char *name)
{
    const struct json_node *list = bedrock_member(writing, name);
    return json_is_kind(list, JSON_ARRAY) && list->count > 0 ? list : NULL;
}

/* There is no way to say that none may be called, but to show none. */
void bedrock_put_tools(struct foreign_writing *writing)
{
    const struct json_node *tools = list_of(writing, "tools");
    const struct json_node *functions = list_of(writing, "functions");
    if ((!tools && !functions) || json_is(&writing->tree, choice_of(writing), "none"))
        return;
    put_key(&writing->json, "toolConfig");
    put_open(&writing->json, '{');
    put_list(writing, tools, functions);
    put_choice(writing);
    put_close(&writing->json, '}');
}
