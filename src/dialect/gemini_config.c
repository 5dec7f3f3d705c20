/* gemini_config.c - how the answer is to be: sampling, lengths, stops, and its form. */
#include "gemini.h"

void gemini_config_key(struct gemini_config *config, const char *name)
{
    struct json_writer *json = &config->writing->json;
    if (!config->is_open) {
        put_key(json, "generationConfig");
        put_open(json, '{');
    }
    config->is_open = true;
    put_key(json, name);
}

/* ---- numbers ---- */

static const struct {
    const char *openai, *google;
} number_rows[] = {
    { "temperature", "temperature" },
    { "top_p", "topP" },
    { "top_k", "topK" },
    { "presence_penalty", "presencePenalty" },
    { "frequency_penalty", "frequencyPenalty" },
};

static void put_numbers(struct gemini_config *config)
{
    const struct json_tree *tree = &config->writing->tree;
    for (size_t i = 0; i < sizeof(number_rows) / sizeof(number_rows[0]); i++) {
        const struct json_node *number = gemini_member(config->writing, number_rows[i].openai);
        if (!json_is_kind(number, JSON_NUMBER))
            continue;
        gemini_config_key(config, number_rows[i].google);
        put_raw(&config->writing->json, json_raw(tree, number));
    }
}

static void put_count_of(struct gemini_config *config, const char *name, int64_t count)
{
    gemini_config_key(config, name);
    put_count(&config->writing->json, count);
}

/* Its seeds have 32 bits: of longer ones the lower ones are as good. */
static void put_counts(struct gemini_config *config)
{
    const struct foreign_writing *writing = config->writing;
    const struct json_tree *tree = &writing->tree;
    int64_t count;
    if (json_to_count(tree, gemini_member(writing, "seed"), &count))
        put_count_of(config, "seed", count & INT32_MAX);
    if (json_to_count(tree, gemini_member(writing, "n"), &count) && count > 1)
        put_count_of(config, "candidateCount", count);
    if (json_to_count(tree, gemini_member(writing, "max_completion_tokens"), &count) ||
        json_to_count(tree, gemini_member(writing, "max_tokens"), &count))
        put_count_of(config, "maxOutputTokens", count);
}

/* ---- where to stop ---- */

static void put_stops(struct gemini_config *config)
{
    const struct json_tree *tree = &config->writing->tree;
    struct json_writer *json = &config->writing->json;
    const struct json_node *stop = gemini_member(config->writing, "stop");
    bool is_list = json_is_kind(stop, JSON_ARRAY), is_open = false;
    for (const struct json_node *item = is_list ? json_first(tree, stop) : stop;
         json_is_kind(item, JSON_STRING); item = is_list ? json_next(tree, item) : NULL) {
        if (json_inside(tree, item).len == 0)
            continue;
        if (!is_open) {
            gemini_config_key(config, "stopSequences");
            put_open(json, '[');
        }
        is_open = true;
        put_raw(json, json_raw(tree, item));
    }
    if (is_open)
        put_close(json, ']');
}

/* ---- the form ---- */

static void put_form(struct gemini_config *config)
{
    const struct json_tree *tree = &config->writing->tree;
    struct json_writer *json = &config->writing->json;
    const struct json_node *format = gemini_member(config->writing, "response_format");
    const struct json_node *type = json_find(tree, format, "type");
    const struct json_node *schema =
        json_find(tree, json_find(tree, format, "json_schema"), "schema");
    const bool has_schema = json_is(tree, type, "json_schema") && json_is_given(schema);
    if (!has_schema && !json_is(tree, type, "json_object"))
        return;
    gemini_config_key(config, "responseMimeType");
    put_word(json, "application/json");
    if (!has_schema)
        return;
    gemini_config_key(config, "responseJsonSchema");
    put_raw(json, json_raw(tree, schema));
}

static void put_logprobs(struct gemini_config *config)
{
    const struct foreign_writing *writing = config->writing;
    int64_t most = 0;
    json_to_count(&writing->tree, gemini_member(writing, "top_logprobs"), &most);
    if (most == 0 && !json_is_true(&writing->tree, gemini_member(writing, "logprobs")))
        return;
    gemini_config_key(config, "responseLogprobs");
    put_bool(&config->writing->json, true);
    if (most > 0)
        put_count_of(config, "logprobs", most);
}

void gemini_put_config(struct foreign_writing *writing)
{
    struct gemini_config config = { .writing = writing };
    put_numbers(&config);
    put_counts(&config);
    put_stops(&config);
    put_form(&config);
    put_logprobs(&config);
    gemini_put_thinking(&config);
    if (config.is_open)
        put_close(&writing->json, '}');
}
