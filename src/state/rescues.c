/* rescues.c - the words for kinds and outcomes of rescues. */
#include "state/rescues.h"

const char *rescue_kind_name(enum rescue_kind kind)
{
    static const char *const names[] = {
        [RESCUE_NONE] = "none",
        [RESCUE_CONTINUE] = "continue",
        [RESCUE_RESTART] = "restart",
    };
    return names[kind];
}

const char *rescue_outcome_name(enum rescue_outcome outcome)
{
    static const char *const names[] = {
        [RESCUE_COMPLETED] = "completed",
        [RESCUE_REFUSED] = "refused",
        [RESCUE_DIFFERED] = "differed",
        [RESCUE_FAILED] = "failed",
    };
    return names[outcome];
}
