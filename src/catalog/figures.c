/* figures.c - the words for how a model is. */
#include "catalog/figures.h"

static const char *const names[] = {
    [HEALTH_WELL] = "well",     [HEALTH_RECOVERING] = "recovering", [HEALTH_DUE] = "due",
    [HEALTH_PROBED] = "probed", [HEALTH_COOLING] = "cooling",       [HEALTH_PAUSED] = "paused",
};

const char *health_name(enum health_state state)
{
    return names[state];
}

bool health_is_out(const struct health *health)
{
    return health->state >= HEALTH_PROBED;
}
