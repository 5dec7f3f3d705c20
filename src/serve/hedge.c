/* hedge.c - when the first token is late, the second-best candidate is asked as well. */
#include "hedge.h"

#include "admission.h"
#include "attempt.h"
#include "candidates.h"
#include "experience.h"
#include "relay.h"

static const struct candidate *candidate_of(const struct attempt *attempt)
{
    return &attempt->exchange->decision.candidates[attempt->candidate];
}

static struct live_totals *totals_of(const struct exchange *exchange)
{
    return exchange->worker->server->totals;
}

/* ---- which of two ---- */

static void turn(struct exchange *exchange)
{
    struct attempt *heard = exchange->attempt;
    exchange->attempt = exchange->hedge.beside;
    exchange->hedge.beside = heard;
}

void hedge_listen(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;
    if (attempt != exchange->attempt)
        turn(exchange);
}

/* The attempt that is heard is the only one from now on. */
static void part(struct exchange *exchange)
{
    exchange->hedge.spare = exchange->hedge.beside;
    exchange->hedge.beside = NULL;
}

/* What was held back is the answer's; in the outbox stands what the first has said. */
static void take_aside(struct exchange *exchange)
{
    struct hedge *hedge = &exchange->hedge;
    if (exchange->attempt == hedge->second) {
        outbox_drop_held(&exchange->outbox);
        outbox_hold(&exchange->outbox, buffer_text(&hedge->aside));
    }
    buffer_clear(&hedge->aside);
}

/* ---- how it went ---- */

static void note(struct exchange *exchange, enum hedge_outcome outcome)
{
    struct hedge *hedge = &exchange->hedge;
    const struct hedge_note told = {
        .outcome = outcome,
        .of = hedge->of->object.name,
        .by = hedge->by->object.name,
        .after_ms = hedge->after_ms,
    };
    hedge->outcome = outcome;
    hedge->is_open = outcome == HEDGE_STARTED;
    if (outcome == HEDGE_WON)
        counter_add(&totals_of(exchange)->hedges_won, 1);
    decisions_note_hedge(exchange->worker->server->decisions, exchange->decision_id, &told);
}

/* ---- the second attempt begins ---- */

/* More traffic for a provider that is late already is taken from its budget of repeated calls. */
static bool is_affordable(struct exchange *exchange)
{
    const struct route *route = exchange->decision.route;
    bool same = exchange->attempt->provider == exchange->hedge.beside->provider;
    if (same && !candidates_may_repeat(exchange))
        return false;
    if (live_hedge_take(exchange->snapshot->route_slots[route->index]))
        return true;
    counter_add(&totals_of(exchange)->hedges_withheld, 1);
    candidates_repeated(exchange);
    return false;
}

/* What the attempt needs to begin at once: a place, the breaker's leave, the route's share. */
static unsigned enter(struct exchange *exchange)
{
    if (!admission_take(exchange))
        return GRANT_NONE;
    unsigned grant = candidates_ask(exchange);
    if (grant && is_affordable(exchange))
        return grant;
    candidates_give_back(exchange, grant);
    admission_leave(exchange);
    return GRANT_NONE;
}

static struct attempt *make_second(struct exchange *exchange, size_t candidate)
{
    struct hedge *hedge = &exchange->hedge;
    const struct model *model = exchange->decision.candidates[candidate].model;
    struct attempt *second = hedge->spare;
    if (!second)
        second = arena_new(&exchange->arena, struct attempt);
    *second = (struct attempt){
        .exchange = exchange, .candidate = candidate, .model = model, .provider = model->provider
    };
    return second;
}

static void start_second(struct exchange *exchange, unsigned grant)
{
    struct hedge *hedge = &exchange->hedge;
    hedge->second = exchange->attempt;
    hedge->of = hedge->beside->model;
    hedge->by = hedge->second->model;
    hedge->after_ms = exchange->worker->now_ms - hedge->beside->started_us / 1000;
    exchange->candidate = hedge->second->candidate;
    buffer_init(&hedge->aside, RELAY_EVENT_MAX);
    counter_add(&totals_of(exchange)->hedges_started, 1);
    note(exchange, HEDGE_STARTED);
    attempt_start(exchange, grant);
}

static void on_late(struct timer *timer)
{
    struct exchange *exchange =
        (struct exchange *)((char *)timer - offsetof(struct exchange, hedge.timer));
    size_t next = candidates_well(exchange, exchange->candidate + 1, exchange->failed_by);
    exchange->hedge.is_open = false;
    if (next == NO_CANDIDATE || !attempt_may_start_another(exchange))
        return;
    exchange->hedge.beside = make_second(exchange, next);
    turn(exchange);
    unsigned grant = enter(exchange);
    if (grant) {
        start_second(exchange, grant);
    } else {
        turn(exchange);
        part(exchange);
    }
}

/* ---- when ---- */

static bool is_wanted(const struct exchange *exchange)
{
    return exchange->decided && exchange->decision.route->hedge == HEDGE_ON &&
           exchange->row->kind == KIND_ROUTED && exchange->row->endpoint != ENDPOINT_EMBEDDINGS;
}

void hedge_earn(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    if (is_wanted(exchange))
        live_hedge_note_request(exchange->snapshot->route_slots[route->index], route->hedge_share);
}

void hedge_watch(struct exchange *exchange)
{
    struct hedge *hedge = &exchange->hedge;
    if (hedge->beside || exchange->answer_begun || !is_wanted(exchange))
        return;
    double late_ms = candidate_of(exchange->attempt)->late_ms;
    if (late_ms < 0 || exchange->candidate + 1 >= exchange->decision.shortlist)
        return;
    hedge->is_open = true;
    hedge->timer.ring = on_late;
    timer_arm(&exchange->worker->timers, &hedge->timer,
              exchange->attempt->started_us / 1000 + (int64_t)late_ms + 1);
}

/* ---- how it ends ---- */

static void stop_watching(struct exchange *exchange)
{
    timer_stop(&exchange->worker->timers, &exchange->hedge.timer);
}

void hedge_settle(struct exchange *exchange)
{
    struct hedge *hedge = &exchange->hedge;
    stop_watching(exchange);
    hedge->is_open = false;
    if (hedge->outcome != HEDGE_STARTED)
        return;
    if (hedge->beside) {
        turn(exchange);
        attempt_outrun(exchange);
        turn(exchange);
        part(exchange);
        take_aside(exchange);
    }
    note(exchange, exchange->attempt == hedge->second ? HEDGE_WON : HEDGE_LOST);
}

bool hedge_goes_on(struct exchange *exchange)
{
    struct hedge *hedge = &exchange->hedge;
    bool goes_on = hedge->beside != NULL;
    stop_watching(exchange);
    if (hedge->outcome == HEDGE_STARTED && exchange->attempt == hedge->second)
        note(exchange, HEDGE_FAILED);
    hedge->is_open = hedge->outcome == HEDGE_STARTED;
    if (goes_on) {
        attempt_clear(exchange);
        turn(exchange);
        part(exchange);
        take_aside(exchange);
    }
    return goes_on;
}

bool hedge_leave(struct exchange *exchange)
{
    stop_watching(exchange);
    exchange->hedge.is_open = false;
    if (!exchange->hedge.beside)
        return false;
    turn(exchange);
    part(exchange);
    return true;
}

void hedge_clear(struct exchange *exchange)
{
    buffer_clear(&exchange->hedge.aside);
}
