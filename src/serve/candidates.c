/* candidates.c - which candidate of a decision is asked next, and whether it may be asked now. */
#include "candidates.h"

static struct live_model *slot_of(const struct exchange *exchange, const struct model *model)
{
    return exchange->snapshot->slots[model->index];
}

static const struct model *model_at(const struct exchange *exchange, size_t candidate)
{
    return exchange->decision.candidates[candidate].model;
}

static bool is_model_out(const struct exchange *exchange, const struct model *model)
{
    struct health health = live_health(slot_of(exchange, model), exchange->worker->now_ms);
    return health_is_out(&health);
}

static bool is_out(const struct exchange *exchange, size_t candidate)
{
    return is_model_out(exchange, model_at(exchange, candidate));
}

static bool has_room(const struct exchange *exchange, size_t candidate)
{
    return admission_has_room(exchange, model_at(exchange, candidate)->provider);
}

/* Whether another candidate could do better with what this one failed at. */
static bool may_do_better(const struct exchange *exchange, enum fail fail,
                          const struct model *model)
{
    if (fail == FAIL_NONE)
        return true;
    int64_t window = exchange->attempt->model->context_window;
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
    for (size_t i = from; exchange->decided && i < exchange->decision.shortlist; i++)
        if (may_do_better(exchange, fail, model_at(exchange, i)))
            return i;
    return NO_CANDIDATE;
}

bool candidates_left(const struct exchange *exchange, enum fail fail)
{
    for (size_t i = next_from(exchange, exchange->candidate + 1, fail); i != NO_CANDIDATE;
         i = next_from(exchange, i + 1, fail))
        if (!exchange->forced || !is_out(exchange, i))
            return true;
    return false;
}

size_t candidates_well(const struct exchange *exchange, size_t from, enum fail fail)
{
    size_t waited_for = NO_CANDIDATE;
    for (size_t i = next_from(exchange, from, fail); i != NO_CANDIDATE;
         i = next_from(exchange, i + 1, fail)) {
        if (is_out(exchange, i))
            continue;
        if (has_room(exchange, i))
            return i;
        waited_for = waited_for == NO_CANDIDATE ? i : waited_for;
    }
    return waited_for;
}

size_t candidates_next(struct exchange *exchange, size_t from, enum fail fail)
{
    size_t next = candidates_well(exchange, from, fail);
    if (next != NO_CANDIDATE || exchange->forced)
        return next;
    next = next_from(exchange, from, fail);
    exchange->forced = next != NO_CANDIDATE;
    return next;
}

const struct model *candidates_relayed(const struct exchange *exchange)
{
    const struct route *route = exchange->route;
    const struct model *waited_for = NULL;
    for (size_t i = 0; i < route->candidate_count; i++) {
        const struct model *model = route->candidates[i];
        if (is_model_out(exchange, model))
            continue;
        if (admission_has_room(exchange, model->provider))
            return model;
        waited_for = waited_for ? waited_for : model;
    }
    return waited_for ? waited_for : route->candidates[0];
}

unsigned candidates_ask(struct exchange *exchange)
{
    if (!exchange->attempt->model)
        return GRANT_STARTS;
    return live_ask(slot_of(exchange, exchange->attempt->model), exchange->worker->now_ms);
}

void candidates_give_back(struct exchange *exchange, unsigned grant)
{
    if (exchange->attempt->model)
        live_give_back(slot_of(exchange, exchange->attempt->model), grant);
}

/* Who has just been found out is not asked again by all who found it out; a pause that was asked
 * for is waited for. */
bool candidates_may_repeat(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    int64_t now_ms = exchange->worker->now_ms;
    struct live_provider *provider = exchange->snapshot->provider_slots[attempt->provider->index];
    if (attempt->model) {
        struct health health = live_health(slot_of(exchange, attempt->model), now_ms);
        if (health.state == HEALTH_COOLING)
            return false;
    }
    if (!live_retry_take(provider, attempt->provider->retry_budget, now_ms))
        return false;
    attempt->repeating = provider;
    return true;
}

void candidates_repeated(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    if (attempt->repeating)
        live_retry_give_back(attempt->repeating);
    attempt->repeating = NULL;
}
