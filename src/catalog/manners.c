/* manners.c - the table of families, and in what they differ. */
#include "catalog/manners.h"

#include <string.h>

#include "catalog/catalog.h"

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

const struct manner *manner_of(const struct model *model)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strstr(model->upstream_model, rows[i].name))
            return &rows[i];
    return &others;
}
