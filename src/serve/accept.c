/* accept.c - taking clients, and what happens when there are no descriptors left.
 *
 * A client that cannot be accepted keeps its listening socket ready, and the loop would spin. So a
 * descriptor is held in reserve: it is given up to take the client, who is told to come back, and
 * is taken again. When even that fails, the listening sockets are left alone for a moment. */
#include "accept.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "connection.h"
#include "refusal.h"

#define ACCEPTS_PER_TURN 64
#define LAST_ACCEPTS     4096 /* the kernel's queue */
#define PAUSE_MS         100
#define UNSENT_MAX       (128 << 10)

/* A listening socket in this worker's epoll. */
struct listening {
    struct watch watch;
    struct worker *worker;
    struct listening *next;
    int fd;
    bool admin;
};

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool watch(struct listening *listening)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE,
                                 .data.ptr = &listening->watch };
    return epoll_ctl(listening->worker->epoll_fd, EPOLL_CTL_ADD, listening->fd, &event) == 0;
}

static void unwatch(struct listening *listening)
{
    epoll_ctl(listening->worker->epoll_fd, EPOLL_CTL_DEL, listening->fd, NULL);
}

/* Readiness must be able to say that we drain, unless a successor says that it serves. */
static bool stays(const struct listening *listening)
{
    return listening->admin && !listening->worker->server->superseded;
}

static void on_pause_over(struct timer *timer)
{
    struct worker *worker =
        (struct worker *)((char *)timer - offsetof(struct worker, accept_again));
    if (worker->reserve_fd < 0)
        worker->reserve_fd = open_reserve();
    for (struct listening *each = worker->listening; each; each = each->next)
        if (!worker->draining || stays(each))
            watch(each);
}

static void pause_accepting(struct worker *worker)
{
    for (struct listening *each = worker->listening; each; each = each->next)
        unwatch(each);
    timer_arm(&worker->timers, &worker->accept_again, worker->now_ms + PAUSE_MS);
}

static void turn_away(struct worker *worker, int fd)
{
    counter_add(&worker->server->totals->connections_refused, 1);
    refusal_turn_away(fd);
    close(fd);
}

static int take_client(int listen_fd)
{
    return accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* False when nobody could be taken. */
static bool turn_one_away(struct worker *worker, int listen_fd)
{
    if (worker->reserve_fd < 0)
        return false;
    close(worker->reserve_fd);
    int fd = take_client(listen_fd);
    if (fd >= 0)
        turn_away(worker, fd);
    worker->reserve_fd = open_reserve();
    return fd >= 0;
}

static bool is_full(const struct worker *worker)
{
    return gauge_read(&worker->server->totals->connections) >= worker->snapshot->limits.connections;
}

/* The kernel would keep up to 4 MB for a client that does not read: that is neither in our books
 * nor slows its provider down. What is on its way is not bounded by this. Nothing to a unix socket.
 */
static void tune(int fd)
{
    int on = 1, unsent = UNSENT_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

static void welcome(struct worker *worker, int fd, bool admin)
{
    if (!admin && is_full(worker)) {
        turn_away(worker, fd);
        return;
    }
    tune(fd);
    connection_start(worker, fd, admin);
}

/* Why nobody could be taken; false when nobody is waiting. */
static bool is_out_of_descriptors(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* False when they wait and cannot be taken. */
static bool take_clients(struct listening *listening, int most)
{
    struct worker *worker = listening->worker;
    for (int i = 0; i < most; i++) {
        int fd = take_client(listening->fd);
        if (fd >= 0)
            welcome(worker, fd, listening->admin);
        else if (!is_out_of_descriptors(errno))
            return true;
        else if (!turn_one_away(worker, listening->fd))
            return false;
    }
    return true;
}

static void on_listening(struct watch *watched, uint32_t events)
{
    struct listening *listening = (struct listening *)watched;
    struct worker *worker = listening->worker;
    (void)events;
    if (take_clients(listening, ACCEPTS_PER_TURN))
        return;
    log_say(LOG_WARN, "accept", "there are no descriptors left; pausing for %d ms", PAUSE_MS);
    pause_accepting(worker);
}

/* The admin listener belongs to the first worker; the others share the public ones. */
bool accept_init(struct worker *worker)
{
    struct server *server = worker->server;
    worker->reserve_fd = open_reserve();
    worker->accept_again.ring = on_pause_over;
    for (int i = 0; i < server->listener_count; i++) {
        const struct listener *listener = &server->listeners[i];
        if (listener->admin && worker->index > 0)
            continue;
        struct listening *listening = arena_new(&worker->arena, struct listening);
        *listening = (struct listening){
            { on_listening }, worker, worker->listening, listener->fd, listener->admin
        };
        worker->listening = listening;
        if (!watch(listening))
            return false;
    }
    return true;
}

void accept_clear(struct worker *worker)
{
    if (worker->reserve_fd >= 0)
        close(worker->reserve_fd);
}

/* The kernel wakes one loop for each client (EPOLLEXCLUSIVE). Those who were announced to this one
 * are waited for by nobody else, so they are taken after the last announcement. */
void accept_drain(struct worker *worker)
{
    for (struct listening *each = worker->listening; each; each = each->next) {
        if (stays(each))
            continue;
        unwatch(each);
        (void)take_clients(each, LAST_ACCEPTS);
        each->fd = -1; /* it may be closed from now on */
    }
}
