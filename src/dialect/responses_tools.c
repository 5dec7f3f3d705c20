/* responses_tools.c - the tools of a client of Responses, and their choice, in words of chat. */
#include "responses_chat.h"

static void put_members(struct chat_reading *reading, const struct json_node *tool,
                        const char *const *names)
{
    for (; *names; names++) {
        const struct json_node *value = json_find(&reading->tree, tool, *names);
        if (json_is_given(value))
            put_raw_member(&reading->json, *names, json_raw(&reading->tree, value));
    }
}

/* ---- definitions: what stands beside the type stands one level deeper in chat ---- */

static void put_function(struct chat_reading *reading, const struct json_node *tool)
{
    static const char *const names[] = { "name", "description", "parameters", "strict", NULL };
    put_members(reading, tool, names);
}

/* A grammar stands deeper too. */
static void put_custom(struct chat_reading *reading, const struct json_node *tool)
{
    static const char *const names[] = { "name", "description", NULL };
    static const char *const inside[] = { "definition", "syntax", NULL };
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *format = json_find(tree, tool, "format");
    put_members(reading, tool, names);
    if (!format)
        return;
    put_key(json, "format");
    put_open(json, '{');
    put_raw_member(json, "type", json_raw(tree, json_find(tree, format, "type")));
    if (responses_is_type(tree, format, "grammar")) {
        put_key(json, "grammar");
        put_open(json, '{');
        put_members(reading, format, inside);
        put_close(json, '}');
    }
    put_close(json, '}');
}

static const struct {
    const char *type;
    void (*put)(struct chat_reading *reading, const struct json_node *tool);
} rows[] = {
    { "function", put_function },
    { "custom", put_custom },
};

/* What the vendor's own servers run goes as it is: it is refused by name and not lost in silence.
 */
static void put_tool(struct chat_reading *reading, const struct json_node *tool)
{
    struct json_writer *json = &reading->json;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!responses_is_type(&reading->tree, tool, rows[i].type))
            continue;
        put_open(json, '{');
        put_word_member(json, "type", rows[i].type);
        put_key(json, rows[i].type);
        put_open(json, '{');
        rows[i].put(reading, tool);
        put_close(json, '}');
        put_close(json, '}');
        return;
    }
    put_raw(json, json_raw(&reading->tree, tool));
}

/* ---- the choice ---- */

static const struct json_node *choice_of(const struct chat_reading *reading)
{
    return chat_member(reading, "tool_choice");
}

static bool names_same(const struct json_tree *tree, const struct json_node *a,
                       const struct json_node *b)
{
    return text_equal(json_inside(tree, json_find(tree, a, "name")),
                      json_inside(tree, json_find(tree, b, "name"))) &&
           text_equal(json_inside(tree, json_find(tree, a, "type")),
                      json_inside(tree, json_find(tree, b, "type")));
}

/* Others than the allowed ones are not shown: that is what not being allowed comes to. */
static bool is_allowed(const struct chat_reading *reading, const struct json_node *tool)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *choice = choice_of(reading);
    if (!responses_is_type(tree, choice, "allowed_tools"))
        return true;
    const struct json_node *allowed = json_first(tree, json_find(tree, choice, "tools"));
    while (allowed && !names_same(tree, allowed, tool))
        allowed = json_next(tree, allowed);
    return allowed != NULL;
}

static void put_choice(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *choice = choice_of(reading);
    if (responses_is_type(tree, choice, "allowed_tools"))
        choice = json_find(tree, choice, "mode");
    if (json_is_kind(choice, JSON_STRING))
        put_raw_member(&reading->json, "tool_choice", json_raw(tree, choice));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (responses_is_type(tree, choice, rows[i].type))
            chat_put_forced(reading, choice, rows[i].type);
}

void responses_put_tools(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *tools = chat_member(reading, "tools");
    if (!json_is_kind(tools, JSON_ARRAY) || tools->count == 0)
        return;
    put_key(&reading->json, "tools");
    put_open(&reading->json, '[');
    for (const struct json_node *tool = json_first(tree, tools); tool; tool = json_next(tree, tool))
        if (is_allowed(reading, tool))
            put_tool(reading, tool);
    put_close(&reading->json, ']');
    put_choice(reading);
}
