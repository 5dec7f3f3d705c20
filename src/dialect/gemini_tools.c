/* gemini_tools.c - definitions of tools, and how they are chosen. */
#include "gemini.h"

static const struct json_node *list_of(const struct foreign_writing *writing, const char *name)
{
    const struct json_node *list = gemini_member(writing, name);
    return json_is_kind(list, JSON_ARRAY) && list->count > 0 ? list : NULL;
}

/* ---- definitions ---- */

/* Functions that take nothing are to have no schema, not one of nothing. */
static bool takes_anything(const struct json_tree *tree, const struct json_node *schema)
{
    const struct json_node *properties = json_find(tree, schema, "properties");
    if (!json_is_kind(schema, JSON_OBJECT))
        return false;
    return properties ? properties->count > 0 : schema->count > 1;
}

static void put_function(struct json_writer *json, const struct json_tree *tree,
                         const struct json_node *function)
{
    const struct json_node *words = json_find(tree, function, "description");
    const struct json_node *schema = json_find(tree, function, "parameters");
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, function, "name")));
    if (json_is_kind(words, JSON_STRING))
        put_raw_member(json, "description", json_raw(tree, words));
    if (takes_anything(tree, schema))
        put_raw_member(json, "parametersJsonSchema", json_raw(tree, schema));
    put_close(json, '}');
}

static const struct json_node *function_of(const struct json_tree *tree,
                                           const struct json_node *tool)
{
    const struct json_node *function = json_find(tree, tool, "function");
    return json_is_kind(function, JSON_OBJECT) ? function : NULL;
}

static bool has_functions(const struct json_tree *tree, const struct json_node *tools)
{
    for (const struct json_node *tool = json_first(tree, tools); tool; tool = json_next(tree, tool))
        if (function_of(tree, tool))
            return true;
    return false;
}

static void put_functions(struct json_writer *json, const struct json_tree *tree,
                          const struct json_node *tools, const struct json_node *functions)
{
    put_open(json, '{');
    put_key(json, "functionDeclarations");
    put_open(json, '[');
    for (const struct json_node *tool = json_first(tree, tools); tool; tool = json_next(tree, tool))
        if (function_of(tree, tool))
            put_function(json, tree, function_of(tree, tool));
    for (const struct json_node *function = json_first(tree, functions); function;
         function = json_next(tree, function))
        put_function(json, tree, function);
    put_close(json, ']');
    put_close(json, '}');
}

/* ---- the choice ---- */

static const struct {
    const char *openai, *google;
} mode_rows[] = {
    { "auto", "AUTO" },
    { "none", "NONE" },
    { "required", "ANY" },
};

struct choice {
    const char *mode;             /* NULL: nothing was said */
    struct text name;             /* with its quotes, of the one that must be called */
    const struct json_node *some; /* the tools that may be */
};

static const char *mode_of(const struct json_tree *tree, const struct json_node *word)
{
    for (size_t i = 0; i < sizeof(mode_rows) / sizeof(mode_rows[0]); i++)
        if (json_is(tree, word, mode_rows[i].openai))
            return mode_rows[i].google;
    return NULL;
}

static struct choice read_choice(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *choice = gemini_member(writing, "tool_choice");
    if (!json_is_given(choice))
        choice = gemini_member(writing, "function_call");
    if (!json_is_kind(choice, JSON_OBJECT))
        return (struct choice){ .mode = mode_of(tree, choice) };
    const struct json_node *allowed = json_find(tree, choice, "allowed_tools");
    const struct json_node *function = json_find(tree, choice, "function");
    const struct json_node *name = json_find(tree, function ? function : choice, "name");
    if (json_is_kind(allowed, JSON_OBJECT))
        return (struct choice){ .mode = mode_of(tree, json_find(tree, allowed, "mode")),
                                .some = json_find(tree, allowed, "tools") };
    if (json_is_kind(name, JSON_STRING))
        return (struct choice){ .mode = "ANY", .name = json_raw(tree, name) };
    return (struct choice){ 0 };
}

static bool is_any_strict(const struct json_tree *tree, const struct json_node *tools)
{
    for (const struct json_node *tool = json_first(tree, tools); tool; tool = json_next(tree, tool))
        if (json_is_true(tree, json_find(tree, function_of(tree, tool), "strict")))
            return true;
    return false;
}

static void put_names(struct json_writer *json, const struct json_tree *tree,
                      const struct choice *choice)
{
    if (choice->name.len == 0 && !json_is_kind(choice->some, JSON_ARRAY))
        return;
    put_key(json, "allowedFunctionNames");
    put_open(json, '[');
    if (choice->name.len > 0)
        put_raw(json, choice->name);
    for (const struct json_node *tool = json_first(tree, choice->some); tool;
         tool = json_next(tree, tool))
        put_raw(json, json_raw(tree, json_find(tree, function_of(tree, tool), "name")));
    put_close(json, ']');
}

/* VALIDATED leaves the choice to the model and holds it to the schemas: it is what a strict tool
 * asks for, and the only mode of a free choice that can name those that may be called. */
static void put_choice(struct foreign_writing *writing, const struct json_node *tools)
{
    struct json_writer *json = &writing->json;
    struct choice choice = read_choice(writing);
    const bool is_free = !choice.mode || strcmp(choice.mode, "AUTO") == 0;
    if (is_free && (choice.some || is_any_strict(&writing->tree, tools)))
        choice.mode = "VALIDATED";
    if (!choice.mode)
        return;
    put_key(json, "toolConfig");
    put_open(json, '{');
    put_key(json, "functionCallingConfig");
    put_open(json, '{');
    put_word_member(json, "mode", choice.mode);
    put_names(json, &writing->tree, &choice);
    put_close(json, '}');
    put_close(json, '}');
}

/* ---- all of them ---- */

/* A tool of Google's own kind goes as it is; it has no type. */
static void put_own(struct json_writer *json, const struct json_tree *tree,
                    const struct json_node *tools)
{
    for (const struct json_node *tool = json_first(tree, tools); tool; tool = json_next(tree, tool))
        if (json_is_kind(tool, JSON_OBJECT) && !function_of(tree, tool) &&
            !json_is_given(json_find(tree, tool, "type")))
            put_raw(json, json_raw(tree, tool));
}

/* With which words to search, and where, is not for others to say there. */
static bool wants_search(const struct foreign_writing *writing)
{
    return json_is_kind(gemini_member(writing, "web_search_options"), JSON_OBJECT);
}

static void put_search(struct json_writer *json)
{
    put_open(json, '{');
    put_raw_member(json, "googleSearch", text_of("{}"));
    put_close(json, '}');
}

void gemini_put_tools(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct json_writer *json = &writing->json;
    const struct json_node *tools = list_of(writing, "tools");
    const struct json_node *functions = list_of(writing, "functions");
    const bool has_any = functions || has_functions(tree, tools);
    if (!tools && !functions && !wants_search(writing))
        return;
    put_key(json, "tools");
    put_open(json, '[');
    if (has_any)
        put_functions(json, tree, tools, functions);
    put_own(json, tree, tools);
    if (wants_search(writing))
        put_search(json);
    put_close(json, ']');
    if (has_any)
        put_choice(writing, tools);
}
