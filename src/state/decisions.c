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

struct kept {
    char id[DECISION_ID_SIZE];
    struct decision *decision; /* one block; NULL while the place is free */
    struct rescue_kept rescue;
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
        kept->rescue = rescue;
    pthread_mutex_unlock(&decisions->lock);
}

/* The copy is taken under the lock, printed outside it. */
static struct decision *copy_of(struct decisions *decisions, struct text id,
                                struct rescue_kept *ret_rescue)
{
    struct decision *copy = NULL;
    pthread_mutex_lock(&decisions->lock);
    const struct kept *kept = find(decisions, id);
    if (kept) {
        copy = decision_copy(kept->decision);
        *ret_rescue = kept->rescue;
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

json_t *decisions_explain(struct decisions *decisions, struct text id)
{
    struct rescue_kept rescue;
    struct decision *copy = copy_of(decisions, id, &rescue);
    if (!copy)
        return NULL;
    router_flips(copy);
    char shown[DECISION_ID_SIZE];
    snprintf(shown, sizeof(shown), "%.*s", TEXT_ARGS(id));
    json_t *explanation = decision_to_json(copy, shown);
    add_rescue(explanation, &rescue);
    free(copy);
    return explanation;
}
