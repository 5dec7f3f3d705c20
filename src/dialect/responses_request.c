/* responses_request.c - the body of a client of Responses becomes OpenAI's chat. */
#include "responses_chat.h"

/* ---- members that are the same ---- */

static const char *const same_names[] = {
    "temperature",
    "top_p",
    "parallel_tool_calls",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "metadata",
    "service_tier",
    "stream",
};

/* What only says how, and means nothing where there are no tools. */
static bool is_idle(const struct chat_reading *reading, const char *name)
{
    const struct json_node *tools = chat_member(reading, "tools");
    return strcmp(name, "parallel_tool_calls") == 0 && !(tools && tools->count > 0);
}

static void put_same(struct chat_reading *reading)
{
    for (size_t i = 0; i < sizeof(same_names) / sizeof(same_names[0]); i++) {
        if (!is_idle(reading, same_names[i]))
            chat_put_member(reading, same_names[i], chat_member(reading, same_names[i]));
    }
    if (json_is_true(&reading->tree, chat_member(reading, "stream")))
        put_raw_member(&reading->json, "stream_options", text_of("{\"include_usage\":true}"));
}

/* ---- how it is to be answered ---- */

static void put_effort(struct chat_reading *reading)
{
    const struct json_node *reasoning = chat_member(reading, "reasoning");
    const struct json_node *effort = json_find(&reading->tree, reasoning, "effort");
    if (reading->aim->may_reason || !chat_is_final(reading))
        chat_put_member(reading, "reasoning_effort",
                        effort ? effort : chat_member(reading, "reasoning_effort"));
}

/* A schema stands one level deeper in chat. */
static void put_schema(struct chat_reading *reading, const struct json_node *format)
{
    static const char *const names[] = { "name", "description", "schema", "strict" };
    struct json_writer *json = &reading->json;
    put_key(json, "json_schema");
    put_open(json, '{');
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        chat_put_member(reading, names[i], json_find(&reading->tree, format, names[i]));
    put_close(json, '}');
}

static void put_format(struct chat_reading *reading)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *format = json_find(tree, chat_member(reading, "text"), "format");
    if (!format || responses_is_type(tree, format, "text"))
        return;
    put_key(json, "response_format");
    put_open(json, '{');
    chat_put_member(reading, "type", json_find(tree, format, "type"));
    if (responses_is_type(tree, format, "json_schema"))
        put_schema(reading, format);
    put_close(json, '}');
}

static void put_verbosity(struct chat_reading *reading)
{
    const struct json_node *verbosity =
        json_find(&reading->tree, chat_member(reading, "text"), "verbosity");
    chat_put_member(reading, "verbosity",
                    verbosity ? verbosity : chat_member(reading, "verbosity"));
}

static bool includes_logprobs(const struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *include = chat_member(reading, "include");
    if (!json_is_kind(include, JSON_ARRAY))
        return false;
    for (const struct json_node *item = json_first(tree, include); item;
         item = json_next(tree, item))
        if (json_is(tree, item, "message.output_text.logprobs"))
            return true;
    return false;
}

static void put_logprobs(struct chat_reading *reading)
{
    const struct json_node *top = chat_member(reading, "top_logprobs");
    int64_t count = 0;
    json_to_count(&reading->tree, top, &count);
    if (count > 0 || includes_logprobs(reading))
        put_raw_member(&reading->json, "logprobs", text_of("true"));
    if (count > 0)
        chat_put_member(reading, "top_logprobs", top);
}

/* What is kept at the vendor is another thing there than here; only that it is wanted is said. */
static void put_store(struct chat_reading *reading)
{
    if (json_is_true(&reading->tree, chat_member(reading, "store")))
        put_raw_member(&reading->json, "store", text_of("true"));
}

enum fail responses_put_chat(struct chat_reading *reading, const char **ret_why)
{
    const struct json_node *input = chat_member(reading, "input");
    if (!json_is_kind(input, JSON_STRING) && !json_is_kind(input, JSON_ARRAY)) {
        *ret_why = "Missing required parameter: 'input'.";
        return FAIL_BAD_VALUE;
    }
    chat_put_model(reading);
    responses_put_items(reading);
    responses_put_tools(reading);
    chat_put_member(reading, reading->aim->limit, chat_member(reading, "max_output_tokens"));
    put_same(reading);
    put_effort(reading);
    put_format(reading);
    put_verbosity(reading);
    put_logprobs(reading);
    put_store(reading);
    chat_put_beside(reading);
    return FAIL_NONE;
}
