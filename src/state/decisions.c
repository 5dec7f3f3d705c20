/* decisions.c - a ring of deep copies under a lock that is held for some assignments only.
 *
 * Their sizes are hardly known before they are copied, and nearly the same: so a block is cut that
 * is a little longer than the one before, and shortened when it is full. */
#include "state/decisions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "printed_decisions.h"
#include "strips.h"

#define MODEL_NAME_SIZE 128 /* longer ones are shown cut */
#define SPARE_ROOM      512 /* bytes by which the next decision may be larger, and fits */

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

/* What happened after the decision, to few of them. */
struct sequel {
    struct rescue_kept rescue;
    struct hedge_kept hedge;
};

struct kept {
    char id[DECISION_ID_SIZE];
    struct block block;    /* begins with the decision; without bytes the place is free */
    struct sequel *sequel; /* NULL: nothing did */
};

struct decisions {
    pthread_mutex_t lock;
    size_t next;
    struct kept ring[DECISIONS_MAX];
    struct strips strips;
    size_t usual_room; /* of the one that was kept last */
    int former_fd;     /* -1 without */
};

struct decisions *decisions_new(void)
{
    struct decisions *decisions = calloc(1, sizeof(*decisions));
    if (!decisions)
        return NULL;
    pthread_mutex_init(&decisions->lock, NULL);
    decisions->former_fd = -1;
    return decisions;
}

/* Under the lock, as all that cuts and gives blocks. */
static void empty(struct decisions *decisions, struct kept *place)
{
    strips_give(&decisions->strips, &place->block);
    free(place->sequel);
    place->sequel = NULL;
}

void decisions_free(struct decisions *decisions)
{
    if (!decisions)
        return;
    for (size_t i = 0; i < DECISIONS_MAX; i++)
        empty(decisions, &decisions->ring[i]);
    strips_clear(&decisions->strips);
    if (decisions->former_fd >= 0)
        close(decisions->former_fd);
    pthread_mutex_destroy(&decisions->lock);
    free(decisions);
}

/* The place is free until it is filled: nobody finds half a decision. */
static struct kept *take_oldest(struct decisions *decisions, struct block *ret_block)
{
    pthread_mutex_lock(&decisions->lock);
    struct kept *place = &decisions->ring[decisions->next++ % DECISIONS_MAX];
    empty(decisions, place);
    strips_cut(&decisions->strips, decisions->usual_room + SPARE_ROOM, ret_block);
    pthread_mutex_unlock(&decisions->lock);
    return place;
}

static void cut_another(struct decisions *decisions, size_t room, struct block *block)
{
    pthread_mutex_lock(&decisions->lock);
    strips_give(&decisions->strips, block);
    strips_cut(&decisions->strips, room, block);
    pthread_mutex_unlock(&decisions->lock);
}

/* Its size, or 0 where there is no memory for it. */
static size_t fill(struct decisions *decisions, struct block *block,
                   const struct decision *decision)
{
    size_t size;
    if (decision_copy_into(decision, block->bytes, block->room, &size))
        return size;
    cut_another(decisions, size, block);
    return decision_copy_into(decision, block->bytes, block->room, &size) ? size : 0;
}

void decisions_keep(struct decisions *decisions, const char *id, const struct decision *decision)
{
    struct block block = { 0 };
    struct kept *place = take_oldest(decisions, &block);
    size_t size = fill(decisions, &block, decision);
    if (!size)
        return;
    pthread_mutex_lock(&decisions->lock);
    empty(decisions, place); /* somebody may have been a whole ring ahead */
    strips_shorten(&block, size);
    decisions->usual_room = size;
    snprintf(place->id, sizeof(place->id), "%s", id);
    place->block = block;
    pthread_mutex_unlock(&decisions->lock);
}

/* Newest first: people ask about what just happened. Under the lock. */
static struct kept *find(struct decisions *decisions, struct text id)
{
    for (size_t back = 1; back <= DECISIONS_MAX && back <= decisions->next; back++) {
        struct kept *kept = &decisions->ring[(decisions->next - back) % DECISIONS_MAX];
        if (kept->block.bytes && text_is(id, kept->id))
            return kept;
    }
    return NULL;
}

/* Of the decision, if it is still kept: under the lock, and rare enough to ask for memory there. */
static struct sequel *find_sequel(struct decisions *decisions, const char *id)
{
    struct kept *kept = find(decisions, text_of(id));
    if (kept && !kept->sequel)
        kept->sequel = calloc(1, sizeof(*kept->sequel));
    return kept ? kept->sequel : NULL;
}

void decisions_note_rescue(struct decisions *decisions, const char *id,
                           const struct rescue_note *note)
{
    struct rescue_kept rescue = { .kind = note->kind, .outcome = note->outcome };
    snprintf(rescue.from, sizeof(rescue.from), "%s", note->from);
    snprintf(rescue.by, sizeof(rescue.by), "%s", note->by);
    pthread_mutex_lock(&decisions->lock);
    struct sequel *sequel = find_sequel(decisions, id);
    if (sequel)
        sequel->rescue = rescue;
    pthread_mutex_unlock(&decisions->lock);
}

void decisions_note_hedge(struct decisions *decisions, const char *id,
                          const struct hedge_note *note)
{
    struct hedge_kept hedge = { .outcome = note->outcome, .after_ms = note->after_ms };
    snprintf(hedge.of, sizeof(hedge.of), "%s", note->of);
    snprintf(hedge.by, sizeof(hedge.by), "%s", note->by);
    pthread_mutex_lock(&decisions->lock);
    struct sequel *sequel = find_sequel(decisions, id);
    if (sequel)
        sequel->hedge = hedge;
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
        copy = decision_copy(kept->block.bytes);
        if (kept->sequel)
            *ret_sequel = *kept->sequel;
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

static json_t *explain_own(struct decisions *decisions, struct text id)
{
    struct sequel sequel = { 0 };
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

json_t *decisions_explain(struct decisions *decisions, struct text id)
{
    json_t *explanation = explain_own(decisions, id);
    return explanation ? explanation : printed_find(decisions->former_fd, id);
}

/* ---- over an upgrade ---- */

static bool id_at(struct decisions *decisions, size_t place, char ret_id[DECISION_ID_SIZE])
{
    pthread_mutex_lock(&decisions->lock);
    const struct kept *kept = &decisions->ring[(decisions->next + place) % DECISIONS_MAX];
    bool is_there = kept->block.bytes;
    if (is_there)
        memcpy(ret_id, kept->id, DECISION_ID_SIZE);
    pthread_mutex_unlock(&decisions->lock);
    return is_there;
}

/* Others go on keeping meanwhile: one that has left its place is not printed. */
void decisions_print(struct decisions *decisions, int fd)
{
    for (size_t place = 0; place < DECISIONS_MAX; place++) {
        char id[DECISION_ID_SIZE];
        json_t *explanation =
            id_at(decisions, place, id) ? explain_own(decisions, text_of(id)) : NULL;
        if (explanation)
            printed_add(fd, id, explanation);
        json_decref(explanation);
    }
}

void decisions_take_former(struct decisions *decisions, int fd)
{
    decisions->former_fd = fd;
}
