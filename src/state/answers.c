/* answers.c - a ring of hashes: what is kept of an answer is who gave it and who may rate it.
 *
 * The words of an entry are summed up in one that is written last, so a reader never takes half of
 * one answer for half of another. Rating is rare: it looks through the whole ring. */
#include "state/answers.h"

#include <stdlib.h>

#include "base/random.h"
#include "slot.h"

#define RATED     ((uint64_t)1 << 63)
#define TASK_BITS 8

struct entry {
    _Atomic uint64_t decision, request, caller; /* hashes */
    _Atomic uint64_t who;                       /* rated (1 bit) | index of the slot | task */
    _Atomic uint64_t check;                     /* all of them, without the bit of `rated` */
};

struct answers {
    uint64_t seed;
    _Atomic uint64_t next;
    struct entry ring[ANSWERS_MAX];
};

struct answers *answers_new(void)
{
    struct answers *answers = calloc(1, sizeof(*answers));
    if (!answers)
        abort();
    random_bytes(&answers->seed, sizeof(answers->seed));
    return answers;
}

void answers_free(struct answers *answers)
{
    free(answers);
}

static uint64_t hash_of(const struct answers *answers, struct text text)
{
    return hash_bytes(text.data, text.len, answers->seed);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

/* Not 0 for an entry that was never written. */
static uint64_t check_of(uint64_t decision, uint64_t request, uint64_t caller, uint64_t who)
{
    return ~(decision ^ request * 3 ^ caller * 5 ^ who * 7);
}

void answers_keep(struct answers *answers, const struct answer *answer)
{
    uint64_t place = atomic_fetch_add_explicit(&answers->next, 1, memory_order_relaxed);
    struct entry *entry = &answers->ring[place % ANSWERS_MAX];
    uint64_t decision = hash_of(answers, text_of(answer->decision_id));
    uint64_t request = hash_of(answers, text_of(answer->request_id));
    uint64_t caller = hash_of(answers, text_of(answer->caller));
    uint64_t who = (uint64_t)answer->slot->index << TASK_BITS | (uint64_t)answer->task;
    store(&entry->decision, decision);
    store(&entry->request, request);
    store(&entry->caller, caller);
    store(&entry->who, who);
    store(&entry->check, check_of(decision, request, caller, who));
}

static bool is_whole(const struct entry *entry, uint64_t who)
{
    return load(&entry->check) == check_of(load(&entry->decision), load(&entry->request),
                                           load(&entry->caller), who & ~RATED);
}

static struct entry *find(struct answers *answers, uint64_t id)
{
    for (size_t i = 0; i < ANSWERS_MAX; i++) {
        struct entry *entry = &answers->ring[i];
        if (load(&entry->decision) == id || load(&entry->request) == id)
            return entry;
    }
    return NULL;
}

enum rating answers_rate(struct answers *answers, const struct live *live, struct text id,
                         const char *caller, struct rated *ret_rated)
{
    struct entry *entry = find(answers, hash_of(answers, id));
    uint64_t who = entry ? load(&entry->who) : 0;
    uint64_t index = (who & ~RATED) >> TASK_BITS;
    if (!entry || !is_whole(entry, who) || index >= live_count(live) ||
        load(&entry->caller) != hash_of(answers, text_of(caller)))
        return RATING_UNKNOWN;
    if (who & RATED ||
        !atomic_compare_exchange_strong_explicit(&entry->who, &who, who | RATED,
                                                 memory_order_relaxed, memory_order_relaxed))
        return RATING_AGAIN;
    *ret_rated = (struct rated){ live->slots[index], (enum task)(who & ((1 << TASK_BITS) - 1)) };
    return RATING_TAKEN;
}
