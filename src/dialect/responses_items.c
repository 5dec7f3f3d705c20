/* responses_items.c - items become messages.
 *
 * What an assistant says, thinks and calls are items one behind the other in Responses, and one
 * message in chat. What tools have said are messages of their own, and what they have shown is said
 * by the user behind them, as chat's tools can only say words. */
#include "responses_chat.h"

enum kind { KIND_SAID, KIND_ASSISTANT, KIND_RESULT };

static const struct {
    const char *type;
    enum kind kind;
} kind_rows[] = {
    { "function_call", KIND_ASSISTANT },
    { "custom_tool_call", KIND_ASSISTANT },
    { "reasoning", KIND_ASSISTANT },
    { "function_call_output", KIND_RESULT },
    { "custom_tool_call_output", KIND_RESULT },
};

static enum kind kind_of(const struct json_tree *tree, const struct json_node *item)
{
    for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]); i++)
        if (responses_is_type(tree, item, kind_rows[i].type))
            return kind_rows[i].kind;
    return json_is(tree, json_find(tree, item, "role"), "assistant") ? KIND_ASSISTANT : KIND_SAID;
}

/* Items of one kind that follow each other; `end` is the first behind them. */
struct run {
    const struct json_node *first, *end;
};

static struct run run_of(const struct json_tree *tree, const struct json_node *first)
{
    struct run run = { first, json_next(tree, first) };
    const enum kind kind = kind_of(tree, first);
    while (run.end && kind != KIND_SAID && kind_of(tree, run.end) == kind)
        run.end = json_next(tree, run.end);
    return run;
}

static void open_message(struct chat_reading *reading, const char *role)
{
    put_open(&reading->json, '{');
    put_word_member(&reading->json, "role", role);
}

/* ---- the content of a message ---- */

/* The only part, where it is of words. */
static const struct json_node *only_words(const struct json_tree *tree,
                                          const struct json_node *content,
                                          enum responses_parts which)
{
    if (json_is_kind(content, JSON_STRING))
        return content;
    if (responses_count_parts(tree, content, which) != 1 ||
        responses_count_parts(tree, content, PARTS_WORDS) != 1)
        return NULL;
    const struct json_node *part = json_first(tree, content);
    while (part && !json_is_given(json_find(tree, part, "text")))
        part = json_next(tree, part);
    return json_find(tree, part, "text");
}

static void put_content(struct chat_reading *reading, const struct json_node *content,
                        enum responses_parts which)
{
    const struct json_node *words = only_words(&reading->tree, content, which);
    put_key(&reading->json, "content");
    if (words) {
        put_raw(&reading->json, json_raw(&reading->tree, words));
    } else {
        put_open(&reading->json, '[');
        responses_put_parts(reading, content, which);
        put_close(&reading->json, ']');
    }
}

/* ---- users and instructions ---- */

/* Older servers know no developers. */
static const char *role_of(const struct json_tree *tree, const struct json_node *item)
{
    const struct json_node *role = json_find(tree, item, "role");
    bool instructs = json_is(tree, role, "developer") || json_is(tree, role, "system");
    return instructs ? "system" : "user";
}

/* One without content is not known here, and stays as it is: nobody is asked with it. */
static void put_said(struct chat_reading *reading, const struct json_node *item)
{
    const struct json_node *content = json_find(&reading->tree, item, "content");
    open_message(reading, role_of(&reading->tree, item));
    if (content)
        put_content(reading, content, PARTS_ALL);
    else
        put_word_member(&reading->json, "content", "");
    put_close(&reading->json, '}');
}

/* ---- the assistant ---- */

static bool is_message(const struct json_tree *tree, const struct json_node *item)
{
    return json_is_given(json_find(tree, item, "role"));
}

static bool is_call(const struct json_tree *tree, const struct json_node *item)
{
    return json_is_given(json_find(tree, item, "call_id"));
}

static bool is_thought(const struct json_tree *tree, const struct json_node *item)
{
    return responses_is_type(tree, item, "reasoning");
}

typedef bool choose(const struct json_tree *tree, const struct json_node *item);

static size_t count(const struct json_tree *tree, struct run run, choose *chosen)
{
    size_t found = 0;
    for (const struct json_node *item = run.first; item != run.end; item = json_next(tree, item))
        found += chosen(tree, item);
    return found;
}

static void put_custom(struct chat_reading *reading, const struct json_node *item)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    put_word_member(json, "type", "custom");
    put_key(json, "custom");
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, item, "name")));
    put_raw_member(json, "input", json_raw(tree, json_find(tree, item, "input")));
    put_close(json, '}');
}

static void put_function(struct chat_reading *reading, const struct json_node *item)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *extra = json_find(tree, item, "extra_content");
    put_word_member(json, "type", "function");
    put_key(json, "function");
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, item, "name")));
    put_raw_member(json, "arguments", json_raw(tree, json_find(tree, item, "arguments")));
    put_close(json, '}');
    if (json_is_given(extra) && !chat_is_final(reading))
        put_raw_member(json, "extra_content", json_raw(tree, extra));
}

static void put_call(struct chat_reading *reading, const struct json_node *item)
{
    struct json_writer *json = &reading->json;
    put_open(json, '{');
    put_raw_member(json, "id",
                   json_raw(&reading->tree, json_find(&reading->tree, item, "call_id")));
    if (responses_is_type(&reading->tree, item, "custom_tool_call"))
        put_custom(reading, item);
    else
        put_function(reading, item);
    put_close(json, '}');
}

static void put_messages(struct chat_reading *reading, struct run run)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *item = run.first;
    while (item != run.end && !is_message(tree, item))
        item = json_next(tree, item);
    if (count(tree, run, is_message) == 1) {
        put_content(reading, json_find(tree, item, "content"), PARTS_ALL);
        return;
    }
    put_key(&reading->json, "content");
    put_open(&reading->json, '[');
    for (; item != run.end; item = json_next(tree, item))
        if (is_message(tree, item))
            responses_put_parts(reading, json_find(tree, item, "content"), PARTS_ALL);
    put_close(&reading->json, ']');
}

static void put_list(struct chat_reading *reading, const char *name, struct run run, choose *chosen,
                     void (*put)(struct chat_reading *reading, const struct json_node *item))
{
    const struct json_tree *tree = &reading->tree;
    if (count(tree, run, chosen) == 0)
        return;
    put_key(&reading->json, name);
    put_open(&reading->json, '[');
    for (const struct json_node *item = run.first; item != run.end; item = json_next(tree, item))
        if (chosen(tree, item))
            put(reading, item);
    put_close(&reading->json, ']');
}

/* A thought of which nothing came is left out. */
static void put_assistant(struct chat_reading *reading, struct run run)
{
    const struct json_tree *tree = &reading->tree;
    const size_t messages = count(tree, run, is_message);
    if (messages + count(tree, run, is_call) == 0)
        return;
    open_message(reading, "assistant");
    if (messages > 0)
        put_messages(reading, run);
    else
        put_raw_member(&reading->json, "content", (struct text){ 0 });
    if (!chat_is_final(reading))
        put_list(reading, "reasoning_details", run, is_thought, responses_put_thought);
    put_list(reading, "tool_calls", run, is_call, put_call);
    put_close(&reading->json, '}');
}

/* ---- results of tools ---- */

static void put_result(struct chat_reading *reading, const struct json_node *item)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *output = json_find(tree, item, "output");
    open_message(reading, "tool");
    put_raw_member(&reading->json, "tool_call_id",
                   json_raw(tree, json_find(tree, item, "call_id")));
    if (responses_count_parts(tree, output, PARTS_WORDS) > 0)
        put_content(reading, output, PARTS_WORDS);
    else
        put_word_member(&reading->json, "content", "");
    put_close(&reading->json, '}');
}

static bool is_shown(const struct json_tree *tree, const struct json_node *item)
{
    return responses_count_parts(tree, json_find(tree, item, "output"), PARTS_SHOWN) > 0;
}

static void put_shown(struct chat_reading *reading, const struct json_node *item)
{
    responses_put_parts(reading, json_find(&reading->tree, item, "output"), PARTS_SHOWN);
}

static void put_results(struct chat_reading *reading, struct run run)
{
    const struct json_tree *tree = &reading->tree;
    for (const struct json_node *item = run.first; item != run.end; item = json_next(tree, item))
        put_result(reading, item);
    if (count(tree, run, is_shown) == 0)
        return;
    open_message(reading, "user");
    put_list(reading, "content", run, is_shown, put_shown);
    put_close(&reading->json, '}');
}

/* ---- all of them ---- */

static void put_run(struct chat_reading *reading, struct run run)
{
    const enum kind kind = kind_of(&reading->tree, run.first);
    if (kind == KIND_ASSISTANT)
        put_assistant(reading, run);
    else if (kind == KIND_RESULT)
        put_results(reading, run);
    else
        put_said(reading, run.first);
}

static void put_instructions(struct chat_reading *reading)
{
    const struct json_node *instructions = chat_member(reading, "instructions");
    if (!json_is_kind(instructions, JSON_STRING))
        return;
    open_message(reading, "system");
    put_raw_member(&reading->json, "content", json_raw(&reading->tree, instructions));
    put_close(&reading->json, '}');
}

static void put_input(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *input = chat_member(reading, "input");
    if (json_is_kind(input, JSON_STRING)) {
        open_message(reading, "user");
        put_raw_member(&reading->json, "content", json_raw(tree, input));
        put_close(&reading->json, '}');
        return;
    }
    for (const struct json_node *item = json_first(tree, input); item;) {
        const struct run run = run_of(tree, item);
        put_run(reading, run);
        item = run.end;
    }
}

void responses_put_items(struct chat_reading *reading)
{
    put_key(&reading->json, "messages");
    put_open(&reading->json, '[');
    put_instructions(reading);
    put_input(reading);
    if (reading->aim->last_message.len > 0)
        put_raw(&reading->json, reading->aim->last_message);
    put_close(&reading->json, ']');
}
