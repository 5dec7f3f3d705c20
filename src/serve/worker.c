/* worker.c - the loop: sleep, accept, ring, read, relay, write. */
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "accept.h"
#include "admission.h"
#include "base/clock.h"
#include "connection.h"
#include "quiet.h"
#include "reload.h"
#include "seat.h"

#define EVENTS_PER_TURN 256
#define SLEEP_MAX_MS    1000 /* so that the watchdog sees the loop turn */
#define PASSES_PER_TURN 8

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

static void on_wake(struct watch *watch, uint32_t events)
{
    struct worker *worker = (struct worker *)((char *)watch - offsetof(struct worker, wake));
    uint64_t count;
    (void)events;
    (void)!read(worker->wake_fd, &count, sizeof(count));
    reload_answer(worker);
    admission_turn(worker);
    if (atomic_load(&worker->server->phase) >= SERVER_DRAINS && !worker->draining) {
        accept_drain(worker);
        connections_drain(worker);
        atomic_store(&worker->draining, true);
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

bool worker_init(struct worker *worker, struct server *server, int index, struct snapshot *snapshot)
{
    worker->server = server;
    worker->index = index;
    worker->snapshot = snapshot_ref(snapshot);
    worker->now_ms = clock_ms();
    worker->wake.ready = on_wake;
    worker->reserve_fd = -1;
    arena_init(&worker->arena);
    worker->head_room = arena_alloc(&worker->arena, RAW_HEAD_MAX);
    timers_init(&worker->timers, worker->now_ms);
    body_spares_init(&worker->body_spares, &worker->timers);
    quiet_init(worker);
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    worker->upstream = upstream_new(worker->epoll_fd);
    return worker->epoll_fd >= 0 && worker->wake_fd >= 0 && worker->upstream &&
           watch_fd(worker, worker->wake_fd, EPOLLIN, &worker->wake) && accept_init(worker);
}

void worker_clear(struct worker *worker)
{
    connections_clear(worker);
    seats_clear(worker);
    accept_clear(worker);
    body_spares_clear(&worker->body_spares);
    upstream_free(worker->upstream);
    outbox_spares_clear(&worker->spares);
    snapshot_unref(atomic_exchange(&worker->next_snapshot, NULL));
    snapshot_unref(worker->snapshot);
    close(worker->epoll_fd);
    close(worker->wake_fd);
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
    int64_t ms = sooner(SLEEP_MAX_MS, timers_timeout_ms(&worker->timers, worker->now_ms));
    return (int)sooner(ms, upstream_timeout_ms(worker->upstream, worker->now_ms));
}

static void dispatch(const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        watch->ready(watch, events[i].events);
    }
}

/* Clients and providers answer each other within one turn, for a bounded number of passes. A large
 * upload goes on in the next one. Whether any client was looked after. */
static bool relay(struct worker *worker)
{
    bool ran_any = false;
    for (int pass = 0; pass < PASSES_PER_TURN; pass++) {
        bool ran = connections_turn(worker);
        bool due = upstream_timeout_ms(worker->upstream, worker->now_ms) == 0;
        ran_any = ran_any || ran;
        if (due)
            upstream_turn(worker->upstream, worker->now_ms);
        if ((!ran && !due) || worker->uploaded >= UPLOAD_PER_TURN)
            break;
    }
    return ran_any;
}

static void worker_turn(struct worker *worker)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(worker->epoll_fd, events, EVENTS_PER_TURN, sleep_ms(worker));
    worker->now_ms = clock_ms();
    worker->uploaded = 0;
    atomic_store_explicit(&worker->last_turn_ms, worker->now_ms, memory_order_relaxed);
    take_snapshot(worker);

    upstream_be_frugal(worker->upstream, outbox_is_scarce(&worker->server->totals->buffered_bytes,
                                                          worker->snapshot->limits.buffered_bytes));

    dispatch(events, count);
    timers_turn(&worker->timers, worker->now_ms);
    bool ran = relay(worker);
    upstream_turn_bulk(worker->upstream, count, ran);
    connections_bury(worker);
}

void *worker_run(void *argument)
{
    struct worker *worker = argument;
    while (atomic_load(&worker->server->phase) != SERVER_STOPS)
        worker_turn(worker);
    arena_forget_spares();
    return NULL;
}
