/* quirks.c - a chat request for a server that deviates from OpenAI's. */
#include "dialect/quirks.h"

#include "base/random.h"
#include "catalog/quirks.h"
#include "wire/json_tree.h"
#include "wire/json_writer.h"

#define NODES_MAX ((size_t)1 << 20)
#define LEVELS    5 /* messages, a message, its calls, a call */
#define GROWTH    ((size_t)4 << 10)

struct rewriting {
    const struct quirks *quirks;
    struct json_tree tree;
    struct json_writer json;
};

static const struct member_row { /* a member of the body, and what it is in our words */
    const char *name;
    enum field field;
} rows[] = {
    { "temperature", FIELD_TEMPERATURE },
    { "top_p", FIELD_TOP_P },
    { "top_k", FIELD_TOP_K },
    { "frequency_penalty", FIELD_FREQUENCY_PENALTY },
    { "presence_penalty", FIELD_PRESENCE_PENALTY },
    { "logit_bias", FIELD_LOGIT_BIAS },
    { "seed", FIELD_SEED },
    { "stop", FIELD_STOP },
    { "max_tokens", FIELD_MAX_TOKENS },
    { "max_completion_tokens", FIELD_MAX_TOKENS },
    { "n", FIELD_N },
    { "logprobs", FIELD_LOGPROBS },
    { "top_logprobs", FIELD_TOP_LOGPROBS },
    { "reasoning_effort", FIELD_REASONING_EFFORT },
    { "reasoning", FIELD_REASONING },
    { "thinking", FIELD_THINKING },
    { "verbosity", FIELD_VERBOSITY },
    { "prediction", FIELD_PREDICTION },
    { "modalities", FIELD_AUDIO_OUTPUT },
    { "audio", FIELD_AUDIO_OUTPUT },
    { "web_search_options", FIELD_WEB_SEARCH },
    { "tools", FIELD_TOOLS },
    { "tool_choice", FIELD_TOOL_CHOICE },
    { "parallel_tool_calls", FIELD_PARALLEL_TOOL_CALLS },
    { "functions", FIELD_FUNCTIONS },
    { "function_call", FIELD_TOOL_CHOICE },
    { "user", FIELD_USER },
    { "safety_identifier", FIELD_USER },
    { "metadata", FIELD_METADATA },
    { "store", FIELD_STORE },
    { "service_tier", FIELD_SERVICE_TIER },
    { "prompt_cache_key", FIELD_PROMPT_CACHE_KEY },
    { "prompt_cache_retention", FIELD_PROMPT_CACHE_KEY },
};

static bool refuses(const struct quirks *quirks, enum field field)
{
    return quirks->refuses & field_bit(field);
}

/* A choice of one is what everybody gives. */
static bool is_refused(const struct quirks *quirks, struct text name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (text_is(name, rows[i].name))
            return refuses(quirks, rows[i].field);
    return text_is(name, "stream_options") && quirks->tells_usage;
}

static bool has_two_limits(const struct rewriting *rewriting)
{
    const struct json_node *root = json_root(&rewriting->tree);
    return json_find(&rewriting->tree, root, "max_tokens") &&
           json_find(&rewriting->tree, root, "max_completion_tokens");
}

/* The name under which this server knows it. */
static struct text renamed(const struct rewriting *rewriting, struct text name)
{
    const struct quirks *quirks = rewriting->quirks;
    const bool is_limit = text_is(name, "max_completion_tokens") || text_is(name, "max_tokens");
    if (is_limit && quirks->limit && !has_two_limits(rewriting))
        return text_of(quirks->limit);
    if (text_is(name, "seed") && quirks->seed)
        return text_of(quirks->seed);
    return name;
}

/* Of two names of one thing, that which this server does not know. */
static bool is_its_double(const struct rewriting *rewriting, struct text name)
{
    const struct quirks *quirks = rewriting->quirks;
    return quirks->limit && text_starts(name, "max_") && !text_is(name, quirks->limit) &&
           (text_is(name, "max_tokens") || text_is(name, "max_completion_tokens")) &&
           has_two_limits(rewriting);
}

static void put_name(struct rewriting *rewriting, struct text name)
{
    put_string(&rewriting->json, name);
    put_bytes(&rewriting->json, text_of(":"));
    rewriting->json.wants_comma = false;
}

static void put_as_it_stands(struct rewriting *rewriting, const struct json_node *node)
{
    put_raw(&rewriting->json, json_raw(&rewriting->tree, node));
}

/* ---- ids of calls ---- */

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_such_an_id(struct text id, int len)
{
    for (size_t i = 0; i < id.len; i++)
        if (!is_alphanumeric(id.data[i]))
            return false;
    return id.len == (size_t)len;
}

/* The same id becomes the same one wherever it stands, and in every request. */
static void put_id(struct rewriting *rewriting, const struct json_node *node)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const int len = rewriting->quirks->call_id;
    const struct text id = json_inside(&rewriting->tree, node);
    char made[32] = { 0 };
    if (!json_is_kind(node, JSON_STRING) || is_such_an_id(id, len) || len >= (int)sizeof(made)) {
        put_as_it_stands(rewriting, node);
        return;
    }
    uint64_t hash = hash_bytes(id.data, id.len, 0);
    for (int i = 0; i < len; i++, hash /= sizeof(digits) - 1)
        made[i] = digits[hash % (sizeof(digits) - 1)];
    put_word(&rewriting->json, made);
}

static void put_call(struct rewriting *rewriting, const struct json_node *call)
{
    const struct json_tree *tree = &rewriting->tree;
    put_open(&rewriting->json, '{');
    for (const struct json_node *member = json_first(tree, call); member;
         member = json_next(tree, member)) {
        put_name(rewriting, json_name(tree, member));
        if (text_is(json_name(tree, member), "id"))
            put_id(rewriting, member);
        else
            put_as_it_stands(rewriting, member);
    }
    put_close(&rewriting->json, '}');
}

static void put_calls(struct rewriting *rewriting, const struct json_node *calls)
{
    const struct json_tree *tree = &rewriting->tree;
    put_open(&rewriting->json, '[');
    for (const struct json_node *call = json_first(tree, calls); call;
         call = json_next(tree, call)) {
        if (json_is_kind(call, JSON_OBJECT))
            put_call(rewriting, call);
        else
            put_as_it_stands(rewriting, call);
    }
    put_close(&rewriting->json, ']');
}

/* ---- messages ---- */

static void put_message_member(struct rewriting *rewriting, const struct json_node *member)
{
    const struct quirks *quirks = rewriting->quirks;
    const struct json_tree *tree = &rewriting->tree;
    const struct text name = json_name(tree, member);
    if (text_is(name, "name") && refuses(quirks, FIELD_NAME))
        return;
    put_name(rewriting, name);
    if (text_is(name, "role") && quirks->no_developer && json_is(tree, member, "developer"))
        put_word(&rewriting->json, "system");
    else if (text_is(name, "tool_call_id") && quirks->call_id > 0)
        put_id(rewriting, member);
    else if (text_is(name, "tool_calls") && quirks->call_id > 0 && json_is_kind(member, JSON_ARRAY))
        put_calls(rewriting, member);
    else
        put_as_it_stands(rewriting, member);
}

static void put_messages(struct rewriting *rewriting, const struct json_node *messages)
{
    const struct json_tree *tree = &rewriting->tree;
    put_open(&rewriting->json, '[');
    for (const struct json_node *message = json_first(tree, messages); message;
         message = json_next(tree, message)) {
        if (!json_is_kind(message, JSON_OBJECT)) {
            put_as_it_stands(rewriting, message);
            continue;
        }
        put_open(&rewriting->json, '{');
        for (const struct json_node *member = json_first(tree, message); member;
             member = json_next(tree, member))
            put_message_member(rewriting, member);
        put_close(&rewriting->json, '}');
    }
    put_close(&rewriting->json, ']');
}

/* ---- the whole ---- */

static void put_body(struct rewriting *rewriting)
{
    const struct json_tree *tree = &rewriting->tree;
    put_open(&rewriting->json, '{');
    for (const struct json_node *member = json_first(tree, json_root(tree)); member;
         member = json_next(tree, member)) {
        const struct text name = json_name(tree, member);
        if (is_refused(rewriting->quirks, name) || is_its_double(rewriting, name))
            continue;
        put_name(rewriting, renamed(rewriting, name));
        if (text_is(name, "messages") && json_is_kind(member, JSON_ARRAY))
            put_messages(rewriting, member);
        else
            put_as_it_stands(rewriting, member);
    }
    put_close(&rewriting->json, '}');
}

enum fail quirks_write(const struct quirks *quirks, struct text body, struct buffer *out)
{
    struct rewriting rewriting = { .quirks = quirks, .json = json_writer_of(out) };
    buffer_init(out, 2 * body.len + GROWTH);
    json_tree_init(&rewriting.tree, NODES_MAX, LEVELS);
    enum fail fail = json_tree_read(&rewriting.tree, body);
    if (!fail && !json_is_kind(json_root(&rewriting.tree), JSON_OBJECT))
        fail = FAIL_BAD_VALUE;
    if (!fail)
        put_body(&rewriting);
    if (!fail && rewriting.json.full)
        fail = FAIL_BAD_VALUE;
    json_tree_clear(&rewriting.tree);
    return fail;
}
