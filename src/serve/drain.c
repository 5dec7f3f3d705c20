/* drain.c - the end of serving: readiness goes first, then what has begun is finished. */
#include "drain.h"

#include <poll.h>

#include "base/clock.h"
#include "base/log.h"
#include "listeners.h"
#include "notify.h"
#include "signals.h"
#include "watchdog.h"

#define LOOK_MS 50

/* The signal that ends the waiting. Who stops a service tells all of its processes at once, and
 * systemd tells those that are left once more when the main one has ended: one that finishes its
 * part for a successor goes on after both. */
#define SIGNALS            1
#define SIGNALS_SUPERSEDED 3

void drain_learn(struct server *server, const struct snapshot *snapshot)
{
    server->drain_timeout_ms = snapshot->drain_timeout_ms;
    server->drain_delay_ms = snapshot->drain_delay_ms;
}

static void enter(struct server *server, enum server_phase phase)
{
    atomic_store(&server->phase, phase);
    for (int i = 0; i < server->worker_count; i++)
        worker_wake(&server->workers[i]);
}

static bool all_drain(const struct server *server)
{
    for (int i = 0; i < server->worker_count; i++)
        if (!atomic_load(&server->workers[i].draining))
            return false;
    return true;
}

/* Nobody is being answered, and nobody who was let in has yet to be. */
static bool all_settled(const struct server *server)
{
    return all_drain(server) && gauge_read(&server->totals->exchanges) == 0 &&
           gauge_read(&server->totals->connections) == 0;
}

static bool never(const struct server *server)
{
    (void)server;
    return false;
}

/* One end of a process. */
struct ending {
    struct server *server;
    int signal_fd;
    int signals_left; /* the last one ends the waiting */
};

/* False when a signal has ended it. */
static bool wait_until(struct ending *ending, int64_t until_ms,
                       bool (*is_done)(const struct server *server))
{
    struct pollfd fd = { ending->signal_fd, POLLIN, 0 };
    while (!is_done(ending->server) && clock_ms() < until_ms) {
        poll(&fd, 1, LOOK_MS);
        if (!signals_take(ending->server, ending->signal_fd) && --ending->signals_left == 0)
            return false;
        watchdog_turn(ending->server);
    }
    return true;
}

/* Load balancers have to notice that we are about to go, before clients meet a closed door. */
static bool leave(struct ending *ending)
{
    struct server *server = ending->server;
    notify("STOPPING=1");
    enter(server, SERVER_LEAVES);
    return server->drain_delay_ms == 0 ||
           wait_until(ending, clock_ms() + server->drain_delay_ms, never);
}

/* Sockets that nobody will take clients from are closed, so that these hear it at once. */
static bool close_the_door(struct ending *ending, int64_t until_ms)
{
    enter(ending->server, SERVER_DRAINS);
    if (!wait_until(ending, until_ms, all_drain))
        return false;
    if (!ending->server->superseded)
        listeners_close_own(ending->server);
    return true;
}

static bool finish(struct ending *ending)
{
    struct server *server = ending->server;
    log_say(LOG_INFO, "drain", "finishing what has begun, at most %lld s",
            (long long)(server->drain_timeout_ms / 1000));
    if (!server->superseded && !leave(ending))
        return false;
    int64_t until_ms = clock_ms() + server->drain_timeout_ms;
    return close_the_door(ending, until_ms) && wait_until(ending, until_ms, all_settled);
}

void drain(struct server *server, int signal_fd)
{
    struct ending ending = { server, signal_fd, server->superseded ? SIGNALS_SUPERSEDED : SIGNALS };
    if (!finish(&ending))
        log_say(LOG_WARN, "drain", "told again to stop: what has not ended is cut");
    enter(server, SERVER_STOPS);
}
