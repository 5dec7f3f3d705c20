/* slot.h - what is remembered of one model, and where all of them are kept. */
#ifndef BOURSE_STATE_SLOT_H
#define BOURSE_STATE_SLOT_H

#include <pthread.h>

#include "evidence.h"
#include "health.h"
#include "state/tokens.h"

struct live_model {
    const char *model, *provider;
    uint32_t index; /* among the slots */
    struct model_health health;
    struct evidence evidence;
    struct counter attempts, failures[FAIL_COUNT], explored, feedback;
    struct counter tokens_in, tokens_out, tokens_cached;
    struct counter cost_nanousd;
    struct histogram first_token_histogram, duration_histogram;
};

struct live {
    struct arena arena; /* slots and their names; the lock guards it and the maps */
    pthread_mutex_t lock;
    struct map by_name, providers_by_name; /* "provider/model"; "provider" */
    struct map routes_by_name;
    struct live_model *other;
    struct live_provider *other_provider;
    struct live_route *other_route;
    _Atomic size_t count; /* stored after the slot: who reads it may read the slot */
    struct live_model *slots[LIVE_SLOTS_MAX + 1];
    _Atomic size_t provider_count; /* the same */
    struct live_provider *providers[LIVE_PROVIDERS_MAX + 1];
    _Atomic size_t token_count; /* the same */
    struct live_token *tokens[LIVE_TOKENS_MAX];
    struct live_totals totals;
};

#endif
