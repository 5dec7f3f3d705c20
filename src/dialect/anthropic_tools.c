/* anthropic_tools.c - tools, how they are chosen, their calls and their results. */
#include "anthropic.h"
#include "foreign_values.h"

/* ---- calls and results ---- */

void anthropic_put_call(struct turns *turns, const struct json_tree *tree, struct text id,
                        const struct json_node *function, const struct json_node *marked)
{
    anthropic_open_block(turns, "tool_use");
    put_plain_id_member(turns->json, "id", id);
    put_raw_member(turns->json, "name", json_raw(tree, json_find(tree, function, "name")));
    put_object_member(turns->json, "input",
                      json_inside(tree, json_find(tree, function, "arguments")), "arguments");
    anthropic_close_block(turns, tree, marked);
}

static void put_result_content(struct turns *turns, const struct json_tree *tree,
                               const struct json_node *content)
{
    struct turns inside = { .language = turns->language, .json = turns->json };
    if (json_is_kind(content, JSON_STRING)) {
        put_raw_member(turns->json, "content", json_raw(tree, content));
        return;
    }
    if (!json_is_kind(content, JSON_ARRAY))
        return;
    put_key(turns->json, "content");
    put_open(turns->json, '[');
    turns_put_content(&inside, tree, content, NULL);
    put_close(turns->json, ']');
}

void anthropic_put_result(struct turns *turns, const struct json_tree *tree, struct text id,
                          const struct json_node *message)
{
    anthropic_open_block(turns, "tool_result");
    put_plain_id_member(turns->json, "tool_use_id", id);
    put_result_content(turns, tree, json_find(tree, message, "content"));
    anthropic_close_block(turns, tree, message);
}

/* ---- definitions ---- */

static void put_function(struct json_writer *json, const struct json_tree *tree,
                         const struct json_node *function, const struct json_node *marked)
{
    const struct json_node *words = json_find(tree, function, "description");
    const struct json_node *schema = json_find(tree, function, "parameters");
    const struct json_node *mark = json_find(tree, marked, "cache_control");
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, function, "name")));
    if (json_is_kind(words, JSON_STRING))
        put_raw_member(json, "description", json_raw(tree, words));
    put_raw_member(json, "input_schema",
                   json_is_kind(schema, JSON_OBJECT)
                       ? json_raw(tree, schema)
                       : text_of("{\"type\":\"object\",\"properties\":{}}"));
    if (json_is_true(tree, json_find(tree, function, "strict")))
        put_raw_member(json, "strict", text_of("true"));
    if (json_is_kind(mark, JSON_OBJECT))
        put_raw_member(json, "cache_control", json_raw(tree, mark));
    put_close(json, '}');
}

/* A tool of Anthropic's own kind goes as it is. */
static void put_tool(struct json_writer *json, const struct json_tree *tree,
                     const struct json_node *tool)
{
    const struct json_node *function = json_find(tree, tool, "function");
    if (json_is_kind(function, JSON_OBJECT)) {
        bool is_inside = json_is_given(json_find(tree, function, "cache_control"));
        put_function(json, tree, function, is_inside ? function : tool);
    } else if (!json_is(tree, json_find(tree, tool, "type"), "custom") ||
               json_is_given(json_find(tree, tool, "input_schema"))) {
        put_raw(json, json_raw(tree, tool));
    }
}

static const struct json_node *list_of(const struct foreign_writing *writing, const char *name)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *list = json_find(tree, json_root(tree), name);
    return json_is_kind(list, JSON_ARRAY) && list->count > 0 ? list : NULL;
}

/* ---- the choice ---- */

static const struct {
    const char *openai, *anthropic;
    bool is_forced;
} choice_rows[] = {
    { "auto", "auto", false },
    { "none", "none", false },
    { "required", "any", true },
};

struct choice {
    const char *type; /* NULL: nothing was said */
    struct text name; /* with its quotes, of the one that must be called */
    bool is_forced;
};

static struct choice read_word(const struct json_tree *tree, const struct json_node *word)
{
    for (size_t i = 0; i < sizeof(choice_rows) / sizeof(choice_rows[0]); i++)
        if (json_is(tree, word, choice_rows[i].openai))
            return (struct choice){ choice_rows[i].anthropic, { 0 }, choice_rows[i].is_forced };
    return (struct choice){ 0 };
}

static struct choice read_choice(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *body = json_root(tree);
    const struct json_node *choice = json_find(tree, body, "tool_choice");
    if (!json_is_given(choice))
        choice = json_find(tree, body, "function_call");
    if (!json_is_kind(choice, JSON_OBJECT))
        return read_word(tree, choice);
    const struct json_node *function = json_find(tree, choice, "function");
    const struct json_node *name = json_find(tree, function ? function : choice, "name");
    if (!json_is_kind(name, JSON_STRING))
        return (struct choice){ 0 };
    return (struct choice){ "tool", json_raw(tree, name), true };
}

bool anthropic_is_forced(const struct foreign_writing *writing)
{
    return read_choice(writing).is_forced;
}

static bool is_one_at_a_time(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *parallel = json_find(tree, json_root(tree), "parallel_tool_calls");
    return json_is_kind(parallel, JSON_BOOL) && !json_is_true(tree, parallel);
}

static void put_choice(struct foreign_writing *writing)
{
    struct json_writer *json = &writing->json;
    struct choice choice = read_choice(writing);
    bool is_single = is_one_at_a_time(writing);
    if (!choice.type && !is_single)
        return;
    if (!choice.type)
        choice.type = "auto";
    put_key(json, "tool_choice");
    put_open(json, '{');
    put_word_member(json, "type", choice.type);
    if (choice.name.len > 0)
        put_raw_member(json, "name", choice.name);
    if (is_single && strcmp(choice.type, "none") != 0)
        put_raw_member(json, "disable_parallel_tool_use", text_of("true"));
    put_close(json, '}');
}

void anthropic_put_tools(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct json_writer *json = &writing->json;
    const struct json_node *tools = list_of(writing, "tools");
    const struct json_node *functions = list_of(writing, "functions");
    if (!tools && !functions)
        return;
    put_key(json, "tools");
    put_open(json, '[');
    for (const struct json_node *tool = json_first(tree, tools); tool; tool = json_next(tree, tool))
        put_tool(json, tree, tool);
    for (const struct json_node *function = json_first(tree, functions); function;
         function = json_next(tree, function))
        put_function(json, tree, function, function);
    put_close(json, ']');
    put_choice(writing);
}
