/* dialects.c - the table of languages, as far as a call's head goes. */
#include "catalog/dialects.h"

#include "catalog/catalog.h"

#define E(name) (1u << ENDPOINT_##name)

#define OPENAI   (E(CHAT) | E(COMPLETIONS) | E(RESPONSES) | E(EMBEDDINGS) | E(RELAYED))
#define CLAUDE   (E(MESSAGES) | E(COUNT_TOKENS) | E(RELAYED))
#define BY_CHAT  (E(COMPLETIONS) | E(RESPONSES) | E(MESSAGES))
#define BY_OTHER (E(CHAT) | E(COMPLETIONS) | E(RESPONSES))
#define ALL_CHAT (BY_OTHER | E(MESSAGES))

/* clang-format off */
static const struct dialect_row rows[DIALECT_COUNT] = {
    /*                      word         key_header       key_prefix header               value         spoken      translated */
    [DIALECT_OPENAI]    = { "openai",    "Authorization", "Bearer ", NULL,                NULL,         OPENAI,     BY_CHAT },
    [DIALECT_MOCK]      = { "mock",      "Authorization", "Bearer ", NULL,                NULL,         OPENAI,     BY_CHAT },
    [DIALECT_ANTHROPIC] = { "anthropic", "x-api-key",     "",        "anthropic-version", "2023-06-01", CLAUDE,     BY_OTHER },
    [DIALECT_GEMINI]    = { "gemini",    "x-goog-api-key", "",       NULL,                NULL,         E(RELAYED), ALL_CHAT | E(EMBEDDINGS) },
    [DIALECT_BEDROCK]   = { "bedrock",   "Authorization", "Bearer ", NULL,                NULL,         E(RELAYED), ALL_CHAT },
    [DIALECT_AZURE]     = { "azure",     "api-key",       "",        NULL,                NULL,         OPENAI,     BY_CHAT },
};
/* clang-format on */

const struct dialect_row *dialect_row(int dialect)
{
    return &rows[dialect];
}

bool provider_speaks(const struct provider *provider, enum endpoint endpoint)
{
    const bool is_chosen = provider->endpoints != 0 && E(RELAYED) >> endpoint != 1;
    uint32_t spoken = rows[provider->dialect].spoken;
    if (is_chosen && dialect_language(provider->dialect) == DIALECT_OPENAI)
        spoken &= provider->endpoints;
    return spoken >> endpoint & 1;
}

/* OpenAI's chat stands in the middle of all translations: who speaks its language has to have it.
 */
bool provider_answers(const struct provider *provider, enum endpoint endpoint)
{
    const bool is_openai = dialect_language(provider->dialect) == DIALECT_OPENAI;
    if (provider_speaks(provider, endpoint))
        return true;
    return (!is_openai || provider_speaks(provider, ENDPOINT_CHAT)) &&
           rows[provider->dialect].translated >> endpoint & 1;
}
