/* live_route.c - what is remembered of a route: what it is doing, and how many second attempts it
 * may still start. */
#include "state/live.h"

#include "slot.h"

#define HEDGE_UNITS 1000000 /* of one second attempt */

struct live_route {
    const char *name;
    _Atomic int64_t left; /* units: what its requests have earned and nobody has taken */
    struct gauge inflight, waiting;
    struct counter hedges, hedges_withheld;
};

/* A route with little traffic may start one before it has earned it. */
static struct live_route *route_new(struct live *live, const char *name)
{
    struct live_route *route = arena_new(&live->arena, struct live_route);
    route->name = arena_string(&live->arena, name);
    atomic_init(&route->left, HEDGE_UNITS);
    return route;
}

static struct live_route *route_locked(struct live *live, const char *name)
{
    struct live_route *route = map_find(&live->routes_by_name, text_of(name));
    if (route)
        return route;
    if (live->routes_by_name.count < LIVE_ROUTES_MAX) {
        route = route_new(live, name);
        map_add(&live->routes_by_name, text_of(route->name), route);
        return route;
    }
    if (!live->other_route)
        live->other_route = route_new(live, "other");
    return live->other_route;
}

struct live_route *live_route_slot(struct live *live, const char *route)
{
    pthread_mutex_lock(&live->lock);
    struct live_route *slot = route_locked(live, route);
    pthread_mutex_unlock(&live->lock);
    return slot;
}

void live_hedge_note_request(struct live_route *route, double share)
{
    const int64_t most = (int64_t)HEDGES_MOST * HEDGE_UNITS;
    int64_t earned = (int64_t)(share * HEDGE_UNITS + 0.5);
    int64_t left = atomic_load_explicit(&route->left, memory_order_relaxed), then;
    do {
        then = left + earned < most ? left + earned : most;
    } while (then != left &&
             !atomic_compare_exchange_weak_explicit(&route->left, &left, then, memory_order_relaxed,
                                                    memory_order_relaxed));
}

bool live_hedge_take(struct live_route *route)
{
    int64_t left = atomic_load_explicit(&route->left, memory_order_relaxed);
    while (left >= HEDGE_UNITS)
        if (atomic_compare_exchange_weak_explicit(&route->left, &left, left - HEDGE_UNITS,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            counter_add(&route->hedges, 1);
            return true;
        }
    counter_add(&route->hedges_withheld, 1);
    return false;
}

void live_route_note_inflight(struct live_route *route, int change)
{
    gauge_add(&route->inflight, change);
}

void live_route_note_waiting(struct live_route *route, int change)
{
    gauge_add(&route->waiting, change);
}

void live_route_report(const struct live_route *route, struct live_route_report *ret_report)
{
    *ret_report = (struct live_route_report){
        .inflight = gauge_read(&route->inflight),
        .waiting = gauge_read(&route->waiting),
        .hedges = counter_read(&route->hedges),
        .hedges_withheld = counter_read(&route->hedges_withheld),
    };
}
