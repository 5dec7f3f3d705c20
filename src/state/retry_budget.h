/* retry_budget.h - how many repeated attempts a provider is sent: a share of its traffic.
 *
 * Who is in trouble is not helped by being asked again by everybody. A few at a time are always
 * allowed, or a provider with little traffic would have none. */
#ifndef BOURSE_STATE_RETRY_BUDGET_H
#define BOURSE_STATE_RETRY_BUDGET_H

#include <stdbool.h>

#include "base/metrics.h"
#include "decayed.h"

#define RETRIES_ALWAYS 3 /* at a time */

struct retry_budget {
    struct gauge repeating; /* taken and not given back */
    struct decayed traffic; /* repeats over attempts, of the last seconds */
    struct counter taken, refused;
};

/* An attempt, repeated or not, has ended. */
void retry_budget_note(struct retry_budget *budget, int64_t now_ms);
/* `share` is 0 to 1. What was taken is given back when the repeated attempt has ended. */
bool retry_budget_take(struct retry_budget *budget, double share, int64_t now_ms);
void retry_budget_give_back(struct retry_budget *budget);

#endif
