/* messages_request.c - the body of an Anthropic client becomes OpenAI's chat. */
#include "messages_chat.h"

/* ---- members that are the same, but for their names ---- */

static const struct {
    const char *theirs, *openai;
} same_rows[] = {
    { "temperature", "temperature" },
    { "top_p", "top_p" },
    { "stop_sequences", "stop" },
    { "stream", "stream" },
};

static void put_same(struct chat_reading *reading)
{
    for (size_t i = 0; i < sizeof(same_rows) / sizeof(same_rows[0]); i++) {
        const struct json_node *value = chat_member(reading, same_rows[i].theirs);
        if (json_is_given(value))
            put_raw_member(&reading->json, same_rows[i].openai, json_raw(&reading->tree, value));
    }
    if (json_is_true(&reading->tree, chat_member(reading, "stream")))
        put_raw_member(&reading->json, "stream_options", text_of("{\"include_usage\":true}"));
}

static void put_limit(struct chat_reading *reading)
{
    const struct json_node *limit = chat_member(reading, "max_tokens");
    if (json_is_given(limit))
        put_raw_member(&reading->json, reading->aim->limit, json_raw(&reading->tree, limit));
}

/* ---- thinking ---- */

static const struct {
    int64_t below; /* tokens of a budget */
    const char *effort;
} budget_rows[] = {
    { 4096, "low" },
    { 16384, "medium" },
    { INT64_MAX, "high" },
};

static const char *effort_of_budget(const struct chat_reading *reading)
{
    const struct json_node *thinking = chat_member(reading, "thinking");
    int64_t budget = 0;
    size_t i = 0;
    if (!json_to_count(&reading->tree, json_find(&reading->tree, thinking, "budget_tokens"),
                       &budget))
        return NULL;
    while (budget >= budget_rows[i].below)
        i++;
    return budget_rows[i].effort;
}

static const char *effort_of(const struct chat_reading *reading)
{
    static const char *const words[] = { "low", "medium", "high", "xhigh" };
    const struct json_tree *tree = &reading->tree;
    const struct json_node *thinking = chat_member(reading, "thinking");
    const struct json_node *effort =
        json_find(tree, chat_member(reading, "output_config"), "effort");
    if (json_is(tree, json_find(tree, thinking, "type"), "disabled"))
        return NULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (json_is(tree, effort, words[i]))
            return words[i];
    if (json_is(tree, effort, "max"))
        return "xhigh";
    return effort_of_budget(reading);
}

static void put_effort(struct chat_reading *reading)
{
    const char *effort = effort_of(reading);
    if (effort && (reading->aim->may_reason || !chat_is_final(reading)))
        put_word_member(&reading->json, "reasoning_effort", effort);
}

/* ---- the form of the answer ---- */

static void put_format(struct chat_reading *reading)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *format =
        json_find(tree, chat_member(reading, "output_config"), "format");
    if (!format)
        format = chat_member(reading, "output_format");
    const struct json_node *schema = json_find(tree, format, "schema");
    if (!json_is_kind(schema, JSON_OBJECT))
        return;
    put_key(json, "response_format");
    put_open(json, '{');
    put_word_member(json, "type", "json_schema");
    put_key(json, "json_schema");
    put_open(json, '{');
    put_word_member(json, "name", "answer");
    put_raw_member(json, "schema", json_raw(tree, schema));
    put_close(json, '}');
    put_close(json, '}');
}

/* ---- who asks ---- */

#define USER_MAX 64 /* OpenAI refuses longer ones */

static void put_user(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *user = json_find(tree, chat_member(reading, "metadata"), "user_id");
    if (json_is_kind(user, JSON_STRING) &&
        (!chat_is_final(reading) || json_inside(tree, user).len <= USER_MAX))
        put_raw_member(&reading->json, "user", json_raw(tree, user));
}

static void put_tier(struct chat_reading *reading)
{
    const struct json_node *tier = chat_member(reading, "service_tier");
    if (json_is(&reading->tree, tier, "standard_only"))
        put_word_member(&reading->json, "service_tier", "default");
}

/* ---- what is left ---- */

/* Members that were read above. All others are for our own reader: its own are among them. */
static bool is_read(struct text name)
{
    static const char *const names[] = {
        "model",        "messages",      "system",   "max_tokens",     "temperature",   "top_p",
        "tools",        "tool_choice",   "metadata", "stop_sequences", "stream",        "thinking",
        "service_tier", "output_format", "top_k",    "cache_control",  "output_config",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_is(name, names[i]))
            return true;
    return false;
}

/* So that the reader sees what OpenAI's servers are not told. */
static void put_own(struct chat_reading *reading)
{
    static const char *const names[] = { "top_k", "cache_control", "thinking" };
    const struct json_tree *tree = &reading->tree;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json_node *own = chat_member(reading, names[i]);
        if (json_is_given(own))
            put_raw_member(&reading->json, names[i], json_raw(tree, own));
    }
}

/* A name may hold anything, and is written as it stands. */
static void put_rest(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *metadata = chat_member(reading, "metadata");
    for (const struct json_node *member = json_first(tree, json_root(tree)); member;
         member = json_next(tree, member)) {
        if (is_read(json_name(tree, member)))
            continue;
        put_string(&reading->json, json_name(tree, member));
        put_bytes(&reading->json, text_of(":"));
        put_bytes(&reading->json, json_raw(tree, member));
    }
    if (json_is_kind(metadata, JSON_OBJECT))
        put_raw_member(&reading->json, "metadata", json_raw(tree, metadata));
}

/* ---- the whole ---- */

void messages_put_mark(struct chat_reading *reading, const struct json_node *marked)
{
    const struct json_node *mark = json_find(&reading->tree, marked, "cache_control");
    if (!chat_is_final(reading) && json_is_kind(mark, JSON_OBJECT))
        put_raw_member(&reading->json, "cache_control", json_raw(&reading->tree, mark));
}

enum fail messages_put_chat(struct chat_reading *reading, const char **ret_why)
{
    if (!json_is_kind(chat_member(reading, "messages"), JSON_ARRAY)) {
        *ret_why = "messages: Field required";
        return FAIL_BAD_VALUE;
    }
    chat_put_model(reading);
    put_limit(reading);
    messages_put_turns(reading);
    messages_put_tools(reading);
    put_same(reading);
    put_effort(reading);
    put_format(reading);
    put_user(reading);
    put_tier(reading);
    if (!chat_is_final(reading)) {
        put_own(reading);
        put_rest(reading);
    }
    return FAIL_NONE;
}
