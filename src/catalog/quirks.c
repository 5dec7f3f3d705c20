/* quirks.c - the table of servers that speak OpenAI's language, and in what they deviate from it.
 */
#include "catalog/quirks.h"

#include <strings.h>

#include "catalog/catalog.h"

#define BIT(field) ((uint64_t)1 << FIELD_##field)

/* What is about OpenAI's own service, and means nothing to a server with models of others. */
#define OF_ITS_SERVICE                                                                             \
    (BIT(USER) | BIT(STORE) | BIT(SERVICE_TIER) | BIT(VERBOSITY) | BIT(WEB_SEARCH) |               \
     BIT(AUDIO_OUTPUT) | BIT(AUDIO_ANSWER))

/* Groq's and vLLM's rows are from their documents, DeepSeek's roles, Cerebras's and Mistral's ids
 * and limit from the errors that their servers answer. The rest was told by others or concluded
 * from clients' schemas: where a server takes more, `takes` says so. */
const struct quirks quirks_rows[] = {
    { .name = "vllm",
      .ignores = BIT(USER) | BIT(IMAGE_DETAIL),
      .doc = "Says so in its own documents. Thoughts come as `reasoning_content` or, from newer "
             "versions, `reasoning`; both are heard." },
    { .name = "ollama",
      .host = ":11434",
      .ignores =
          OF_ITS_SERVICE | BIT(LOGIT_BIAS) | BIT(N) | BIT(TOOL_CHOICE) | BIT(PARALLEL_TOOL_CALLS),
      .doc = "Not among the fields that its documents list; it takes them without a word. "
             "Thoughts come as `reasoning`." },
    { .name = "llama.cpp",
      .ignores = OF_ITS_SERVICE,
      .doc = "Members that it does not know have no effect. Thoughts come as "
             "`reasoning_content`." },
    { .name = "groq",
      .host = "api.groq.com",
      .refuses = BIT(LOGPROBS) | BIT(TOP_LOGPROBS) | BIT(LOGIT_BIAS) | BIT(NAME) | BIT(N),
      .doc = "A 400 for each, by its documents; `n` may be 1. Usage of streams is also heard "
             "from `x_groq`." },
    { .name = "deepseek",
      .host = "api.deepseek.com",
      .refuses = BIT(JSON_SCHEMA),
      .limit = "max_tokens",
      .no_developer = true,
      .doc = "Formats of answers are text and json_object. An unknown role is a 400. Cached tokens "
             "are heard from `prompt_cache_hit_tokens`, thoughts come as `reasoning_content`." },
    { .name = "mistral",
      .host = "api.mistral.ai",
      .refuses = OF_ITS_SERVICE | BIT(LOGIT_BIAS) | BIT(LOGPROBS) | BIT(TOP_LOGPROBS) |
                 BIT(PROMPT_CACHE_KEY),
      .limit = "max_tokens",
      .seed = "random_seed",
      .tells_usage = true,
      .no_developer = true,
      .call_id = 9,
      .doc = "Members that are not in its schema are a 422 (`extra_forbidden`). Errors may stand "
             "in `message` or `detail` without an `error` around them." },
    { .name = "together",
      .host = "api.together.xyz",
      .ignores = OF_ITS_SERVICE,
      .doc = "Not in its schema of requests." },
    { .name = "openrouter",
      .host = "openrouter.ai",
      .doc = "Leaves out by itself what the chosen model does not take, and understands "
             "`reasoning`; thoughts come as `reasoning`." },
    { .name = "xai",
      .host = "api.x.ai",
      .refuses = BIT(LOGIT_BIAS),
      .doc = "Its reasoning models also refuse `presence_penalty`, `frequency_penalty` and "
             "`stop`: write `refuses` for those." },
    { .name = "cerebras",
      .host = "api.cerebras.ai",
      .refuses = BIT(FREQUENCY_PENALTY) | BIT(PRESENCE_PENALTY) | BIT(LOGIT_BIAS) |
                 BIT(PARALLEL_TOOL_CALLS) | BIT(SERVICE_TIER),
      .no_developer = true,
      .doc = "A 400 for each, by its documents; the role is not exposed, system has its place." },
    { .name = "fireworks",
      .host = "api.fireworks.ai",
      .ignores = BIT(STORE) | BIT(WEB_SEARCH) | BIT(VERBOSITY),
      .doc = "Not in its schema of requests. Usage stands in the last event of a stream with or "
             "without being asked for." },
    { .name = NULL },
};

const struct quirks *quirks_find(const char *name)
{
    for (const struct quirks *row = quirks_rows; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* The end of a name that begins a label, or of one with its port. */
static bool is_at(struct text host, const char *end)
{
    const size_t len = strlen(end);
    if (host.len < len || strncasecmp(host.data + host.len - len, end, len) != 0)
        return false;
    return end[0] == ':' || host.len == len || host.data[host.len - len - 1] == '.';
}

const struct quirks *quirks_of_address(const char *base_url)
{
    const char *host = strstr(base_url, "://");
    if (!host)
        return NULL;
    const struct text authority = { host + 3, strcspn(host + 3, "/?#") };
    for (const struct quirks *row = quirks_rows; row->name; row++)
        if (row->host && is_at(authority, row->host))
            return row;
    return NULL;
}

bool quirks_are_any(const struct quirks *quirks)
{
    return quirks->refuses || quirks->limit || quirks->seed || quirks->tells_usage ||
           quirks->no_developer || quirks->call_id > 0;
}

static bool is_named_otherwise(const struct quirks *quirks, const struct chat_request *request)
{
    return (quirks->limit && request->newer_limit) ||
           (quirks->seed && request->named & field_bit(FIELD_SEED));
}

bool quirks_touch(const struct quirks *quirks, const struct chat_request *request)
{
    return (request->named & quirks->refuses) || is_named_otherwise(quirks, request) ||
           (quirks->tells_usage && request->stream_options.end > 0) ||
           (quirks->no_developer && request->has_developer) ||
           (quirks->call_id > 0 && request->has_results);
}

/* ---- of a provider ---- */

static const char *const *row_names(size_t *ret_count)
{
    static const char *names[sizeof(quirks_rows) / sizeof(quirks_rows[0])];
    size_t count = 0;
    for (; quirks_rows[count].name; count++)
        names[count] = quirks_rows[count].name;
    *ret_count = count;
    return names;
}

static uint64_t fields_of(const struct provider *provider, const char *key,
                          const struct schema_texts *listed, struct problems *problems)
{
    const char *names[FIELD_COUNT];
    uint64_t fields = 0;
    for (int field = 0; field < FIELD_COUNT; field++)
        names[field] = field_row((enum field)field)->name;
    for (size_t i = 0; i < listed->count; i++) {
        const enum field field = field_named(text_of(listed->items[i]));
        fields |= field ? field_bit(field) : 0;
        if (!field)
            problems_add(
                problems, PROBLEM_ERROR, yaml_find(provider->object.node, key),
                "there is no field \"%s\" (docs/DIALECTS.md)%s", listed->items[i],
                problems_nearest(problems, text_of(listed->items[i]), names + 1, FIELD_COUNT - 1));
    }
    return fields;
}

static void take_row(struct provider *provider, struct problems *problems)
{
    const char *name = provider->quirks_name;
    const struct quirks *row = NULL;
    if (!name)
        row = provider->base_url ? quirks_of_address(provider->base_url) : NULL;
    else if (strcmp(name, "none") != 0)
        row = quirks_find(name);
    if (row)
        provider->quirks = *row;
    size_t count;
    const char *const *names = row_names(&count);
    if (name && !row && strcmp(name, "none") != 0)
        problems_add(problems, PROBLEM_ERROR, yaml_find(provider->object.node, "quirks"),
                     "there is no row \"%s\"%s", name,
                     problems_nearest(problems, text_of(name), names, count));
}

static bool says_anything(const struct provider *provider)
{
    return provider->quirks_name || provider->refuses.count || provider->takes.count;
}

void quirks_build(struct provider *provider, struct problems *problems)
{
    if (provider->dialect != DIALECT_OPENAI) {
        if (says_anything(provider))
            problems_add_key(problems, PROBLEM_ERROR, provider->object.node,
                             "quirks, refuses and takes are those of the dialect openai");
        return;
    }
    take_row(provider, problems);
    const uint64_t takes = fields_of(provider, "takes", &provider->takes, problems);
    provider->quirks.ignores &= ~takes;
    provider->quirks.refuses &= ~takes;
    provider->quirks.refuses |= fields_of(provider, "refuses", &provider->refuses, problems);
}
