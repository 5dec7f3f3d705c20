/* bedrock.c - Amazon Bedrock's Converse: its address, and the members of its body. */
#include "bedrock.h"

#include "anthropic.h"
#include "catalog/catalog.h"
#include "catalog/manners.h"
#include "foreign_values.h"
#include "units.h"

static struct text path(const struct foreign_question *question, struct arena *arena)
{
    return text_of(arena_printf(arena, "/model/%s/%s",
                                path_segment(question->model->upstream_model, arena),
                                question->request->stream ? "converse-stream" : "converse"));
}

/* ---- how the answer is to be ---- */

/* An object that is opened by its first member. */
struct section {
    struct json_writer *json;
    const char *name;
    bool is_open;
};

static void section_key(struct section *section, const char *name)
{
    if (!section->is_open) {
        put_key(section->json, section->name);
        put_open(section->json, '{');
    }
    section->is_open = true;
    put_key(section->json, name);
}

static void section_close(const struct section *section)
{
    if (section->is_open)
        put_close(section->json, '}');
}

static void put_most(struct foreign_writing *writing, struct section *inference)
{
    int64_t most;
    if (!json_to_count(&writing->tree, bedrock_member(writing, "max_completion_tokens"), &most) &&
        !json_to_count(&writing->tree, bedrock_member(writing, "max_tokens"), &most))
        return;
    section_key(inference, "maxTokens");
    put_count(&writing->json, most);
}

/* Who thinks is not sampled otherwise, and some of Anthropic's models not at all. */
static enum sampling_manner sampling_of(const struct foreign_writing *writing, bool thinks)
{
    if (!model_is_claude(writing->model))
        return SAMPLING_FREE;
    return thinks ? SAMPLING_NONE : manner_of(writing->model)->sampling;
}

static void put_sampling(struct foreign_writing *writing, struct section *inference,
                         enum sampling_manner manner)
{
    const struct json_node *top_p = bedrock_member(writing, "top_p");
    const struct json_node *warm = bedrock_member(writing, "temperature");
    double temperature;
    if (manner == SAMPLING_NONE)
        return;
    if (json_to_double(&writing->tree, warm, &temperature)) {
        section_key(inference, "temperature");
        put_raw(&writing->json, temperature > 1 ? text_of("1") : json_raw(&writing->tree, warm));
        if (manner == SAMPLING_ONE)
            return;
    }
    if (json_is_kind(top_p, JSON_NUMBER)) {
        section_key(inference, "topP");
        put_raw(&writing->json, json_raw(&writing->tree, top_p));
    }
}

/* One that is nothing but white space is refused by some models. */
static void put_stops(struct foreign_writing *writing, struct section *inference)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *stop = bedrock_member(writing, "stop");
    bool is_list = json_is_kind(stop, JSON_ARRAY), is_open = false;
    for (const struct json_node *item = is_list ? json_first(tree, stop) : stop;
         json_is_kind(item, JSON_STRING); item = is_list ? json_next(tree, item) : NULL) {
        if (units_trimmed_len(json_inside(tree, item)) == 0)
            continue;
        if (!is_open) {
            section_key(inference, "stopSequences");
            put_open(&writing->json, '[');
        }
        is_open = true;
        put_raw(&writing->json, json_raw(tree, item));
    }
    if (is_open)
        put_close(&writing->json, ']');
}

static void put_inference(struct foreign_writing *writing, enum sampling_manner manner)
{
    struct section inference = { .json = &writing->json, .name = "inferenceConfig" };
    put_most(writing, &inference);
    put_sampling(writing, &inference, manner);
    put_stops(writing, &inference);
    section_close(&inference);
}

/* ---- the form ---- */

static void put_schema(struct foreign_writing *writing, const struct json_node *described)
{
    struct json_writer *json = &writing->json;
    const struct json_tree *tree = &writing->tree;
    const struct text name = json_inside(tree, json_find(tree, described, "name"));
    const struct text words = json_inside(tree, json_find(tree, described, "description"));
    put_open(json, '{');
    put_key(json, "schema");
    put_string(json, json_raw(tree, json_find(tree, described, "schema")));
    if (name.len > 0)
        put_inside_member(json, "name", name);
    if (words.len > 0)
        put_inside_member(json, "description", words);
    put_close(json, '}');
}

/* The schema goes as a string. */
static void put_form(struct foreign_writing *writing)
{
    struct json_writer *json = &writing->json;
    const struct json_tree *tree = &writing->tree;
    const struct json_node *format = bedrock_member(writing, "response_format");
    const struct json_node *described = json_find(tree, format, "json_schema");
    if (!json_is(tree, json_find(tree, format, "type"), "json_schema") ||
        !json_is_kind(json_find(tree, described, "schema"), JSON_OBJECT))
        return;
    put_key(json, "outputConfig");
    put_open(json, '{');
    put_key(json, "textFormat");
    put_open(json, '{');
    put_word_member(json, "type", "json_schema");
    put_key(json, "structure");
    put_open(json, '{');
    put_key(json, "jsonSchema");
    put_schema(writing, described);
    put_close(json, '}');
    put_close(json, '}');
    put_close(json, '}');
}

/* ---- the rest ---- */

/* What Converse has no words for goes to Anthropic's models in their own. */
static void put_additional(struct foreign_writing *writing,
                           const struct anthropic_thinking *thinking, bool is_sampled)
{
    struct json_writer *json = &writing->json;
    const struct json_node *top_k = bedrock_member(writing, "top_k");
    const bool has_top_k = is_sampled && json_is_kind(top_k, JSON_NUMBER);
    if (!thinking->own && !thinking->is_on && !thinking->effort && !has_top_k)
        return;
    put_key(json, "additionalModelRequestFields");
    put_open(json, '{');
    anthropic_put_thinking(writing, thinking);
    if (thinking->effort) {
        put_key(json, "output_config");
        put_open(json, '{');
        put_word_member(json, "effort", thinking->effort);
        put_close(json, '}');
    }
    if (has_top_k)
        put_raw_member(json, "top_k", json_raw(&writing->tree, top_k));
    put_close(json, '}');
}

static void put_tier(struct foreign_writing *writing)
{
    static const char *const tiers[] = { "default", "flex", "priority" };
    const struct json_node *tier = bedrock_member(writing, "service_tier");
    for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
        if (!json_is(&writing->tree, tier, tiers[i]))
            continue;
        put_key(&writing->json, "serviceTier");
        put_open(&writing->json, '{');
        put_word_member(&writing->json, "type", tiers[i]);
        put_close(&writing->json, '}');
    }
}

static enum fail write(struct foreign_writing *writing)
{
    struct anthropic_thinking thinking = { 0 };
    if (model_is_claude(writing->model))
        thinking = anthropic_read_thinking(writing, anthropic_most_tokens(writing));
    const enum sampling_manner manner = sampling_of(writing, thinking.is_on);
    put_open(&writing->json, '{');
    turns_put_system(writing, &bedrock_turns);
    turns_put_messages(writing, &bedrock_turns);
    put_inference(writing, manner);
    bedrock_put_tools(writing);
    put_form(writing);
    if (model_is_claude(writing->model))
        put_additional(writing, &thinking, manner != SAMPLING_NONE);
    put_tier(writing);
    put_close(&writing->json, '}');
    return FAIL_NONE;
}

#define ANSWER_LEVELS 7

const struct foreign foreign_bedrock = {
    .name = "bedrock",
    .frames = FRAMES_AMAZON,
    .write = write,
    .path = path,
    .answer_levels = ANSWER_LEVELS,
    .state_size = sizeof(struct bedrock_state),
    .read_event = bedrock_read_event,
    .read_end = bedrock_read_end,
    .read_reply = bedrock_read_reply,
    .read_error = bedrock_read_error,
};
