/* decisions.c - a ring of deep copies under a lock that is held for two assignments only. */
#include "state/decisions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct kept {
    char id[DECISION_ID_SIZE];
    struct decision *decision; /* one block; NULL while the place is free */
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

/* Newest first: people ask about what just happened. The copy is taken under the lock, printed
 * outside it. */
static struct decision *copy_of(struct decisions *decisions, struct text id)
{
    struct decision *copy = NULL;
    pthread_mutex_lock(&decisions->lock);
    for (size_t back = 1; back <= DECISIONS_MAX && back <= decisions->next && !copy; back++) {
        const struct kept *kept = &decisions->ring[(decisions->next - back) % DECISIONS_MAX];
        if (kept->decision && text_is(id, kept->id))
            copy = decision_copy(kept->decision);
    }
    pthread_mutex_unlock(&decisions->lock);
    return copy;
}

json_t *decisions_explain(struct decisions *decisions, struct text id)
{
    struct decision *copy = copy_of(decisions, id);
    if (!copy)
        return NULL;
    router_flips(copy);
    char shown[DECISION_ID_SIZE];
    snprintf(shown, sizeof(shown), "%.*s", TEXT_ARGS(id));
    json_t *explanation = decision_to_json(copy, shown);
    free(copy);
    return explanation;
}
