/* worker.c - the loop: sleep, accept, ring, read, relay, write. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "connection.h"
#include "reload.h"

#define EVENTS_PER_TURN 256
#define SAFETY_TICK_MS  100  /* libmicrohttpd 0.9.75 may skip a connection that is ready */
#define SLEEP_MAX_MS    1000 /* so that the watchdog sees the loop turn */
#define PASSES_PER_TURN 8

/* A listening socket in this worker's epoll. */
struct listening {
    struct watch watch;
    struct worker *worker;
    int fd;
    bool admin;
};

static void on_listening(struct watch *watch, uint32_t events)
{
    struct listening *listening = (struct listening *)watch;
    (void)events;
    connections_accept(listening->worker, listening->fd, listening->admin);
}

/* At the beginning of each turn, not only when woken for it: a request that was sent after a reload
 * was answered must not be decided by what was configured before. */
static void take_snapshot(struct worker *worker)
{
    if (!atomic_load_explicit(&worker->next_snapshot, memory_order_relaxed))
        return;
    struct snapshot *next = atomic_exchange(&worker->next_snapshot, NULL);
    if (!next)
        return;
    snapshot_unref(worker->snapshot);
    worker->snapshot = next;
}

/* Clients that come now wait in the kernel's queue for a successor, or are refused. The admin's
 * stay: readiness must be able to say that we drain. */
static void unwatch_listeners(struct worker *worker)
{
    const struct server *server = worker->server;
    for (int i = 0; i < server->listen_count; i++)
        if (!server->listen_admin[i])
            epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, server->listen_fds[i], NULL);
}

static void on_wake(struct watch *watch, uint32_t events)
{
    struct worker *worker = (struct worker *)((char *)watch - offsetof(struct worker, wake));
    uint64_t count;
    (void)events;
    (void)!read(worker->wake_fd, &count, sizeof(count));
    reload_answer(worker);
    if (atomic_load(&worker->server->draining) && !worker->draining) {
        worker->draining = true;
        unwatch_listeners(worker);
        connections_close_idle(worker);
    }
}

void worker_wake(struct worker *worker)
{
    uint64_t one = 1;
    (void)!write(worker->wake_fd, &one, sizeof(one));
}

static bool watch_fd(struct worker *worker, int fd, uint32_t events, struct watch *watch)
{
    struct epoll_event event = { .events = events, .data.ptr = watch };
    return epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The admin listener belongs to the first worker; the others share the public ones. */
static bool watch_listeners(struct worker *worker)
{
    struct server *server = worker->server;
    for (int i = 0; i < server->listen_count; i++) {
        if (server->listen_admin[i] && worker->index > 0)
            continue;
        struct listening *listening = arena_new(&worker->arena, struct listening);
        *listening = (struct listening){
            { on_listening }, worker, server->listen_fds[i], server->listen_admin[i]
        };
        if (!watch_fd(worker, listening->fd, EPOLLIN | EPOLLEXCLUSIVE, &listening->watch))
            return false;
    }
    return true;
}

static bool start_shards(struct worker *worker)
{
    for (int i = 0; i < SHARDS_PER_WORKER; i++)
        if (!shard_init(&worker->shards[i], worker, false))
            return false;
    return worker->index > 0 || shard_init(&worker->admin_shard, worker, true);
}

bool worker_init(struct worker *worker, struct server *server, int index, struct snapshot *snapshot)
{
    worker->server = server;
    worker->index = index;
    worker->snapshot = snapshot_ref(snapshot);
    worker->now_ms = clock_ms();
    worker->wake.ready = on_wake;
    arena_init(&worker->arena);
    timers_init(&worker->timers, worker->now_ms);
    body_spares_init(&worker->body_spares, &worker->timers);
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    worker->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    worker->upstream = upstream_new(worker->epoll_fd);
    return worker->epoll_fd >= 0 && worker->wake_fd >= 0 && worker->upstream &&
           watch_fd(worker, worker->wake_fd, EPOLLIN, &worker->wake) && start_shards(worker) &&
           watch_listeners(worker);
}

void worker_clear(struct worker *worker)
{
    for (int i = 0; i < SHARDS_PER_WORKER; i++)
        shard_clear(&worker->shards[i]);
    shard_clear(&worker->admin_shard);
    body_spares_clear(&worker->body_spares);
    connections_bury(worker);
    upstream_free(worker->upstream);
    outbox_spares_clear(&worker->spares);
    snapshot_unref(atomic_exchange(&worker->next_snapshot, NULL));
    snapshot_unref(worker->snapshot);
    close(worker->epoll_fd);
    close(worker->wake_fd);
    close(worker->reserve_fd);
    free(worker->by_fd);
    free(worker->figures);
    arena_clear(&worker->arena);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return b >= 0 && b < a ? b : a;
}

static int sleep_ms(struct worker *worker)
{
    if (worker->wanted)
        return 0;
    int64_t ms = worker->connections > 0 ? SAFETY_TICK_MS : SLEEP_MAX_MS;
    ms = sooner(ms, timers_timeout_ms(&worker->timers, worker->now_ms));
    return (int)sooner(ms, upstream_timeout_ms(worker->upstream, worker->now_ms));
}

static void dispatch(const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        watch->ready(watch, events[i].events);
    }
}

/* Now and then, a look for what libmicrohttpd has overlooked. */
static void want_all(struct worker *worker)
{
    if (worker->now_ms - worker->looked_ms < SAFETY_TICK_MS)
        return;
    worker->looked_ms = worker->now_ms;
    for (int i = 0; i < SHARDS_PER_WORKER; i++)
        if (worker->shards[i].connections > 0)
            shard_want(&worker->shards[i]);
}

/* Clients and providers answer each other within one turn, for a bounded number of passes. A large
 * upload goes on in the next one. */
static void relay(struct worker *worker)
{
    for (int pass = 0; pass < PASSES_PER_TURN; pass++) {
        bool ran = shards_turn(worker);
        bool due = upstream_timeout_ms(worker->upstream, worker->now_ms) == 0;
        if (due)
            upstream_turn(worker->upstream, worker->now_ms);
        if ((!ran && !due) || worker->uploaded >= UPLOAD_PER_TURN)
            return;
    }
}

static void worker_turn(struct worker *worker)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(worker->epoll_fd, events, EVENTS_PER_TURN, sleep_ms(worker));
    worker->now_ms = clock_ms();
    worker->uploaded = 0;
    atomic_store_explicit(&worker->last_turn_ms, worker->now_ms, memory_order_relaxed);
    take_snapshot(worker);

    dispatch(events, count);
    timers_turn(&worker->timers, worker->now_ms);
    want_all(worker);
    relay(worker);
    connections_bury(worker);
}

void *worker_run(void *argument)
{
    struct worker *worker = argument;
    while (!atomic_load(&worker->server->stopping))
        worker_turn(worker);
    arena_forget_spares();
    return NULL;
}
