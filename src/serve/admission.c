/* admission.c - who may call a provider, or be taken up by a route, now; who waits; who is refused.
 */
#include "admission.h"

#include "base/clock.h"
#include "exchange.h"

static struct place *place_of(const struct exchange *exchange, const struct provider *provider)
{
    return places_find(exchange->worker->server->places, text_of(provider->object.name));
}

bool admission_has_room(const struct exchange *exchange, const struct provider *provider)
{
    const struct place *place = place_of(exchange, provider);
    return !place || place_has_room(place, provider->max_inflight);
}

/* NULL where no route is named, or a model by its own name. */
static struct live_route *route_slot(const struct exchange *exchange)
{
    const struct snapshot *snapshot = exchange->snapshot;
    const struct route *route = exchange->route;
    bool is_written = route && route->index < snapshot->policy.route_count;
    return is_written ? snapshot->route_slots[route->index] : NULL;
}

static bool is_for_route(const struct exchange *exchange)
{
    return exchange->admission.held == &exchange->route_place;
}

/* The one who waits longest may be another worker's. */
static void pass_on(struct worker *worker, const struct place *place)
{
    int next = place_whose_turn(place);
    if (next >= 0)
        worker_wake(&worker->server->workers[next]);
}

/* ---- waiting ---- */

static void count_waiting(struct exchange *exchange, int change)
{
    struct live_route *route = route_slot(exchange);
    gauge_add(&exchange->worker->server->totals->waiting, change);
    if (route && is_for_route(exchange))
        live_route_note_waiting(route, change);
}

static void stop_waiting(struct exchange *exchange)
{
    struct admission *admission = &exchange->admission;
    struct worker *worker = exchange->worker;
    int64_t waited_us = clock_us() - admission->waiter.since_us;
    timer_stop(&worker->timers, &admission->timer);
    admission->waited_us += waited_us;
    if (!exchange->first_call_us)
        exchange->ready_us += waited_us; /* it is not we who took so long */
    admission->wanted = NULL;
    count_waiting(exchange, -1);
}

static void leave_line(struct exchange *exchange)
{
    struct place *place = exchange->admission.wanted;
    place_leave(place, exchange->worker->index, &exchange->admission.waiter);
    stop_waiting(exchange);
    pass_on(exchange->worker, place);
}

static void on_waited_enough(struct timer *timer)
{
    struct exchange *exchange =
        (struct exchange *)((char *)timer - offsetof(struct exchange, admission.timer));
    leave_line(exchange);
    exchange->admission.refused(exchange);
}

/* On a path that names no route, as on a route that says nothing. */
#define PATIENCE_MS 5000

static int64_t patience_ms(const struct exchange *exchange)
{
    int64_t route_ms = exchange->route ? exchange->route->max_wait_ms : PATIENCE_MS;
    int64_t client_ms =
        exchange->deadline_ms ? exchange->deadline_ms - exchange->worker->now_ms : INT64_MAX;
    return route_ms < client_ms ? route_ms : client_ms;
}

/* For a place that was asked for and is not free. */
static bool wait_for(struct exchange *exchange, struct place *place)
{
    struct worker *worker = exchange->worker;
    struct admission *admission = &exchange->admission;
    int64_t wait_ms = patience_ms(exchange);
    if (wait_ms <= 0 || !place_wait(place, worker->index, &admission->waiter, clock_us()))
        return false;
    admission->wanted = place;
    admission->timer.ring = on_waited_enough;
    timer_arm(&worker->timers, &admission->timer, worker->now_ms + wait_ms);
    count_waiting(exchange, 1);
    if (atomic_load(&place->inflight) < admission->most)
        pass_on(worker, place); /* one was given back while we were joining the line */
    return true;
}

/* ---- */

bool admission_take(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct place *place = place_of(exchange, attempt->provider);
    if (place && !place_take(place, attempt->provider->max_inflight))
        return false;
    attempt->place = place;
    return true;
}

/* `place` is NULL where there is no limit. */
static void admit(struct exchange *exchange, struct place *place)
{
    *exchange->admission.held = place;
    if (is_for_route(exchange))
        exchange->taken_up = route_slot(exchange);
    if (is_for_route(exchange) && exchange->taken_up)
        live_route_note_inflight(exchange->taken_up, 1);
    exchange->admission.admitted(exchange);
}

/* What is asked for stands in the admission; a place that does not exist has no limit. */
static void ask(struct exchange *exchange, struct place *place,
                void (*admitted)(struct exchange *exchange),
                void (*refused)(struct exchange *exchange))
{
    struct admission *admission = &exchange->admission;
    admission->admitted = admitted;
    admission->refused = refused;
    if (!place || place_take(place, admission->most)) {
        admit(exchange, place);
    } else if (!wait_for(exchange, place)) {
        refused(exchange);
    }
}

void admission_ask(struct exchange *exchange, void (*admitted)(struct exchange *exchange),
                   void (*refused)(struct exchange *exchange))
{
    struct attempt *attempt = exchange->attempt;
    exchange->admission.held = &attempt->place;
    exchange->admission.most = attempt->provider->max_inflight;
    ask(exchange, place_of(exchange, attempt->provider), admitted, refused);
}

void admission_ask_route(struct exchange *exchange, void (*admitted)(struct exchange *exchange),
                         void (*refused)(struct exchange *exchange))
{
    const struct route *route = exchange->route;
    struct places *places = exchange->worker->server->route_places;
    bool is_limited = route && route->max_inflight;
    exchange->admission.held = &exchange->route_place;
    exchange->admission.most = is_limited ? route->max_inflight : 0;
    ask(exchange, is_limited ? places_find(places, text_of(route->object.name)) : NULL, admitted,
        refused);
}

static void give_back(struct exchange *exchange, struct place **held)
{
    struct place *place = *held;
    if (!place)
        return;
    *held = NULL;
    place_give_back(place);
    pass_on(exchange->worker, place);
}

void admission_leave(struct exchange *exchange)
{
    if (exchange->admission.wanted)
        leave_line(exchange);
    give_back(exchange, &exchange->attempt->place);
}

void admission_leave_route(struct exchange *exchange)
{
    give_back(exchange, &exchange->route_place);
    if (exchange->taken_up)
        live_route_note_inflight(exchange->taken_up, -1);
    exchange->taken_up = NULL;
}

static struct exchange *first_of(const struct place *place, const struct worker *worker)
{
    struct waiter *first = place->lines[worker->index].first;
    return first ? (struct exchange *)((char *)first - offsetof(struct exchange, admission.waiter))
                 : NULL;
}

static void serve_line(struct worker *worker, struct place *place)
{
    struct exchange *exchange;
    while ((exchange = first_of(place, worker)) &&
           place_serve(place, worker->index, exchange->admission.most)) {
        stop_waiting(exchange);
        admit(exchange, place);
    }
    if (place_whose_turn(place) != worker->index)
        pass_on(worker, place);
}

void admission_turn(struct worker *worker)
{
    if (gauge_read(&worker->server->totals->waiting) == 0)
        return;
    for (size_t i = 0; i < PLACES_MAX; i++) {
        serve_line(worker, places_at(worker->server->places, i));
        serve_line(worker, places_at(worker->server->route_places, i));
    }
}
