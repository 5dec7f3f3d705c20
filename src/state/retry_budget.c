/* retry_budget.c - how many repeated attempts a provider is sent: a share of its traffic. */
#include "retry_budget.h"

static const struct decay decay_traffic = { 10 * DECAY_SECOND, 1e6F };

void retry_budget_note(struct retry_budget *budget, int64_t now_ms)
{
    decayed_add(&budget->traffic, &decay_traffic, now_ms, 0, 1);
}

/* Accepted race: of two who look at the same moment each may take the last one. */
static bool has_share_left(const struct retry_budget *budget, double share, int64_t now_ms)
{
    struct decayed_sums traffic = decayed_read(&budget->traffic, &decay_traffic, now_ms);
    return (double)traffic.first + 1 <= share * (double)traffic.second;
}

bool retry_budget_take(struct retry_budget *budget, double share, int64_t now_ms)
{
    int64_t before = atomic_fetch_add_explicit(&budget->repeating.value, 1, memory_order_relaxed);
    if (before >= RETRIES_ALWAYS && !has_share_left(budget, share, now_ms)) {
        gauge_add(&budget->repeating, -1);
        counter_add(&budget->refused, 1);
        return false;
    }
    decayed_add(&budget->traffic, &decay_traffic, now_ms, 1, 0);
    counter_add(&budget->taken, 1);
    return true;
}

void retry_budget_give_back(struct retry_budget *budget)
{
    gauge_add(&budget->repeating, -1);
}
