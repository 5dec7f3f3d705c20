/* messages_tools.c - the tools of an Anthropic client, and their choice, in OpenAI's words. */
#include "messages_chat.h"

static void put_function(struct chat_reading *reading, const struct json_node *tool)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *words = json_find(tree, tool, "description");
    put_open(json, '{');
    put_word_member(json, "type", "function");
    put_key(json, "function");
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, tool, "name")));
    if (json_is_kind(words, JSON_STRING))
        put_raw_member(json, "description", json_raw(tree, words));
    put_raw_member(json, "parameters", json_raw(tree, json_find(tree, tool, "input_schema")));
    if (json_is_true(tree, json_find(tree, tool, "strict")))
        put_raw_member(json, "strict", text_of("true"));
    put_close(json, '}');
    messages_put_mark(reading, tool);
    put_close(json, '}');
}

/* One that the vendor's own servers run has no schema, and goes as it is. */
static void put_tool(struct chat_reading *reading, const struct json_node *tool)
{
    if (json_is_given(json_find(&reading->tree, tool, "input_schema")))
        put_function(reading, tool);
    else
        put_raw(&reading->json, json_raw(&reading->tree, tool));
}

static const struct {
    const char *theirs, *openai;
} choice_rows[] = {
    { "auto", "auto" },
    { "any", "required" },
    { "none", "none" },
};

static void put_choice(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *choice = chat_member(reading, "tool_choice");
    const struct json_node *type = json_find(tree, choice, "type");
    for (size_t i = 0; i < sizeof(choice_rows) / sizeof(choice_rows[0]); i++)
        if (json_is(tree, type, choice_rows[i].theirs))
            put_word_member(&reading->json, "tool_choice", choice_rows[i].openai);
    if (json_is(tree, type, "tool"))
        chat_put_forced(reading, choice, "function");
    if (json_is_true(tree, json_find(tree, choice, "disable_parallel_tool_use")))
        put_raw_member(&reading->json, "parallel_tool_calls", text_of("false"));
}

void messages_put_tools(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *tools = chat_member(reading, "tools");
    if (!json_is_kind(tools, JSON_ARRAY) || tools->count == 0)
        return;
    put_key(&reading->json, "tools");
    put_open(&reading->json, '[');
    for (const struct json_node *tool = json_first(tree, tools); tool; tool = json_next(tree, tool))
        put_tool(reading, tool);
    put_close(&reading->json, ']');
    put_choice(reading);
}
