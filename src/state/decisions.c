/* decisions.c - a ring of deep copies under a lock that is held for two assignments only. */
#include "state/decisions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MODEL_NAME_SIZE 128 /* longer ones are shown cut */

/* Names of its own: models come and go with snapshots. */
struct rescue_kept {
    enum rescue_kind kind;
    enum rescue_outcome outcome;
    char from[MODEL_NAME_SIZE], by[MODEL_NAME_SIZE];
};

struct hedge_kept {
    enum hedge_outcome outcome;
    int64_t after_ms;
    char of[MODEL_NAME_SIZE], by[MODEL_NAME_SIZE];
};

/* What happened after the decision. */
struct sequel {
    struct rescue_kept rescue;
    struct hedge_kept hedge;
};

struct kept {
    char id[DECISION_ID_SIZE];
    struct decision *decision; /* one block; NULL while the place is free */
    struct sequel sequel;
};

struct decisions {
    pthread_mutex_t lock;
    size_t next;
    struct kept ring[DECISIONS_MAX];
};

struct decisions *decisions_new(void)
{
    struct decisions *decisions = calloc(1, sizeof(*decisions));
    if (decisions)
        pthread_mutex_init(&decisions->lock, NULL);
    return decisions;
}

void decisions_free(struct decisions *decisions)
{
    if (!decisions)
        return;
    for (size_t i = 0; i < DECISIONS_MAX; i++)
        free(decisions->ring[i].decision);
    pthread_mutex_destroy(&decisions->lock);
    free(decisions);
}

void decisions_keep(struct decisions *decisions, const char *id, const struct decision *decision)
{
    struct kept fresh = { .decision = decision_copy(decision) };
    if (!fresh.decision)
        return;
    snprintf(fresh.id, sizeof(fresh.id), "%s", id);

    pthread_mutex_lock(&decisions->lock);
    struct kept *place = &decisions->ring[decisions->next++ % DECISIONS_MAX];
    struct decision *oldest = place->decision;
    *place = fresh;
    pthread_mutex_unlock(&decisions->lock);
    free(oldest);
}

/* Newest first: people ask about what just happened. Under the lock. */
static struct kept *find(struct decisions *decisions, struct text id)
{
    for (size_t back = 1; back <= DECISIONS_MAX && back <= decisions->next; back++) {
        struct kept *kept = &decisions->ring[(decisions->next - back) % DECISIONS_MAX];
        if (kept->decision && text_is(id, kept->id))
            return kept;
    }
    return NULL;
}

void decisions_note_rescue(struct decisions *decisions, const char *id,
                           const struct rescue_note *note)
{
    struct rescue_kept rescue = { .kind = note->kind, .outcome = note->outcome };
    snprintf(rescue.from, sizeof(rescue.from), "%s", note->from);
    snprintf(rescue.by, sizeof(rescue.by), "%s", note->by);
    pthread_mutex_lock(&decisions->lock);
    struct kept *kept = find(decisions, text_of(id));
    if (kept)
        kept->sequel.rescue = rescue;
    pthread_mutex_unlock(&decisions->lock);
}

void decisions_note_hedge(struct decisions *decisions, const char *id,
                          const struct hedge_note *note)
{
    struct hedge_kept hedge = { .outcome = note->outcome, .after_ms = note->after_ms };
    snprintf(hedge.of, sizeof(hedge.of), "%s", note->of);
    snprintf(hedge.by, sizeof(hedge.by), "%s", note->by);
    pthread_mutex_lock(&decisions->lock);
    struct kept *kept = find(decisions, text_of(id));
    if (kept)
        kept->sequel.hedge = hedge;
    pthread_mutex_unlock(&decisions->lock);
}

/* The copy is taken under the lock, printed outside it. */
static struct decision *copy_of(struct decisions *decisions, struct text id,
                                struct sequel *ret_sequel)
{
    struct decision *copy = NULL;
    pthread_mutex_lock(&decisions->lock);
    const struct kept *kept = find(decisions, id);
    if (kept) {
        copy = decision_copy(kept->decision);
        *ret_sequel = kept->sequel;
    }
    pthread_mutex_unlock(&decisions->lock);
    return copy;
}

static void add_rescue(json_t *explanation, const struct rescue_kept *rescue)
{
    if (rescue->kind != RESCUE_NONE)
        json_object_set_new(explanation, "rescue",
                            json_pack("{s:s, s:s, s:s, s:s}", "kind",
                                      rescue_kind_name(rescue->kind), "outcome",
                                      rescue_outcome_name(rescue->outcome), "from", rescue->from,
                                      "by", rescue->by));
}

static void add_hedge(json_t *explanation, const struct hedge_kept *hedge)
{
    if (hedge->outcome != HEDGE_NONE)
        json_object_set_new(explanation, "hedge",
                            json_pack("{s:s, s:s, s:s, s:I}", "outcome",
                                      hedge_outcome_name(hedge->outcome), "of", hedge->of, "by",
                                      hedge->by, "after_ms", (json_int_t)hedge->after_ms));
}

json_t *decisions_explain(struct decisions *decisions, struct text id)
{
    struct sequel sequel;
    struct decision *copy = copy_of(decisions, id, &sequel);
    if (!copy)
        return NULL;
    router_flips(copy);
    char shown[DECISION_ID_SIZE];
    snprintf(shown, sizeof(shown), "%.*s", TEXT_ARGS(id));
    json_t *explanation = decision_to_json(copy, shown);
    add_rescue(explanation, &sequel.rescue);
    add_hedge(explanation, &sequel.hedge);
    free(copy);
    return explanation;
}
