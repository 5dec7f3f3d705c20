/* admission.h - a provider is given `max_inflight` calls at the same time, and a route answers so
 * many requests; who comes when all are under way waits for at most the route's `max_wait`, in the
 * order of arrival, or is refused.
 *
 * A pile of requests that nobody will wait for helps neither clients nor providers, so lines are
 * short and waiting is bounded: above that it is `overloaded`, at once. */
#ifndef BOURSE_SERVE_ADMISSION_H
#define BOURSE_SERVE_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "places.h"
#include "timers.h"

struct exchange;
struct provider;
struct worker;

/* A part of the exchange: it waits for one place at a time. */
struct admission {
    struct waiter waiter;
    struct place *wanted; /* NULL: it does not wait */
    struct place **held;  /* where the place is noted once it is given */
    int64_t most;         /* that may hold one */
    struct timer timer;   /* it has waited long enough */
    int64_t waited_us;    /* in all */
    void (*admitted)(struct exchange *exchange);
    void (*refused)(struct exchange *exchange);
};

/* Would a call to the provider begin at once? */
bool admission_has_room(const struct exchange *exchange, const struct provider *provider);

/* A place for a call to the attempt's provider at once, or none. */
bool admission_take(struct exchange *exchange);

/* For a call to the attempt's provider, or for the route to take up the request: one of the two is
 * called, now or later. Until then the exchange waits, unless admission_leave says otherwise. */
void admission_ask(struct exchange *exchange, void (*admitted)(struct exchange *exchange),
                   void (*refused)(struct exchange *exchange));
void admission_ask_route(struct exchange *exchange, void (*admitted)(struct exchange *exchange),
                         void (*refused)(struct exchange *exchange));

/* The call has ended, or the exchange waits no longer. Nothing when neither is so. */
void admission_leave(struct exchange *exchange);
/* No call will be made any more; the same. */
void admission_leave_route(struct exchange *exchange);

/* After a wake: those whose turn it is. */
void admission_turn(struct worker *worker);

#endif
