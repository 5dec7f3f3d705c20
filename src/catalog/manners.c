/* manners.c - the table of families, and in what they differ. */
#include "catalog/manners.h"

#include <string.h>

#include "catalog/catalog.h"
#include "catalog/dialects.h"
#include "chat/request.h"

/* From Anthropic's public notes on its models; the first that fits counts. A family that is not
 * named here is taken for a newer one of the same vendor. */
static const struct manner rows[] = {
    { "claude-3-7", THINKING_BUDGET, SAMPLING_FREE },
    { "claude-3", THINKING_NONE, SAMPLING_FREE },
    { "claude-2", THINKING_NONE, SAMPLING_FREE },
    { "claude-opus-4-2", THINKING_BUDGET, SAMPLING_FREE }, /* by its date, 2025-05-14 */
    { "claude-opus-4-0", THINKING_BUDGET, SAMPLING_FREE },
    { "claude-opus-4-1", THINKING_BUDGET, SAMPLING_ONE },
    { "claude-opus-4-5", THINKING_BUDGET, SAMPLING_ONE },
    { "claude-opus-4-6", THINKING_ADAPTIVE, SAMPLING_ONE },
    { "claude-sonnet-4-2", THINKING_BUDGET, SAMPLING_FREE },
    { "claude-sonnet-4-0", THINKING_BUDGET, SAMPLING_FREE },
    { "claude-sonnet-4-5", THINKING_BUDGET, SAMPLING_ONE },
    { "claude-sonnet-4-6", THINKING_ADAPTIVE, SAMPLING_ONE },
    { "claude-haiku-4-5", THINKING_BUDGET, SAMPLING_ONE },
    { "claude-", THINKING_ADAPTIVE, SAMPLING_NONE },
};

/* Others that speak as Anthropic does. */
static const struct manner others = { "", THINKING_BUDGET, SAMPLING_FREE };

bool model_is_claude(const struct model *model)
{
    return strstr(model->upstream_model, "claude-") != NULL;
}

const struct manner *manner_of(const struct model *model)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strstr(model->upstream_model, rows[i].name))
            return &rows[i];
    return &others;
}

/* The older name is understood nearly everywhere; OpenAI's own newer models refuse it. */
const char *model_limit_name(const struct model *model)
{
    static const char *const newer[] = { "gpt-5", "gpt-6", "o1", "o3", "o4" };
    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
        if (strncmp(model->upstream_model, newer[i], strlen(newer[i])) == 0)
            return "max_completion_tokens";
    return "max_tokens";
}

#define THOUGHTS                                                                                   \
    (field_bit(FIELD_REASONING_EFFORT) | field_bit(FIELD_REASONING) | field_bit(FIELD_THINKING))

/* Who thinks is not sampled otherwise. */
static uint64_t lost_sampling(const struct manner *manner, uint64_t fields)
{
    const uint64_t temperature = field_bit(FIELD_TEMPERATURE), top_p = field_bit(FIELD_TOP_P);
    const bool thinks = manner->thinking != THINKING_NONE && fields & THOUGHTS;
    if (manner->sampling == SAMPLING_NONE || thinks)
        return temperature | top_p | field_bit(FIELD_TOP_K);
    return manner->sampling == SAMPLING_ONE && fields & temperature ? top_p : 0;
}

static uint64_t lost_thoughts(const struct manner *manner)
{
    return manner->thinking == THINKING_NONE ? THOUGHTS : 0;
}

static uint64_t lost_by_quirks(const struct model *model, const struct chat_request *request)
{
    const struct quirks *quirks = &model->provider->quirks;
    return request->fields & (quirks->refuses | quirks->ignores);
}

uint64_t model_loses(const struct model *model, const struct chat_request *request)
{
    const enum provider_dialect dialect = dialect_language(model->provider->dialect);
    if (request->endpoint == ENDPOINT_CHAT && dialect == DIALECT_OPENAI)
        return lost_by_quirks(model, request); /* it is passed on as it came but for them */
    if (provider_speaks(model->provider, request->endpoint))
        return 0; /* it is passed on as it came */
    uint64_t lost = fields_lost(request->fields, dialect) | lost_by_quirks(model, request);
    if (request->endpoint == ENDPOINT_RESPONSES) /* those of OpenAI's servers */
        lost |= request->fields & field_bit(FIELD_SERVER_TOOLS);
    if (dialect == DIALECT_OPENAI && !(model->capabilities & NEED_REASONING))
        lost |= request->fields & THOUGHTS;
    if (dialect == DIALECT_BEDROCK && !model_is_claude(model))
        return lost | (request->fields & (THOUGHTS | field_bit(FIELD_TOP_K)));
    if (dialect == DIALECT_ANTHROPIC || dialect == DIALECT_BEDROCK) {
        const struct manner *manner = manner_of(model);
        lost |= request->fields & (lost_sampling(manner, request->fields) | lost_thoughts(manner));
    }
    return lost;
}
