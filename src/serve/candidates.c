/* candidates.c - which candidate of a decision is asked next, and whether it may be asked now. */
#include "candidates.h"

static struct live_model *slot_of(const struct exchange *exchange, const struct model *model)
{
    return exchange->snapshot->slots[model->index];
}

/* Whether another candidate could do better with what this one failed at. */
static bool may_do_better(const struct exchange *exchange, enum fail fail,
                          const struct model *model)
{
    if (fail == FAIL_NONE)
        return true;
    int64_t window = exchange->attempt.model->context_window;
    switch (fail_row(fail)->next) {
    case NEXT_NEVER:
        return false;
    case NEXT_ANY:
        return true;
    case NEXT_LARGER:
        return model->context_window < 0 || model->context_window > window;
    case NEXT_WANTED:
        return exchange->decision.route->on_content_policy == CONTENT_POLICY_NEXT;
    }
    return false;
}

static size_t next_from(const struct exchange *exchange, size_t from, enum fail fail)
{
    const struct decision *decision = &exchange->decision;
    for (size_t i = from; exchange->decided && i < decision->shortlist; i++)
        if (may_do_better(exchange, fail, decision->candidates[i].model))
            return i;
    return NO_CANDIDATE;
}

bool candidates_left(const struct exchange *exchange, enum fail fail)
{
    const struct decision *decision = &exchange->decision;
    for (size_t i = next_from(exchange, exchange->candidate + 1, fail); i != NO_CANDIDATE;
         i = next_from(exchange, i + 1, fail)) {
        struct health health =
            live_health(slot_of(exchange, decision->candidates[i].model), exchange->worker->now_ms);
        if (!exchange->forced || !health_is_out(&health))
            return true;
    }
    return false;
}

size_t candidates_take(struct exchange *exchange, size_t from, enum fail fail, unsigned *ret_grant)
{
    const struct decision *decision = &exchange->decision;
    size_t first = next_from(exchange, from, fail);
    for (size_t i = first; i != NO_CANDIDATE; i = next_from(exchange, i + 1, fail)) {
        unsigned grant =
            live_ask(slot_of(exchange, decision->candidates[i].model), exchange->worker->now_ms);
        if (grant) {
            *ret_grant = grant;
            return i;
        }
    }
    if (exchange->forced || first == NO_CANDIDATE)
        return NO_CANDIDATE;
    exchange->forced = true;
    *ret_grant = GRANT_STARTS;
    return first;
}

bool candidates_is_out(const struct exchange *exchange)
{
    if (!exchange->decided)
        return false;
    struct health health =
        live_health(slot_of(exchange, exchange->attempt.model), exchange->worker->now_ms);
    return health_is_out(&health);
}

unsigned candidates_take_again(struct exchange *exchange)
{
    const struct model *model = exchange->attempt.model;
    return exchange->decided ? live_ask(slot_of(exchange, model), exchange->worker->now_ms)
                             : GRANT_STARTS;
}

/* Who has just been found out is not asked again by all who found it out; a pause that was asked
 * for is waited for. */
bool candidates_may_repeat(struct exchange *exchange)
{
    const struct attempt *attempt = &exchange->attempt;
    int64_t now_ms = exchange->worker->now_ms;
    struct live_provider *provider = exchange->snapshot->provider_slots[attempt->provider->index];
    if (attempt->model) {
        struct health health = live_health(slot_of(exchange, attempt->model), now_ms);
        if (health.state == HEALTH_COOLING)
            return false;
    }
    if (!live_retry_take(provider, attempt->provider->retry_budget, now_ms))
        return false;
    exchange->repeating = provider;
    return true;
}

void candidates_repeated(struct exchange *exchange)
{
    if (exchange->repeating)
        live_retry_give_back(exchange->repeating);
    exchange->repeating = NULL;
}
