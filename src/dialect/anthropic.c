/* anthropic.c - Anthropic's Messages API: the members of its body, and what its errors say. */
#include "anthropic.h"

#include "catalog/catalog.h"
#include "catalog/manners.h"
#include "foreign_values.h"
#include "units.h"

static const struct json_node *member(const struct foreign_writing *writing, const char *name)
{
    return json_find(&writing->tree, json_root(&writing->tree), name);
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

static void put_output_config(struct foreign_writing *writing, const char *effort)
{
    struct json_writer *json = &writing->json;
    const struct json_node *schema = schema_of(writing);
    const struct json_node *own = member(writing, "output_config");
    if (json_is_kind(own, JSON_OBJECT)) {
        put_raw_member(json, "output_config", json_raw(&writing->tree, own));
        return;
    }
    if (!schema && !effort)
        return;
    put_key(json, "output_config");
    put_open(json, '{');
    if (effort)
        put_word_member(json, "effort", effort);
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
    const int64_t most = anthropic_most_tokens(writing);
    const struct anthropic_thinking thinking = anthropic_read_thinking(writing, most);
    put_open(json, '{');
    put_key(json, "model");
    put_string(json, text_of(writing->model->upstream_model));
    put_count_member(json, "max_tokens", most);
    turns_put_system(writing, &anthropic_turns);
    turns_put_messages(writing, &anthropic_turns);
    anthropic_put_tools(writing);
    put_stops(writing);
    anthropic_put_thinking(writing, &thinking);
    put_sampling(writing, thinking.is_on);
    put_output_config(writing, thinking.effort);
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
