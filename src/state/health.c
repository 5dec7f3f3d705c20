/* health.c - who may be asked: a model's breaker, its provider's, and what the provider said. */
#include "health.h"

#include "slot.h"
#include "state/tokens.h"

/* A provider that asks for a longer pause than this is tried again all the same. */
#define PAUSE_MOST_MS (60 * 60 * 1000)

static int64_t load(const _Atomic int64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

/* ---- the pause that was asked for ---- */

static bool is_paused(const struct known_pause *pause, int64_t now_ms)
{
    return load(&pause->until_ms) > now_ms;
}

static void pause_lengthen(struct known_pause *pause, int64_t now_ms, int64_t pause_ms)
{
    int64_t until_ms = now_ms + (pause_ms < PAUSE_MOST_MS ? pause_ms : PAUSE_MOST_MS);
    int64_t before_ms = load(&pause->until_ms);
    while (before_ms < until_ms)
        if (atomic_compare_exchange_weak_explicit(&pause->until_ms, &before_ms, until_ms,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            atomic_store_explicit(&pause->since_ms, now_ms, memory_order_relaxed);
            return;
        }
}

/* It was asked all the same, as nobody else was left, and answered well. */
static void pause_end(struct known_pause *pause, int64_t started_ms)
{
    if (load(&pause->until_ms) && started_ms >= load(&pause->since_ms))
        atomic_store_explicit(&pause->until_ms, 0, memory_order_relaxed);
}

/* Only what a provider says while it serves, or of its own trouble; a refusal is the client's. */
static void note_pause(struct known_pause *pause, const struct attempt_outcome *outcome)
{
    if (outcome->fail == FAIL_NONE)
        pause_end(pause, outcome->started_ms);
    else if (!fail_row(outcome->fail)->providers_fault)
        return;
    if (outcome->pause_ms > 0)
        pause_lengthen(pause, outcome->now_ms, outcome->pause_ms);
}

/* ---- the token that is needed ---- */

void live_provider_needs(struct live_provider *provider, struct live_token *token)
{
    atomic_store(&provider->token, token);
}

static const struct live_token *missing_token(const struct live_provider *provider, int64_t now_ms)
{
    const struct live_token *token = atomic_load_explicit(&provider->token, memory_order_acquire);
    return token && !live_token_is_valid(token, now_ms) ? token : NULL;
}

/* ---- verdicts ---- */

/* A rate limit whose end is known is no fault: the pause says all that there is to know. */
static enum breaker_verdict verdict_of_model(const struct attempt_outcome *outcome)
{
    const struct fail_row *row = fail_row(outcome->fail);
    bool is_known_pause = outcome->fail == FAIL_RATE_LIMITED && outcome->pause_ms > 0;
    if (outcome->fail == FAIL_NONE)
        return VERDICT_GOOD;
    if (row->providers_fault && !row->whole_provider && !is_known_pause)
        return VERDICT_FAULT;
    return VERDICT_NONE;
}

/* Whoever says anything but that our key is wrong has been found, reached and understood. */
static enum breaker_verdict verdict_of_provider(const struct attempt_outcome *outcome)
{
    if (fail_row(outcome->fail)->whole_provider)
        return VERDICT_FAULT;
    return outcome->status > 0 && outcome->fail != FAIL_CLIENT_GONE ? VERDICT_GOOD : VERDICT_NONE;
}

bool health_note(struct model_health *model, const struct attempt_outcome *outcome)
{
    bool spoke = outcome->spoke_ms > outcome->started_ms;
    struct breaker_note note = {
        .fail = outcome->fail,
        .now_ms = outcome->now_ms,
        .started_ms = spoke ? outcome->spoke_ms : outcome->started_ms,
        .wasted_ms = spoke ? 0 : outcome->duration_ms,
    };
    note_pause(&model->pause, outcome);
    retry_budget_note(&model->provider->budget, outcome->now_ms);
    note.verdict = verdict_of_provider(outcome);
    note.probe = outcome->grant & GRANT_PROBES_PROVIDER;
    bool changed = breaker_note(&model->provider->breaker, &note);
    note.verdict = verdict_of_model(outcome);
    note.probe = outcome->grant & GRANT_PROBES_MODEL;
    return breaker_note(&model->breaker, &note) || changed;
}

/* ---- asking ---- */

unsigned live_ask(struct live_model *slot, int64_t now_ms)
{
    struct model_health *model = &slot->health;
    if (is_paused(&model->pause, now_ms) || missing_token(model->provider, now_ms))
        return GRANT_NONE;
    enum breaker_answer provider = breaker_ask(&model->provider->breaker, now_ms);
    if (provider == BREAKER_NOT_NOW)
        return GRANT_NONE;
    enum breaker_answer own = breaker_ask(&model->breaker, now_ms);
    if (own == BREAKER_NOT_NOW && provider == BREAKER_PROBE)
        breaker_release(&model->provider->breaker);
    if (own == BREAKER_NOT_NOW)
        return GRANT_NONE;
    return GRANT_STARTS | (own == BREAKER_PROBE ? GRANT_PROBES_MODEL : 0) |
           (provider == BREAKER_PROBE ? GRANT_PROBES_PROVIDER : 0);
}

void live_give_back(struct live_model *slot, unsigned grant)
{
    if (grant & GRANT_PROBES_MODEL)
        breaker_release(&slot->health.breaker);
    if (grant & GRANT_PROBES_PROVIDER)
        breaker_release(&slot->health.provider->breaker);
}

unsigned live_note_spoke(struct live_model *slot, unsigned grant, int64_t started_ms,
                         int64_t now_ms)
{
    struct breaker_note note = { .verdict = VERDICT_GOOD,
                                 .now_ms = now_ms,
                                 .started_ms = started_ms };
    struct breaker *own = &slot->health.breaker, *all = &slot->health.provider->breaker;
    note.probe = grant & GRANT_PROBES_PROVIDER;
    bool changed = (note.probe || load(&all->until_ms)) && breaker_note(all, &note);
    note.probe = grant & GRANT_PROBES_MODEL;
    changed = ((note.probe || load(&own->until_ms)) && breaker_note(own, &note)) || changed;
    if (changed)
        evidence_forgive(&slot->evidence);
    return GRANT_STARTS;
}

bool live_retry_take(struct live_provider *provider, double share, int64_t now_ms)
{
    return retry_budget_take(&provider->budget, share, now_ms);
}

void live_retry_give_back(struct live_provider *provider)
{
    retry_budget_give_back(&provider->budget);
}

/* ---- looking ---- */

/* Who is out for longer, else who is worse. */
static bool is_worse(const struct health *one, const struct health *two)
{
    if (health_is_out(one) && health_is_out(two) && one->out_ms != two->out_ms)
        return one->out_ms > two->out_ms;
    return one->state > two->state;
}

int64_t health_pause_ms(const struct model_health *model, int64_t now_ms)
{
    int64_t until_ms = load(&model->pause.until_ms);
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

static struct health read_pause(const struct model_health *model, int64_t now_ms)
{
    struct health health = { .out_ms = health_pause_ms(model, now_ms) };
    if (!health.out_ms)
        return health;
    health.state = HEALTH_PAUSED;
    health.why = FAIL_RATE_LIMITED;
    health.age_ms = now_ms - load(&model->pause.since_ms);
    return health;
}

/* It may be there as soon as the source is asked again. */
static struct health read_token(const struct live_provider *provider, int64_t now_ms)
{
    struct live_token_report report;
    const struct live_token *token = missing_token(provider, now_ms);
    if (!token)
        return (struct health){ .state = HEALTH_WELL };
    live_token_report(token, now_ms, &report);
    return (struct health){
        .state = HEALTH_PAUSED,
        .why = FAIL_NO_TOKEN,
        .out_ms = report.next_in_ms + 1,
        .age_ms = report.failed_ago_ms > 0 ? report.failed_ago_ms : 0,
        .of_whole_provider = true,
    };
}

struct health health_read_provider(const struct live_provider *provider, int64_t now_ms)
{
    struct health all = breaker_read(&provider->breaker, now_ms);
    struct health lacking = read_token(provider, now_ms);
    return is_worse(&lacking, &all) ? lacking : all;
}

struct health health_read(const struct model_health *model, int64_t now_ms)
{
    struct health worst = breaker_read(&model->breaker, now_ms);
    struct health all = health_read_provider(model->provider, now_ms);
    struct health paused = read_pause(model, now_ms);
    if (is_worse(&all, &worst)) {
        worst = all;
        worst.of_whole_provider = true;
    }
    return is_worse(&paused, &worst) ? paused : worst;
}
