/* rule_schema.c - what a rule may say in YAML. */
#include <stddef.h>

#include "objective.h"
#include "rule.h"

/* Bits by the value of each word: 1 << value, or the value itself where it is a bit already. */
static uint32_t read_words(struct schema_reading *reading, const struct yaml_node *node,
                           const struct schema_word *words, bool values_are_bits)
{
    uint32_t bits = 0;
    const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->first : node;
    if (!item)
        problems_add(reading->problems, PROBLEM_ERROR, node, "expected at least one word");
    for (; item; item = node->kind == YAML_SEQUENCE ? item->next : NULL) {
        int value;
        if (schema_to_word(reading, item, words, &value))
            bits |= values_are_bits ? (uint32_t)value : 1u << value;
    }
    return bits;
}

static const struct schema_word has_words[] = {
    { "tools", HAS_TOOLS, "tool definitions" },
    { "images", HAS_IMAGES, "pictures" },
    { "audio", HAS_AUDIO, "sound" },
    { "json_schema", HAS_JSON_SCHEMA, "structured output is asked for" },
    { "system", HAS_SYSTEM, "a system prompt" },
    { "files", HAS_FILES, "files" },
    { NULL, 0, NULL },
};

static const struct schema_word endpoint_words[] = {
    { "chat", ENDPOINT_CHAT, "/v1/chat/completions" },
    { "completions", ENDPOINT_COMPLETIONS, "/v1/completions" },
    { "embeddings", ENDPOINT_EMBEDDINGS, "/v1/embeddings" },
    { "responses", ENDPOINT_RESPONSES, "/v1/responses" },
    { "messages", ENDPOINT_MESSAGES, "/v1/messages, Anthropic's" },
    { "count_tokens", ENDPOINT_COUNT_TOKENS, "/v1/messages/count_tokens" },
    { "relayed", ENDPOINT_RELAYED, "any other path" },
    { NULL, 0, NULL },
};

static void read_tasks(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    *(uint32_t *)field = read_words(reading, node, task_words, false);
}

static void read_endpoints(struct schema_reading *reading, const struct yaml_node *node,
                           void *field)
{
    *(uint32_t *)field = read_words(reading, node, endpoint_words, false);
}

static void read_has(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    *(uint32_t *)field = read_words(reading, node, has_words, true);
}

/* Conditions inside of conditions: a mapping, or a list of them. The depth of a YAML file is
 * capped, and so is this. */
static void read_whens(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    struct when_list *list = field;
    bool sequence = node->kind == YAML_SEQUENCE;
    size_t count = sequence ? node->count : 1;
    list->items = arena_array(reading->arena, count, sizeof *list->items);
    for (const struct yaml_node *item = sequence ? node->first : node; item;
         item = sequence ? item->next : NULL) {
        if (item->kind != YAML_MAPPING || !item->count)
            problems_add(reading->problems, PROBLEM_ERROR, item,
                         "expected a mapping of conditions");
        else
            schema_read(&when_schema, item, &list->items[list->count++], reading->arena,
                        reading->problems, reading->options);
    }
}

static void finish_when(struct schema_reading *reading, void *object)
{
    (void)reading;
    struct when *when = object;
    when->stream_said = yaml_find(when->object.node, "stream") != NULL;
}

#define WORDS_JSON                                                                                 \
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}"
#define NUMBERS_JSON                                                                               \
    "{\"anyOf\":[{\"type\":[\"string\",\"integer\"]},{\"type\":\"array\",\"items\":{\"type\":["    \
    "\"string\",\"integer\"]}}]}"
#define MAP_JSON "{\"type\":\"object\",\"minProperties\":1}"
#define WHENS_JSON                                                                                 \
    "{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"array\",\"items\":{\"type\":\"object\"}}]}"

#define CUSTOM(field, reader, json)                                                                \
    SCHEMA_CUSTOM, offsetof(struct when, field), .read = (reader), .json_schema = (json)

/* clang-format off */
static const struct schema_key when_keys[] = {
    { "task", CUSTOM(tasks, read_tasks, WORDS_JSON), .example = "[coding, math]",
      .doc = "The likeliest task of the request." },
    { "language", CUSTOM(language, patterns_read, WORDS_JSON), .example = "[de, fr]",
      .doc = "The language of the last user message, ISO 639-1; und when unsure." },
    { "code_language", CUSTOM(code_language, patterns_read, WORDS_JSON), .example = "[python, c]",
      .doc = "The programming language that the last user message speaks of." },
    { "tokens_in", CUSTOM(tokens_in, ranges_read, NUMBERS_JSON), .example = "\">= 2000\"",
      .doc = "Estimated tokens of the request: >= > <= < = or a range like 1000-2000." },
    { "turns", CUSTOM(turns, ranges_read, NUMBERS_JSON), .example = "\"> 10\"",
      .doc = "Number of messages." },
    { "has", CUSTOM(has, read_has, WORDS_JSON), .example = "[images]",
      .doc = "What the request carries: tools, images, audio, json_schema, system, files." },
    { "text", CUSTOM(text, expressions_read, WORDS_JSON), .example = "/invoice|receipt/i",
      .doc = "A regular expression over the ends of the last user message." },
    { "system", CUSTOM(system, expressions_read, WORDS_JSON), .example = "/support agent/",
      .doc = "A regular expression over the ends of the system prompt." },
    { "header", CUSTOM(header, pattern_map_read, MAP_JSON), .example = "{x-team: [search, ads]}",
      .doc = "Headers by name: a value, a /regular expression/, or a list of them." },
    { "metadata", CUSTOM(metadata, pattern_map_read, MAP_JSON), .example = "{classification: internal}",
      .doc = "Members of the request's metadata, as header." },
    { "tags", CUSTOM(tags, patterns_read, WORDS_JSON), .example = "[batch]",
      .doc = "One of the request's metadata.tags." },
    { "user", CUSTOM(user, patterns_read, WORDS_JSON), .example = "/@example\\.org$/",
      .doc = "The request's user or safety_identifier." },
    { "key", CUSTOM(key, patterns_read, WORDS_JSON), .example = "[team-search]",
      .doc = "The name of the key that calls." },
    { "model", CUSTOM(model, patterns_read, WORDS_JSON), .example = "auto",
      .doc = "The model as asked for." },
    { "stream", SCHEMA_BOOL, offsetof(struct when, stream), .example = "true",
      .doc = "Whether a streamed answer is asked for." },
    { "endpoint", CUSTOM(endpoints, read_endpoints, WORDS_JSON), .example = "[chat]",
      .doc = "The path that was called." },
    { "hour", CUSTOM(hour, hours_read, NUMBERS_JSON), .example = "9-17",
      .doc = "The hour of the day here, 0 to 23; 9-17 is from 9:00 to 17:59, 22-6 goes over midnight." },
    { "all", CUSTOM(all, read_whens, WHENS_JSON), .example = "[{task: coding}, {has: tools}]",
      .doc = "All of these conditions." },
    { "any", CUSTOM(any, read_whens, WHENS_JSON), .example = "[{task: coding}, {text: /code/}]",
      .doc = "Any of these conditions." },
    { "not", CUSTOM(none, read_whens, WHENS_JSON), .example = "{language: en}",
      .doc = "None of these conditions." },
    { .name = NULL },
};

const struct schema when_schema = {
    "condition", sizeof(struct when), when_keys, finish_when,
    "Which requests a rule speaks of. Members must all hold; a list means any of.",
};

static const struct schema_key constraints_keys[] = {
    { "min_quality", SCHEMA_SHARE, offsetof(struct constraints, min_quality), .max = 1,
      .doc = "Least predicted quality." , .example = "0.55" },
    { "max_cost", SCHEMA_MONEY, offsetof(struct constraints, max_cost), .max = 1e6,
      .doc = "Highest expected cost of one request, USD. A model without a price is then ruled out.",
      .example = "0.10" },
    { "max_first_token", SCHEMA_DURATION, offsetof(struct constraints, max_first_token_ms), .max = 3600,
      .doc = "Longest expected wait for the first token.", .example = "5s" },
    { .name = NULL },
};

const struct schema constraints_schema = {
    "constraints", sizeof(struct constraints), constraints_keys, NULL,
    "What a candidate must keep to, or is ruled out.",
};

static const struct schema_key rule_keys[] = {
    { "name", SCHEMA_TEXT, offsetof(struct rule, name), .example = "secrets stay home",
      .doc = "What x-bourse-rule, logs and explanations call it." },
    { "when", SCHEMA_OBJECT, offsetof(struct rule, when), .object = &when_schema,
      .doc = "Left out: always." },
    { "only", SCHEMA_TEXTS, offsetof(struct rule, only_names), .example = "[llama-local]",
      .doc = "No other models than these." },
    { "exclude", SCHEMA_TEXTS, offsetof(struct rule, exclude_names), .example = "[gpt-4o]",
      .doc = "Not these models." },
    { "prefer", SCHEMA_NUMBERS, offsetof(struct rule, prefer_names), .min = -1, .max = 1,
      .example = "{claude-sonnet: 0.05}", .doc = "Added to the quality of these models." },
    { "objective", SCHEMA_CUSTOM, offsetof(struct rule, objective), .read = objective_read,
      .json_schema = OBJECTIVE_JSON, .example = "cheapest", .doc = "Another objective." },
    { "constraints", SCHEMA_OBJECT, offsetof(struct rule, constraints), .object = &constraints_schema,
      .doc = "Each one given here takes the place of the route's." },
    { "split", SCHEMA_NUMBERS, offsetof(struct rule, split_names), .max = 1,
      .example = "{deepseek-chat: 5%}",
      .doc = "Shares of the requests that go to these models first, whatever the score." },
    { "deny", SCHEMA_TEXT, offsetof(struct rule, deny), .example = "Not during office hours.",
      .doc = "The request is refused with this message." },
    { "stop", SCHEMA_BOOL, offsetof(struct rule, stop), .fallback = "false",
      .doc = "No rule after this one is looked at." },
    { .name = NULL },
};

const struct schema rule_schema = {
    "rule", sizeof(struct rule), rule_keys, NULL,
    "A rule: when it matches, its actions apply. All matching rules apply, in order.",
};
/* clang-format on */
