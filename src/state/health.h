/* health.h - who may be asked: a model's breaker, its provider's, and what the provider said of
 * itself. */
#ifndef BOURSE_STATE_HEALTH_H
#define BOURSE_STATE_HEALTH_H

#include "breaker.h"
#include "retry_budget.h"
#include "state/live.h"

/* "Not before", in the provider's own words: never shortened by what it says or does later, unless
 * it answers well. */
struct known_pause {
    _Atomic int64_t until_ms, since_ms;
};

struct live_provider {
    const char *name;
    struct breaker breaker; /* faults that are those of all its models */
    struct retry_budget budget;
    _Atomic(struct live_token *) token; /* that it needs; NULL: none */
};

struct model_health {
    struct known_pause pause;
    struct breaker breaker;
    struct live_provider *provider;
};

/* What is left of the pause that was asked for. */
int64_t health_pause_ms(const struct model_health *model, int64_t now_ms);
/* Of all its models: its breaker, and whether it can be called at all. */
struct health health_read_provider(const struct live_provider *provider, int64_t now_ms);
struct health health_read(const struct model_health *model, int64_t now_ms);

/* True where a breaker has opened or closed by it: what led there is then its affair alone. */
bool health_note(struct model_health *model, const struct attempt_outcome *outcome);

#endif
