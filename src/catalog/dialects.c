/* dialects.c - the table of languages, as far as a call's head goes. */
#include "catalog/dialects.h"

#define ALL   (UINT32_MAX & ~(1u << ENDPOINT_COUNT_TOKENS))
#define CHAT  (1u << ENDPOINT_CHAT | 1u << ENDPOINT_MESSAGES | 1u << ENDPOINT_RELAYED)
#define COUNT (1u << ENDPOINT_COUNT_TOKENS)
#define EMBED (1u << ENDPOINT_EMBEDDINGS)

/* clang-format off */
static const struct dialect_row rows[DIALECT_COUNT] = {
    /*                      word         key_header       key_prefix header               value         endpoints */
    [DIALECT_OPENAI]    = { "openai",    "Authorization", "Bearer ", NULL,                NULL,         ALL },
    [DIALECT_MOCK]      = { "mock",      "Authorization", "Bearer ", NULL,                NULL,         ALL },
    [DIALECT_ANTHROPIC] = { "anthropic", "x-api-key",     "",        "anthropic-version", "2023-06-01", CHAT | COUNT },
    [DIALECT_GEMINI]    = { "gemini",    "x-goog-api-key", "",       NULL,                NULL,         CHAT | EMBED },
    [DIALECT_BEDROCK]   = { "bedrock",   "Authorization", "Bearer ", NULL,                NULL,         CHAT },
    [DIALECT_AZURE]     = { "azure",     "api-key",       "",        NULL,                NULL,         ALL },
};
/* clang-format on */

const struct dialect_row *dialect_row(int dialect)
{
    return &rows[dialect];
}
