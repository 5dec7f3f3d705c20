/* schema.c - the rows of `providers:` and `models:`. */
#include "catalog/catalog.h"
#include "chat/request.h"

static const struct schema_word dialect_words[] = {
    { "openai", DIALECT_OPENAI, "the API of OpenAI, as most providers and local servers speak it" },
    { "anthropic", DIALECT_ANTHROPIC, "the Messages API of Anthropic" },
    { "gemini", DIALECT_GEMINI, "generateContent of Google's Gemini API" },
    { "bedrock", DIALECT_BEDROCK, "Converse of Amazon Bedrock" },
    { "azure", DIALECT_AZURE, "OpenAI's API at Azure's addresses: a deployment for each model" },
    { "mock", DIALECT_MOCK, "the built-in provider for trying out; calls nobody" },
    { NULL, 0, NULL },
};

static const struct schema_word endpoint_words[] = {
    { "chat", 1 << ENDPOINT_CHAT, "/chat/completions" },
    { "completions", 1 << ENDPOINT_COMPLETIONS, "/completions" },
    { "responses", 1 << ENDPOINT_RESPONSES, "/responses" },
    { "embeddings", 1 << ENDPOINT_EMBEDDINGS, "/embeddings" },
    { NULL, 0, NULL },
};

static const struct schema_key provider_keys[] = {
    { "dialect", SCHEMA_ENUM, offsetof(struct provider, dialect), .fallback = "openai",
      .words = dialect_words, .doc = "What the provider speaks." },
    { "base_url", SCHEMA_TEXT, offsetof(struct provider, base_url),
      .doc = "Address of the API, up to and with /v1; of gemini /v1beta, at Vertex up to and with "
             "/publishers/google; of bedrock without a path. "
             "Not needed of a mock provider.",
      .example = "https://api.openai.com/v1" },
    { "endpoints", SCHEMA_FLAGS, offsetof(struct provider, endpoints), .words = endpoint_words,
      .doc = "Of openai and azure: which endpoints of OpenAI's it has, where it has not all. "
             "Responses and completions are then written as chat for it.",
      .example = "[chat, embeddings]" },
    { "api_key", SCHEMA_SECRET, offsetof(struct provider, api_key),
      .doc = "env:NAME, file:PATH, credential:NAME or os.environ/NAME.",
      .example = "env:OPENAI_API_KEY" },
    { "token_source", SCHEMA_TEXT, offsetof(struct provider, token_source),
      .doc = "Where a bearer token is taken from again and again, in the place of an api_key: "
             "file:PATH, looked at every two seconds, or the URL of a metadata server, asked again "
             "before the token ends. Plain http only to this machine, link-local addresses and "
             "metadata.google.internal.",
      .example = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/"
                 "default/token" },
    { "access_key_id", SCHEMA_SECRET, offsetof(struct provider, access_key_id),
      .doc = "Of bedrock, in the place of an api_key: whose signature it is. Written like api_key.",
      .example = "env:AWS_ACCESS_KEY_ID" },
    { "secret_access_key", SCHEMA_SECRET, offsetof(struct provider, secret_access_key),
      .doc = "What calls are signed with. Written like api_key.",
      .example = "env:AWS_SECRET_ACCESS_KEY" },
    { "session_token", SCHEMA_SECRET, offsetof(struct provider, session_token),
      .doc = "Of keys that are valid for some hours. Written like api_key.",
      .example = "env:AWS_SESSION_TOKEN" },
    { "region", SCHEMA_TEXT, offsetof(struct provider, region), .fallback = "us-east-1",
      .doc = "Where bedrock is called: a part of the signature." },
    { "api_version", SCHEMA_TEXT, offsetof(struct provider, api_version), .fallback = "2024-10-21",
      .doc = "Of Azure's API. Not sent where base_url ends with /v1, which has no versions and no "
             "deployments." },
    { "quirks", SCHEMA_TEXT, offsetof(struct provider, quirks_name),
      .doc = "In what this server deviates from OpenAI's: a row of docs/DIALECTS.md, or none. Left "
             "out: by the host of base_url.",
      .example = "vllm" },
    { "refuses", SCHEMA_TEXTS, offsetof(struct provider, refuses),
      .doc = "Fields (docs/DIALECTS.md) that this server answers with an error, besides those of "
             "its quirks: they are left out, or somebody else is asked.",
      .example = "[logit_bias, stop]" },
    { "takes", SCHEMA_TEXTS, offsetof(struct provider, takes),
      .doc = "Fields that it does take by now, in spite of its quirks.", .example = "[n]" },
    { "connect_timeout", SCHEMA_DURATION, offsetof(struct provider, connect_timeout_ms),
      .fallback = "5s", .min = 0.01, .max = 300, .doc = "Until connected, TLS included." },
    { "first_token_timeout", SCHEMA_DURATION, offsetof(struct provider, first_token_timeout_ms),
      .fallback = "60s", .min = 0.01, .max = 3600,
      .doc = "Until the first token of a streamed answer." },
    { "idle_timeout", SCHEMA_DURATION, offsetof(struct provider, idle_timeout_ms),
      .fallback = "30s", .min = 0.01, .max = 3600,
      .doc = "Longest silence accepted between two pieces of a streamed answer." },
    { "total_timeout", SCHEMA_DURATION, offsetof(struct provider, total_timeout_ms),
      .fallback = "600s", .min = 0.01, .max = 86400, .doc = "For a whole answer." },
    { "prompt_cache", SCHEMA_DURATION, offsetof(struct provider, prompt_cache_ms), .fallback = "5m",
      .max = 86400,
      .doc = "How long a prompt stays in the provider's cache: after that time half of it is taken "
             "for gone. 0 for a provider that caches nothing." },
    { "max_inflight", SCHEMA_INT, offsetof(struct provider, max_inflight), .fallback = "256",
      .min = 1, .max = 1000000,
      .doc =
          "Calls under way at the same time. Above it another candidate is asked, or, where none "
          "has room, a request waits for at most the route's max_wait." },
    { "retry_budget", SCHEMA_SHARE, offsetof(struct provider, retry_budget), .fallback = "20%",
      .min = 0, .max = 1,
      .doc = "Retries, as a share of this provider's traffic (never below 3 at a time)." },
    { "headers", SCHEMA_PAIRS, offsetof(struct provider, headers), .doc = "Sent with every call.",
      .example = "{OpenAI-Project: proj_1}" },
    { "http_version", SCHEMA_INT, offsetof(struct provider, http_version), .fallback = "1",
      .min = 1, .max = 2, .doc = "The newest version of HTTP that is tried, 1 or 2." },
    { "proxy", SCHEMA_TEXT, offsetof(struct provider, proxy),
      .doc = "HTTP proxy. None where left out, whatever the environment says.",
      .example = "http://proxy.internal:3128" },
    { "verify_tls", SCHEMA_BOOL, offsetof(struct provider, verify_tls), .fallback = "true",
      .doc = "Whether the provider's certificate is checked." },
    { .name = NULL },
};

const struct schema provider_schema = {
    "provider",
    sizeof(struct provider),
    provider_keys,
    .doc = "Somebody who runs models: an address, a key and limits.",
};

/* What is left out stays zero here; catalog_build tells it from a written 0 by the node, and fills
 * in what the catalogue says or that nothing is known. */
static const struct schema_key price_keys[] = {
    { "input", SCHEMA_MONEY, offsetof(struct price, input), .min = 0, .max = 100000,
      .doc = "USD for a million tokens of the request.", .example = "2.50" },
    { "cached_input", SCHEMA_MONEY, offsetof(struct price, cached_input), .min = 0, .max = 100000,
      .doc = "For those that the provider had cached; as `input` where left out.",
      .example = "1.25" },
    { "output", SCHEMA_MONEY, offsetof(struct price, output), .min = 0, .max = 100000,
      .doc = "For a million tokens of the answer.", .example = "10.00" },
    { .name = NULL },
};

static const struct schema price_schema = {
    "price",
    sizeof(struct price),
    price_keys,
    .doc = "USD for a million tokens. Left out is unknown, not free.",
};

static const struct schema_key latency_keys[] = {
    { "first_token", SCHEMA_DURATION, offsetof(struct latency_prior, first_token_ms), .min = 0.001,
      .max = 3600, .doc = "Until the first token.", .example = "450ms" },
    { "tokens_per_second", SCHEMA_NUMBER, offsetof(struct latency_prior, tokens_per_second),
      .min = 0.01, .max = 100000, .doc = "After the first one.", .example = "80" },
    { .name = NULL },
};

static const struct schema latency_schema = {
    "latency",
    sizeof(struct latency_prior),
    latency_keys,
    .doc = "A prior: what is measured takes over.",
};

static double *quality_of(struct model *model, struct schema_reading *reading,
                          const struct yaml_node *node)
{
    if (strcmp(node->key, "default") == 0)
        return &model->quality_default;
    const char *words[TASK_COUNT + 1] = { [TASK_COUNT] = "default" };
    for (int task = 0; task < TASK_COUNT; task++) {
        words[task] = task_words[task].word;
        if (strcmp(node->key, words[task]) == 0)
            return &model->quality[task];
    }
    problems_add_key(
        reading->problems, PROBLEM_ERROR, node, "unknown task%s",
        problems_nearest(reading->problems, text_of(node->key), words, TASK_COUNT + 1));
    return NULL;
}

/* -1 marks the tasks that the YAML is silent about. */
static void read_quality(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    struct model *model = field;
    model->quality_default = -1;
    for (int task = 0; task < TASK_COUNT; task++)
        model->quality[task] = -1;
    if (node->kind != YAML_MAPPING) {
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "must be a mapping of tasks to numbers from 0 to 1");
        return;
    }
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        double *quality = quality_of(model, reading, child);
        double share;
        if (quality && schema_to_share(reading, child, &share))
            *quality = share;
    }
}

#define QUALITY_JSON_SCHEMA                                                                        \
    "{\"type\": \"object\", \"additionalProperties\": "                                            \
    "{\"anyOf\": [{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}, "                        \
    "{\"type\": \"string\"}]}}"

static const struct schema_key model_keys[] = {
    { "provider", SCHEMA_TEXT, offsetof(struct model, provider_name), .required = true,
      .doc = "A name from `providers`.", .example = "openai" },
    { "upstream_model", SCHEMA_TEXT, offsetof(struct model, upstream_model),
      .doc = "What the provider calls it; what the catalogue says, or the key, where left out.",
      .example = "gpt-4o-2024-11-20" },
    { "catalog", SCHEMA_TEXT, offsetof(struct model, catalog_name),
      .doc = "An entry of the catalogue: everything not said here comes from there.",
      .example = "gpt-4o" },
    { "owned_by", SCHEMA_TEXT, offsetof(struct model, owned_by),
      .doc = "Shown by /v1/models; the provider's name where left out." },
    { "price", SCHEMA_OBJECT, offsetof(struct model, price), .object = &price_schema,
      .doc = "USD for a million tokens. Left out is unknown, not free." },
    { "context_window", SCHEMA_INT, offsetof(struct model, context_window), .min = 1,
      .max = 100000000, .doc = "Tokens, request and answer together.", .example = "128000" },
    { "max_output_tokens", SCHEMA_INT, offsetof(struct model, max_output_tokens), .min = 1,
      .max = 100000000, .doc = "Tokens of one answer.", .example = "16384" },
    { "capabilities", SCHEMA_FLAGS, offsetof(struct model, capabilities), .words = capability_words,
      .doc = "What it can do. Left out altogether: nothing is ruled out by it.",
      .example = "[tools, vision, json_schema]" },
    { "latency", SCHEMA_OBJECT, offsetof(struct model, latency), .object = &latency_schema,
      .doc = "A prior: what is measured takes over." },
    { "quality", SCHEMA_CUSTOM, 0, .read = read_quality, .json_schema = QUALITY_JSON_SCHEMA,
      .doc = "Chance that the answer satisfies, by task, and `default` for the others.",
      .example = "{default: 0.80, coding: 0.82}" },
    { .name = NULL },
};

const struct schema model_schema = {
    "model",
    sizeof(struct model),
    model_keys,
    .doc = "What can answer. The key is the name used in rules, logs and bills.",
};
