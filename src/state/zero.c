/* zero.c - the zero configuration: YAML made of the keys in the environment and of local models. */
#include "zero.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/map.h"

#define ZERO_YAML_MAX    (256 * 1024)
#define LOCAL_MODELS_MAX 16
#define MODEL_NAME_MAX   200 /* bytes; whoever calls a model more than that is left out */

/* A model of the catalogue, and the name that the provider knows it by where that is another. */
struct zero_model {
    const char *catalog, *upstream_model;
    bool aside; /* not a candidate of `auto`: it answers in another way */
};

#define ZERO_MODELS_MAX 4

static const struct zero_provider {
    const char *variable, *name, *base_url;
    struct zero_model models[ZERO_MODELS_MAX];
    const char *dialect; /* NULL: OpenAI's */
} zero_providers[] = {
    { "OPENAI_API_KEY",
      "openai",
      "https://api.openai.com/v1",
      { { "gpt-5" },
        { "gpt-5-mini" },
        { "gpt-4o-mini" },
        { "text-embedding-3-small", NULL, true } } },
    { "ANTHROPIC_API_KEY",
      "anthropic",
      "https://api.anthropic.com/v1",
      { { "claude-opus-4.5" }, { "claude-sonnet-4.5" }, { "claude-haiku-4.5" } },
      "anthropic" },
    { "GEMINI_API_KEY",
      "gemini",
      "https://generativelanguage.googleapis.com/v1beta/openai",
      { { "gemini-2.5-pro" }, { "gemini-2.5-flash" }, { "gemini-2.5-flash-lite" } } },
    { "OPENROUTER_API_KEY",
      "openrouter",
      "https://openrouter.ai/api/v1",
      { { "claude-sonnet-4.5", "anthropic/claude-sonnet-4.5" },
        { "gpt-4o-mini", "openai/gpt-4o-mini" },
        { "gemini-2.5-flash", "google/gemini-2.5-flash" },
        { "llama-3.3-70b", "meta-llama/llama-3.3-70b-instruct" } } },
    { "DEEPSEEK_API_KEY", "deepseek", "https://api.deepseek.com/v1", { { "deepseek-v4-pro" } } },
    { "GROQ_API_KEY", "groq", "https://api.groq.com/openai/v1", { { "gpt-oss-120b" } } },
    { "MISTRAL_API_KEY",
      "mistral",
      "https://api.mistral.ai/v1",
      { { "mistral-large" }, { "mistral-small" }, { "codestral" } } },
    { "XAI_API_KEY", "xai", "https://api.x.ai/v1", { { "grok-4.3" }, { "grok-build" } } },
};

/* The built-in provider, for trying out. Its prices are made up. */
static const char demo_providers[] = "  demo: {dialect: mock}\n";
static const char demo_models[] = "  demo-small:\n"
                                  "    provider: demo\n"
                                  "    price: {input: 0.10, cached_input: 0.05, output: 0.40}\n"
                                  "    context_window: 128000\n"
                                  "    max_output_tokens: 16384\n"
                                  "    latency: {first_token: 50ms, tokens_per_second: 200}\n"
                                  "    quality: {default: 0.60}\n"
                                  "  demo-large:\n"
                                  "    provider: demo\n"
                                  "    price: {input: 2.00, cached_input: 1.00, output: 8.00}\n"
                                  "    context_window: 200000\n"
                                  "    max_output_tokens: 32768\n"
                                  "    latency: {first_token: 200ms, tokens_per_second: 80}\n"
                                  "    quality: {default: 0.85}\n";

/* The parts of the document, written side by side, put together at the end. */
struct composing {
    struct buffer providers, models, candidates, found;
    struct map names; /* of models: each may stand in a document once */
};

static void begin(struct composing *composing, struct arena *arena)
{
    map_init(&composing->names, arena);
    buffer_init(&composing->providers, ZERO_YAML_MAX);
    buffer_init(&composing->models, ZERO_YAML_MAX);
    buffer_init(&composing->candidates, ZERO_YAML_MAX);
    buffer_init(&composing->found, ZERO_YAML_MAX);
}

static void end(struct composing *composing)
{
    buffer_clear(&composing->providers);
    buffer_clear(&composing->models);
    buffer_clear(&composing->candidates);
    buffer_clear(&composing->found);
}

static void add_candidate(struct composing *composing, struct text name)
{
    buffer_append_string(&composing->candidates, composing->candidates.len ? ", \"" : "\"");
    buffer_append_json(&composing->candidates, name);
    buffer_append_string(&composing->candidates, "\"");
}

static void add_found(struct composing *composing, const char *what)
{
    buffer_printf(&composing->found, "%s%s", composing->found.len ? ", " : "", what);
}

/* The first of a name keeps it. */
static bool is_new_name(struct composing *composing, struct text name)
{
    struct arena *arena = composing->names.arena;
    return !map_add(&composing->names, arena_text(arena, name), composing);
}

/* Somebody who sells the models of others names them in his own way: that keeps names apart. */
static void add_catalogue_model(struct composing *composing, const char *provider,
                                const struct zero_model *model)
{
    const char *name = model->upstream_model ? model->upstream_model : model->catalog;
    if (!is_new_name(composing, text_of(name)))
        return;
    buffer_printf(&composing->models, "  %s: {provider: %s, catalog: %s", name, provider,
                  model->catalog);
    if (model->upstream_model)
        buffer_printf(&composing->models, ", upstream_model: %s", model->upstream_model);
    buffer_append_string(&composing->models, "}\n");
    if (!model->aside)
        add_candidate(composing, text_of(name));
}

static void add_provider(struct composing *composing, const struct zero_provider *provider)
{
    buffer_printf(&composing->providers,
                  "  %s: {dialect: %s, base_url: \"%s\", api_key: \"env:%s\"}\n", provider->name,
                  provider->dialect ? provider->dialect : "openai", provider->base_url,
                  provider->variable);
    for (size_t i = 0; i < ZERO_MODELS_MAX && provider->models[i].catalog; i++)
        add_catalogue_model(composing, provider->name, &provider->models[i]);
    add_found(composing, provider->variable);
}

/* Printable ASCII: whatever else is in a name, YAML and logs might take it for something else. */
static bool is_plain(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] <= 0x20 || name.data[i] >= 0x7f)
            return false;
    return name.len > 0 && name.len <= MODEL_NAME_MAX;
}

/* What runs here costs nothing. Models for embeddings are named so by everybody, and do not chat.
 */
static void add_local_model(struct composing *composing, const json_t *entry)
{
    const json_t *id = json_object_get(entry, "id");
    struct text name = { json_string_value(id), json_string_length(id) };
    if (!is_plain(name) || !is_new_name(composing, name))
        return;
    buffer_append_string(&composing->models, "  \"");
    buffer_append_json(&composing->models, name);
    buffer_append_string(&composing->models,
                         "\": {provider: ollama, price: {input: 0, output: 0}}\n");
    if (!memmem(name.data, name.len, "embed", 5))
        add_candidate(composing, name);
}

static void add_local(struct composing *composing, struct text reply)
{
    json_t *document = json_loadb(reply.data ? reply.data : "", reply.len, 0, NULL);
    const json_t *list = json_object_get(document, "data");
    size_t before = composing->models.len;
    for (size_t i = 0; i < json_array_size(list) && i < LOCAL_MODELS_MAX; i++)
        add_local_model(composing, json_array_get(list, i));
    if (composing->models.len > before) {
        buffer_printf(&composing->providers, "  ollama: {base_url: \"http://127.0.0.1:%d/v1\"}\n",
                      LOCAL_PORT);
        add_found(composing, "Ollama on 127.0.0.1");
    }
    json_decref(document);
}

static void add_demo(struct composing *composing)
{
    buffer_append_string(&composing->providers, demo_providers);
    buffer_append_string(&composing->models, demo_models);
    add_candidate(composing, text_of("demo-small"));
    add_candidate(composing, text_of("demo-large"));
}

/* The demo provider, where nobody was found who chats. Returns the sentence about it all. */
static const char *stand_in(struct composing *composing, struct arena *arena)
{
    bool any = composing->found.len > 0;
    if (composing->candidates.len > 0)
        return arena_printf(arena, "no configuration file; found %.*s",
                            TEXT_ARGS(buffer_text(&composing->found)));
    add_demo(composing);
    if (any)
        return arena_printf(arena,
                            "no configuration file; found %.*s, but no model that chats: the "
                            "built-in demo provider answers",
                            TEXT_ARGS(buffer_text(&composing->found)));
    return "no configuration file, no provider's key in the environment, no Ollama on this "
           "machine: the built-in demo provider answers";
}

static struct text put_together(const struct composing *composing, struct arena *arena)
{
    return text_of(arena_printf(
        arena, "providers:\n%.*smodels:\n%.*sroutes:\n  auto: {candidates: [%.*s]}\n",
        TEXT_ARGS(buffer_text(&composing->providers)), TEXT_ARGS(buffer_text(&composing->models)),
        TEXT_ARGS(buffer_text(&composing->candidates))));
}

struct text zero_compose(const char *environment(const char *name), struct text local_reply,
                         struct arena *arena, const char **ret_note)
{
    struct composing composing;
    begin(&composing, arena);
    for (size_t i = 0; i < sizeof(zero_providers) / sizeof(zero_providers[0]); i++) {
        const char *key = environment(zero_providers[i].variable);
        if (key && *key)
            add_provider(&composing, &zero_providers[i]);
    }
    add_local(&composing, local_reply);
    *ret_note = stand_in(&composing, arena);
    struct text yaml = put_together(&composing, arena);
    end(&composing);
    return yaml;
}

static const char *process_environment(const char *name)
{
    return getenv(name);
}

struct text zero_configuration(struct arena *arena, const char **ret_note)
{
    struct buffer reply;
    buffer_init(&reply, LOCAL_REPLY_MAX);
    bool answered = local_models(LOCAL_PORT, LOCAL_PATIENCE_MS, &reply);
    struct text models = answered ? buffer_text(&reply) : (struct text){ 0 };
    struct text yaml = zero_compose(process_environment, models, arena, ret_note);
    buffer_clear(&reply);
    return yaml;
}
