/* messages_request.c - the body of an Anthropic client becomes OpenAI's chat. */
#include "messages_chat.h"

#define ROOM       ((size_t)1 << 20)
#define GROWTH_MAX 3

/* ---- members that are the same, but for their names ---- */

static const struct {
    const char *theirs, *openai;
} same_rows[] = {
    { "temperature", "temperature" },
    { "top_p", "top_p" },
    { "stop_sequences", "stop" },
    { "stream", "stream" },
};

static void put_same(struct messages_reading *reading)
{
    for (size_t i = 0; i < sizeof(same_rows) / sizeof(same_rows[0]); i++) {
        const struct json_node *value = messages_member(reading, same_rows[i].theirs);
        if (json_is_given(value))
            put_raw_member(&reading->json, same_rows[i].openai, json_raw(&reading->tree, value));
    }
    if (json_is_true(&reading->tree, messages_member(reading, "stream")))
        put_raw_member(&reading->json, "stream_options", text_of("{\"include_usage\":true}"));
}

static void put_limit(struct messages_reading *reading)
{
    const struct json_node *limit = messages_member(reading, "max_tokens");
    if (json_is_given(limit))
        put_raw_member(&reading->json, reading->aim->limit, json_raw(&reading->tree, limit));
}

static void put_model(struct messages_reading *reading)
{
    const struct json_node *model = messages_member(reading, "model");
    if (messages_is_final(reading)) {
        put_key(&reading->json, "model");
        put_string(&reading->json, text_of(reading->aim->model));
    } else if (model) {
        put_raw_member(&reading->json, "model", json_raw(&reading->tree, model));
    }
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

static const char *effort_of_budget(const struct messages_reading *reading)
{
    const struct json_node *thinking = messages_member(reading, "thinking");
    int64_t budget = 0;
    size_t i = 0;
    if (!json_to_count(&reading->tree, json_find(&reading->tree, thinking, "budget_tokens"),
                       &budget))
        return NULL;
    while (budget >= budget_rows[i].below)
        i++;
    return budget_rows[i].effort;
}

static const char *effort_of(const struct messages_reading *reading)
{
    static const char *const words[] = { "low", "medium", "high", "xhigh" };
    const struct json_tree *tree = &reading->tree;
    const struct json_node *thinking = messages_member(reading, "thinking");
    const struct json_node *effort =
        json_find(tree, messages_member(reading, "output_config"), "effort");
    if (json_is(tree, json_find(tree, thinking, "type"), "disabled"))
        return NULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (json_is(tree, effort, words[i]))
            return words[i];
    if (json_is(tree, effort, "max"))
        return "xhigh";
    return effort_of_budget(reading);
}

static void put_effort(struct messages_reading *reading)
{
    const char *effort = effort_of(reading);
    if (effort && (reading->aim->may_reason || !messages_is_final(reading)))
        put_word_member(&reading->json, "reasoning_effort", effort);
}

/* ---- the form of the answer ---- */

static void put_format(struct messages_reading *reading)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *format =
        json_find(tree, messages_member(reading, "output_config"), "format");
    if (!format)
        format = messages_member(reading, "output_format");
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

static void put_user(struct messages_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *user = json_find(tree, messages_member(reading, "metadata"), "user_id");
    if (json_is_kind(user, JSON_STRING) &&
        (!messages_is_final(reading) || json_inside(tree, user).len <= USER_MAX))
        put_raw_member(&reading->json, "user", json_raw(tree, user));
}

static void put_tier(struct messages_reading *reading)
{
    const struct json_node *tier = messages_member(reading, "service_tier");
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
static void put_own(struct messages_reading *reading)
{
    static const char *const names[] = { "top_k", "cache_control", "thinking" };
    const struct json_tree *tree = &reading->tree;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json_node *own = messages_member(reading, names[i]);
        if (json_is_given(own))
            put_raw_member(&reading->json, names[i], json_raw(tree, own));
    }
}

/* A name may hold anything, and is written as it stands. */
static void put_rest(struct messages_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *metadata = messages_member(reading, "metadata");
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

void messages_put_mark(struct messages_reading *reading, const struct json_node *marked)
{
    const struct json_node *mark = json_find(&reading->tree, marked, "cache_control");
    if (!messages_is_final(reading) && json_is_kind(mark, JSON_OBJECT))
        put_raw_member(&reading->json, "cache_control", json_raw(&reading->tree, mark));
}

static enum fail write(struct messages_reading *reading, const char **ret_why)
{
    if (!json_is_kind(json_root(&reading->tree), JSON_OBJECT)) {
        *ret_why = "The body must be a JSON object.";
        return FAIL_BAD_JSON;
    }
    if (!json_is_kind(messages_member(reading, "messages"), JSON_ARRAY)) {
        *ret_why = "messages: Field required";
        return FAIL_BAD_VALUE;
    }
    put_open(&reading->json, '{');
    put_model(reading);
    put_limit(reading);
    messages_put_turns(reading);
    messages_put_tools(reading);
    put_same(reading);
    put_effort(reading);
    put_format(reading);
    put_user(reading);
    put_tier(reading);
    if (!messages_is_final(reading)) {
        put_own(reading);
        put_rest(reading);
    }
    put_close(&reading->json, '}');
    *ret_why = "The body is too large.";
    return reading->json.full ? FAIL_BODY_TOO_LARGE : FAIL_NONE;
}

enum fail messages_to_chat(struct text body, const struct messages_aim *aim, struct buffer *out,
                           const char **ret_why)
{
    struct messages_reading reading = { .aim = aim, .json = json_writer_of(out) };
    buffer_clear(out);
    buffer_init(out, GROWTH_MAX * (body.len + aim->last_message.len) + ROOM);
    json_tree_init(&reading.tree, MESSAGES_NODES_MAX, MESSAGES_LEVELS);
    enum fail fail = json_tree_read(&reading.tree, body);
    *ret_why = fail == FAIL_BAD_JSON ? "The body is not valid JSON."
                                     : "The body has too many values, or is nested too deeply.";
    if (!fail)
        fail = write(&reading, ret_why);
    json_tree_clear(&reading.tree);
    return fail;
}
