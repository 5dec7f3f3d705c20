/* anthropic.c - Anthropic's Messages API: the members of its body, and what its errors say. */
#include "anthropic.h"

#include "catalog/catalog.h"
#include "catalog/manners.h"
#include "foreign_values.h"
#include "units.h"

#define OUTPUT_UNKNOWN 4096 /* tokens, where nobody said how many there may be */
#define OUTPUT_MIN     1024

static const struct json_node *member(const struct foreign_writing *writing, const char *name)
{
    return json_find(&writing->tree, json_root(&writing->tree), name);
}

/* ---- how much ---- */

/* It must be said here. Where the client did not, all that the model gives and the window leaves.
 */
static int64_t most_tokens(const struct foreign_writing *writing)
{
    const struct model *model = writing->model;
    int64_t most = OUTPUT_UNKNOWN;
    if (json_to_count(&writing->tree, member(writing, "max_completion_tokens"), &most) ||
        json_to_count(&writing->tree, member(writing, "max_tokens"), &most))
        return most;
    if (model->max_output_tokens > 0)
        most = model->max_output_tokens;
    int64_t left = model->context_window - writing->question->tokens_in;
    if (model->context_window > 0 && most > left)
        most = left > OUTPUT_MIN ? left : OUTPUT_MIN;
    return most;
}

/* ---- thinking ---- */

static const struct effort_row {
    const char *effort;
    int percent;          /* of the tokens of the answer, where a budget is asked for */
    const char *adaptive; /* what it is called where an effort is */
} effort_rows[] = {
    { "minimal", 10, "low" }, { "low", 20, "low" },     { "medium", 50, "medium" },
    { "high", 80, "high" },   { "xhigh", 95, "xhigh" }, { "max", 95, "max" },
};

struct thinking {
    const struct effort_row *effort; /* NULL: none was named, or none that is known */
    int64_t budget;                  /* 0: none */
    bool is_on;
};

/* OpenAI's `reasoning_effort`, or OpenRouter's `reasoning`. */
static struct thinking read_thinking(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *reasoning = member(writing, "reasoning");
    const struct json_node *word = member(writing, "reasoning_effort");
    struct thinking thinking = { 0 };
    if (!json_is_given(word))
        word = json_find(tree, reasoning, "effort");
    for (size_t i = 0; i < sizeof(effort_rows) / sizeof(effort_rows[0]); i++)
        if (json_is(tree, word, effort_rows[i].effort))
            thinking.effort = &effort_rows[i];
    json_to_count(tree, json_find(tree, reasoning, "max_tokens"), &thinking.budget);
    if (!thinking.effort && json_is_true(tree, json_find(tree, reasoning, "enabled")))
        thinking.effort = &effort_rows[2];
    thinking.is_on = thinking.effort || thinking.budget > 0;
    return thinking;
}

static bool has_proof(const struct json_tree *tree, const struct json_node *list)
{
    for (const struct json_node *item = json_first(tree, list); item; item = json_next(tree, item))
        if (thought_is_of(tree, item, ANTHROPIC_FORMAT) &&
            (json_is_given(json_find(tree, item, "signature")) ||
             json_is_given(json_find(tree, item, "data"))))
            return true;
    return false;
}

/* The last turn of the assistant, when nobody but its tools has spoken since; else NULL. */
static const struct json_node *open_answer(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *answer = NULL;
    for (const struct json_node *message = json_first(tree, member(writing, "messages")); message;
         message = json_next(tree, message)) {
        const struct json_node *role = json_find(tree, message, "role");
        if (json_is(tree, role, "assistant"))
            answer = message;
        else if (json_is(tree, role, "user"))
            answer = NULL;
    }
    return answer;
}

/* A model cannot go on with an answer that it began without thinking, nor think before a call that
 * is forced. */
static bool may_think(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *answer = open_answer(writing);
    if (json_root(&writing->last) || anthropic_is_forced(writing))
        return false;
    if (!answer)
        return true;
    return json_next(tree, answer) &&
           (has_proof(tree, json_find(tree, answer, "reasoning_details")) ||
            has_proof(tree, json_find(tree, answer, "thinking_blocks")));
}

static int64_t budget_of(const struct thinking *thinking, int64_t most)
{
    int64_t budget = thinking->budget;
    if (budget == 0)
        budget = most * thinking->effort->percent / 100;
    if (budget < ANTHROPIC_THOUGHT_MIN)
        budget = ANTHROPIC_THOUGHT_MIN;
    return budget < most ? budget : 0;
}

static void put_budget(struct json_writer *json, int64_t budget)
{
    put_key(json, "thinking");
    put_open(json, '{');
    put_word_member(json, "type", "enabled");
    put_count_member(json, "budget_tokens", budget);
    put_close(json, '}');
}

/* Whether it was asked to think. */
static bool put_thinking(struct foreign_writing *writing, const struct thinking *thinking,
                         int64_t most)
{
    struct json_writer *json = &writing->json;
    enum thinking_manner manner = manner_of(writing->model)->thinking;
    const struct json_node *own = member(writing, "thinking");
    if (json_is_kind(own, JSON_OBJECT)) {
        put_raw_member(json, "thinking", json_raw(&writing->tree, own));
        return !json_is(&writing->tree, json_find(&writing->tree, own, "type"), "disabled");
    }
    if (!thinking->is_on || manner == THINKING_NONE || !may_think(writing))
        return false;
    if (manner == THINKING_ADAPTIVE) {
        put_raw_member(json, "thinking",
                       text_of("{\"type\":\"adaptive\",\"display\":\"summarized\"}"));
        return true;
    }
    int64_t budget = budget_of(thinking, most);
    if (budget > 0)
        put_budget(json, budget);
    return budget > 0;
}

/* ---- the form of the answer ---- */

static const struct json_node *schema_of(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *format = member(writing, "response_format");
    if (!json_is(tree, json_find(tree, format, "type"), "json_schema"))
        return NULL;
    const struct json_node *schema =
        json_find(tree, json_find(tree, format, "json_schema"), "schema");
    return json_is_kind(schema, JSON_OBJECT) ? schema : NULL;
}

static void put_output_config(struct foreign_writing *writing, const struct thinking *thinking)
{
    struct json_writer *json = &writing->json;
    const struct json_node *schema = schema_of(writing);
    const struct json_node *own = member(writing, "output_config");
    bool wants_effort =
        thinking->effort && manner_of(writing->model)->thinking == THINKING_ADAPTIVE;
    if (json_is_kind(own, JSON_OBJECT)) {
        put_raw_member(json, "output_config", json_raw(&writing->tree, own));
        return;
    }
    if (!schema && !wants_effort)
        return;
    put_key(json, "output_config");
    put_open(json, '{');
    if (wants_effort)
        put_word_member(json, "effort", thinking->effort->adaptive);
    if (schema) {
        put_key(json, "format");
        put_open(json, '{');
        put_word_member(json, "type", "json_schema");
        put_raw_member(json, "schema", json_raw(&writing->tree, schema));
        put_close(json, '}');
    }
    put_close(json, '}');
}

/* ---- sampling, and where to stop ---- */

static bool put_number(struct foreign_writing *writing, const char *name)
{
    const struct json_node *number = member(writing, name);
    if (!json_is_kind(number, JSON_NUMBER))
        return false;
    put_raw_member(&writing->json, name, json_raw(&writing->tree, number));
    return true;
}

static bool put_temperature(struct foreign_writing *writing)
{
    double temperature;
    if (!json_to_double(&writing->tree, member(writing, "temperature"), &temperature) ||
        temperature <= 1)
        return put_number(writing, "temperature");
    put_count_member(&writing->json, "temperature", 1);
    return true;
}

static void put_sampling(struct foreign_writing *writing, bool thinks)
{
    enum sampling_manner manner = manner_of(writing->model)->sampling;
    if (thinks || manner == SAMPLING_NONE)
        return;
    bool is_said = put_temperature(writing);
    if (!is_said || manner == SAMPLING_FREE)
        put_number(writing, "top_p");
    put_number(writing, "top_k");
}

static bool is_blank(const struct json_tree *tree, const struct json_node *stop)
{
    return units_trimmed_len(json_inside(tree, stop)) == 0;
}

/* One that is nothing but white space is refused. */
static void put_stops(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct json_writer *json = &writing->json;
    const struct json_node *stop = member(writing, "stop");
    bool is_list = json_is_kind(stop, JSON_ARRAY), is_open = false;
    for (const struct json_node *item = is_list ? json_first(tree, stop) : stop;
         json_is_kind(item, JSON_STRING); item = is_list ? json_next(tree, item) : NULL) {
        if (is_blank(tree, item))
            continue;
        if (!is_open) {
            put_key(json, "stop_sequences");
            put_open(json, '[');
        }
        is_open = true;
        put_raw(json, json_raw(tree, item));
    }
    if (is_open)
        put_close(json, ']');
}

/* ---- who asks ---- */

static void put_user(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *user = json_find(tree, member(writing, "metadata"), "user_id");
    if (!json_is_kind(user, JSON_STRING))
        user = member(writing, "safety_identifier");
    if (!json_is_kind(user, JSON_STRING))
        user = member(writing, "user");
    if (!json_is_kind(user, JSON_STRING))
        return;
    put_key(&writing->json, "metadata");
    put_open(&writing->json, '{');
    put_raw_member(&writing->json, "user_id", json_raw(tree, user));
    put_close(&writing->json, '}');
}

static void put_tier(struct foreign_writing *writing)
{
    static const struct {
        const char *openai, *anthropic;
    } tiers[] = {
        { "auto", "auto" },
        { "default", "standard_only" },
        { "standard_only", "standard_only" },
    };
    const struct json_node *tier = member(writing, "service_tier");
    for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
        if (json_is(&writing->tree, tier, tiers[i].openai))
            put_word_member(&writing->json, "service_tier", tiers[i].anthropic);
}

/* Members of Anthropic's own that clients send in the hope of an Anthropic. */
static void put_own(struct foreign_writing *writing)
{
    static const char *const names[] = { "cache_control", "container", "context_management",
                                         "mcp_servers", "inference_geo" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json_node *own = member(writing, names[i]);
        if (json_is_given(own))
            put_raw_member(&writing->json, names[i], json_raw(&writing->tree, own));
    }
}

/* ---- the whole ---- */

static enum fail write(struct foreign_writing *writing)
{
    struct json_writer *json = &writing->json;
    const struct thinking thinking = read_thinking(writing);
    int64_t most = most_tokens(writing);
    put_open(json, '{');
    put_key(json, "model");
    put_string(json, text_of(writing->model->upstream_model));
    put_count_member(json, "max_tokens", most);
    turns_put_system(writing, &anthropic_turns);
    turns_put_messages(writing, &anthropic_turns);
    anthropic_put_tools(writing);
    put_stops(writing);
    put_sampling(writing, put_thinking(writing, &thinking, most));
    put_output_config(writing, &thinking);
    put_user(writing);
    put_tier(writing);
    put_own(writing);
    if (writing->request->stream)
        put_raw_member(json, "stream", text_of("true"));
    put_close(json, '}');
    return FAIL_NONE;
}

static struct text path(const struct foreign_question *question, struct arena *arena)
{
    (void)question;
    (void)arena;
    return text_of("/messages");
}

#define ANSWER_LEVELS 6

const struct foreign foreign_anthropic = {
    .name = "anthropic",
    .write = write,
    .path = path,
    .answer_levels = ANSWER_LEVELS,
    .state_size = sizeof(struct anthropic_state),
    .read_event = anthropic_read_event,
    .read_reply = anthropic_read_reply,
    .read_error = anthropic_read_error,
};
