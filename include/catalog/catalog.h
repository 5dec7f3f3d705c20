/* catalog.h - who can answer: providers and models, what they can do, what they cost, how good they
 * are at what. Read from YAML, part of a snapshot, never changed after it. */
#ifndef BOURSE_CATALOG_CATALOG_H
#define BOURSE_CATALOG_CATALOG_H

#include "base/map.h"
#include "base/secret.h"
#include "catalog/quirks.h"
#include "chat/dialects.h"
#include "chat/usage.h"
#include "config/schema.h"

struct provider {
    struct schema_object object;
    size_t index;
    int dialect;          /* enum provider_dialect */
    uint32_t endpoints;   /* 1 << enum endpoint: those of OpenAI's that it has; 0: all */
    const char *base_url; /* without a slash at the end; of a mock provider NULL until it listens */
    struct secret api_key;
    const char *token_source; /* catalog/token_source.h; NULL: none */
    const char *api_version;  /* of DIALECT_AZURE */
    struct secret access_key_id, secret_access_key, session_token; /* of DIALECT_BEDROCK */
    const char *region;
    const char *quirks_name;            /* NULL: by its address */
    struct schema_texts refuses, takes; /* names of fields, besides and in spite of those */
    struct quirks quirks;               /* once built; of DIALECT_OPENAI */
    int64_t connect_timeout_ms, first_token_timeout_ms, idle_timeout_ms, total_timeout_ms;
    int64_t prompt_cache_ms; /* how long a prompt that was read is likely to stay cached */
    int64_t max_inflight;
    double retry_budget; /* share, 0 to 1 */
    struct schema_pairs headers;
    int64_t http_version; /* 1 or 2 */
    const char *proxy;    /* NULL: none, whatever the environment says */
    bool verify_tls;
};

/* The tasks that the classifier tells apart; quality profiles name them. */
enum task {
    TASK_CHAT,
    TASK_CODING,
    TASK_MATH,
    TASK_REASONING,
    TASK_KNOWLEDGE,
    TASK_WRITING,
    TASK_EXTRACTION,
    TASK_TRANSLATION,
    TASK_SUMMARIZATION,
    TASK_RAG,
    TASK_TOOL_USE,
    TASK_COUNT
};

const char *task_name(enum task task);
/* Tokens of a usual answer. */
double task_usual_tokens(enum task task);
/* For SCHEMA_ENUM rows and rules. */
extern const struct schema_word task_words[];
extern const struct schema_word capability_words[]; /* enum need */

struct price { /* USD for a million tokens; -1 is unknown, which is not free */
    struct schema_object object;
    double input, cached_input, output;
};

struct latency_prior {
    struct schema_object object;
    int64_t first_token_ms;   /* -1 unknown: a cautious default stands in */
    double tokens_per_second; /* -1 unknown */
};

struct model {
    struct schema_object object; /* .name is the name in rules, logs and bills */
    size_t index;                /* in the catalog, and in arrays of figures */
    const char *provider_name;
    const struct provider *provider;
    const char *upstream_model; /* never NULL once built */
    const char *catalog_name;   /* NULL where none is named */
    const char *owned_by;
    struct price price;
    int64_t context_window, max_output_tokens; /* tokens, -1 unknown */
    uint32_t capabilities;                     /* enum need */
    bool capabilities_known; /* left out altogether: nothing is ruled out by them */
    struct latency_prior latency;
    double quality_default;     /* 0 to 1 */
    double quality[TASK_COUNT]; /* 0 to 1; the default where the YAML is silent */
    bool quality_known;         /* false: nobody said, the prior of 0.5 stands in */
};

struct catalog {
    struct provider *providers;
    size_t provider_count;
    struct model *models;
    size_t model_count;
    struct map providers_by_name, models_by_name;
};

/* Upper limits of a configuration. More is a problem with a place. */
#define CATALOG_PROVIDERS_MAX 256
#define CATALOG_MODELS_MAX    2048

extern const struct schema provider_schema;
extern const struct schema model_schema;

/* Links what the schema read: names to pointers, `catalog: NAME` to the entries of the catalogue
 * that ships with the program, defaults. Reports unknown names. Arrays are taken over. */
void catalog_build(struct catalog *catalog, struct schema_list providers, struct schema_list models,
                   struct arena *arena, struct problems *problems);

/* An entry of the catalogue that ships with the program (config/catalog.yaml, linked in), read once
 * for the process into `arena`; NULL when there is none of that name. */
const struct model *catalog_shipped_find(const char *name);
size_t catalog_shipped_names(const char *const **ret_names);

/* NULL when there is none. model_find also understands "provider/model", where model is a name or
 * an upstream name. */
const struct provider *catalog_find_provider(const struct catalog *catalog, struct text name);
const struct model *catalog_find_model(const struct catalog *catalog, struct text name);

/* USD. -1 where the price or the usage is not known. */
double price_of(const struct price *price, const struct usage *usage);

#endif
