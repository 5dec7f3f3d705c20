/* hedges.c - the words for what became of a second attempt. */
#include "state/hedges.h"

const char *hedge_outcome_name(enum hedge_outcome outcome)
{
    static const char *const names[] = {
        [HEDGE_NONE] = "none", [HEDGE_STARTED] = "started", [HEDGE_WON] = "won",
        [HEDGE_LOST] = "lost", [HEDGE_FAILED] = "failed",
    };
    return names[outcome];
}
