/* places.h - how many calls a provider is given at the same time, or how many requests a route
 * answers, over all workers, and who is next.
 *
 *     place        one for each name: how many are under way, and a line for each worker
 *     line         exchanges of one worker in the order in which they came; only that worker sees
 *                  into it, all see since when its first one waits
 *
 * Whoever gives a call's place back has the worker woken whose first one waits longest. So the
 * order is that of arrival, over all workers, and no lock is held. Names are never forgotten: they
 * are as many as were ever configured. */
#ifndef BOURSE_SERVE_PLACES_H
#define BOURSE_SERVE_PLACES_H

#include <stdatomic.h>

#include "base/text.h"
#include "serve/server.h"

#define PLACES_MAX  256  /* names; those beyond are not limited */
#define WAITERS_MAX 1024 /* of a line */

/* Embedded in who waits. */
struct waiter {
    struct waiter *next;
    int64_t since_us;
};

struct line {
    struct waiter *first, **end;
    int count;
    _Atomic int64_t since_us; /* of the first one; 0: nobody waits */
};

struct place {
    _Atomic uint64_t key; /* 0: free */
    _Atomic int64_t inflight, waiting;
    struct line lines[SERVER_WORKERS_MAX];
};

struct places;

struct places *places_new(void);
void places_free(struct places *places);

/* NULL when there are too many names already. */
struct place *places_find(struct places *places, struct text name);
struct place *places_at(struct places *places, size_t index); /* below PLACES_MAX */

/* Would one who comes now be given a place at once? */
bool place_has_room(const struct place *place, int64_t most);
/* False when all are taken; who waits already goes first. */
bool place_take(struct place *place, int64_t most);
void place_give_back(struct place *place);

/* At the end of the worker's line; false when it is full. `now_us` is never 0. */
bool place_wait(struct place *place, int worker, struct waiter *waiter, int64_t now_us);
void place_leave(struct place *place, int worker, struct waiter *waiter);
/* The worker's first one leaves the line with a place, if it is its turn; else NULL. */
struct waiter *place_serve(struct place *place, int worker, int64_t most);

/* The worker to be woken: a place may be free and its first one waits longest; -1 for none. */
int place_whose_turn(const struct place *place);

#endif
