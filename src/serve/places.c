/* places.c - how many may do something at the same time, over all workers, and who is next.
 *
 * Two things must not pass each other unseen: one gives a place back and sees nobody waiting, while
 * another finds no place and begins to wait. Both write before they read (in one order for all
 * threads), so at least one of them sees the other: who has begun to wait looks again. */
#include "places.h"

#include <stdlib.h>

#include "base/random.h"

struct places {
    struct place items[PLACES_MAX];
};

struct places *places_new(void)
{
    struct places *places = calloc(1, sizeof(*places));
    if (!places)
        abort();
    return places;
}

void places_free(struct places *places)
{
    free(places);
}

struct place *places_find(struct places *places, struct text name)
{
    uint64_t key = hash_bytes(name.data, name.len, 0) | 1;
    for (size_t i = 0; i < PLACES_MAX; i++) {
        struct place *place = &places->items[(key / 2 + i) % PLACES_MAX];
        uint64_t found = 0;
        if (atomic_load(&place->key) == key ||
            atomic_compare_exchange_strong(&place->key, &found, key) || found == key)
            return place;
    }
    return NULL;
}

struct place *places_at(struct places *places, size_t index)
{
    return &places->items[index];
}

/* ---- places ---- */

static bool take_any(struct place *place, int64_t most)
{
    int64_t taken = atomic_load(&place->inflight);
    while (taken < most)
        if (atomic_compare_exchange_weak(&place->inflight, &taken, taken + 1))
            return true;
    return false;
}

bool place_has_room(const struct place *place, int64_t most)
{
    return atomic_load(&place->waiting) == 0 && atomic_load(&place->inflight) < most;
}

bool place_take(struct place *place, int64_t most)
{
    return atomic_load(&place->waiting) == 0 && take_any(place, most);
}

void place_give_back(struct place *place)
{
    atomic_fetch_sub(&place->inflight, 1);
}

/* ---- lines ---- */

static void show_first(struct line *line)
{
    atomic_store(&line->since_us, line->first ? line->first->since_us : 0);
}

bool place_wait(struct place *place, int worker, struct waiter *waiter, int64_t now_us)
{
    struct line *line = &place->lines[worker];
    if (line->count == WAITERS_MAX)
        return false;
    if (!line->first)
        line->end = &line->first;
    *waiter = (struct waiter){ NULL, now_us };
    *line->end = waiter;
    line->end = &waiter->next;
    line->count++;
    show_first(line);
    atomic_fetch_add(&place->waiting, 1);
    return true;
}

void place_leave(struct place *place, int worker, struct waiter *waiter)
{
    struct line *line = &place->lines[worker];
    struct waiter **link = &line->first;
    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
    if (!waiter->next)
        line->end = link;
    line->count--;
    show_first(line);
    atomic_fetch_sub(&place->waiting, 1);
}

int place_whose_turn(const struct place *place)
{
    int longest = -1;
    int64_t since_us = INT64_MAX;
    if (atomic_load(&place->waiting) == 0)
        return -1;
    for (int i = 0; i < SERVER_WORKERS_MAX; i++) {
        int64_t its = atomic_load(&place->lines[i].since_us);
        if (its == 0 || its >= since_us)
            continue;
        since_us = its;
        longest = i;
    }
    return longest;
}

struct waiter *place_serve(struct place *place, int worker, int64_t most)
{
    struct waiter *first = place->lines[worker].first;
    if (!first || place_whose_turn(place) != worker || !take_any(place, most))
        return NULL;
    place_leave(place, worker, first);
    return first;
}
