/* connection.c - a client's connection: its events, its deadlines, its turns and its end.
 *
 * Its socket stands in the worker's epoll for everything, edge-triggered, from accept to close. An
 * event only marks the connection; what there is to do depends on its state, and is done when it is
 * run. */
#include "connection.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exchange.h"
#include "intake.h"
#include "refusal.h"
#include "seat.h"

#define KEEP_ALIVE_MS 75000 /* a client's connection may wait so long for its next request */

/* So long when we are about to stop, and so long when a successor serves already. One that is
 * closed in the moment in which its client sends a request loses it: better that the client is told
 * with an answer, and the longer we wait the more of them are. */
#define DRAIN_GRACE_MS     500
#define SUCCESSOR_GRACE_MS 5000

void connection_want(struct connection *connection)
{
    struct worker *worker = connection->worker;
    if (connection->wanted || connection->state == CONNECTION_DEAD)
        return;
    connection->wanted = true;
    connection->next_wanted = worker->wanted;
    worker->wanted = connection;
}

void connection_pause(struct connection *connection)
{
    connection->paused = true;
}

void connection_resume(struct connection *connection)
{
    if (!connection->paused)
        return;
    connection->paused = false;
    connection->resumed = true;
    connection_want(connection);
}

void connection_cut(struct connection *connection)
{
    if (connection->state == CONNECTION_DEAD)
        return;
    connection->state = CONNECTION_CUT;
    connection_want(connection);
}

void connection_expect_request(struct connection *connection, int64_t within_ms)
{
    struct worker *worker = connection->worker;
    timer_arm(&worker->timers, &connection->timer, worker->now_ms + within_ms);
}

static int64_t grace_ms(const struct worker *worker)
{
    return worker->server->superseded ? SUCCESSOR_GRACE_MS : DRAIN_GRACE_MS;
}

static int64_t patience_ms(const struct worker *worker, int64_t usual_ms)
{
    return worker->draining ? grace_ms(worker) : usual_ms;
}

/* Bytes that have come in the meantime have had their event already. */
void connection_request_done(struct connection *connection)
{
    if (connection->state != CONNECTION_ADMITTED)
        return;
    connection->paused = false;
    if (connection->gone) {
        connection_cut(connection);
        return;
    }
    connection->state = CONNECTION_WAITS;
    connection_expect_request(connection, patience_ms(connection->worker, KEEP_ALIVE_MS));
    if (connection->stirred)
        connection_want(connection);
}

/* ---- events ---- */

/* Whoever left in the middle of an exchange needs no more of it. What was sent before is looked at.
 */
static void client_gone(struct connection *connection)
{
    connection->gone = true;
    if (connection->state != CONNECTION_ADMITTED || !connection->exchange)
        return;
    exchange_client_gone(connection->exchange);
    connection_cut(connection);
}

static void on_client_event(struct watch *watch, uint32_t events)
{
    struct connection *connection = (struct connection *)watch;
    if (connection->state == CONNECTION_DEAD)
        return;
    connection->stirred = connection->stirred || (events & EPOLLIN);
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        client_gone(connection);
    connection_want(connection);
}

/* One that waits for a request may be closed in silence; one whose request has begun to arrive is
 * told. */
static void on_deadline(struct timer *timer)
{
    struct connection *connection =
        (struct connection *)((char *)timer - offsetof(struct connection, timer));
    if (connection->state == CONNECTION_WAITS && connection->begun)
        refusal_tell(connection, FAIL_SLOW_REQUEST, NULL, NULL);
    else
        connection_cut(connection);
}

/* ---- turns ---- */

static void close_now(struct connection *connection)
{
    if (connection->seat) {
        seat_close(connection->seat);
        return;
    }
    connection_end(connection);
    close(connection->fd);
}

/* From what state to what state is for the steps to say; each may be the last. */
static void run(struct connection *connection)
{
    if (connection->state == CONNECTION_WAITS)
        intake_look(connection);
    if (connection->state == CONNECTION_ADMITTED && !connection->paused)
        seat_run(connection->seat);
    if (connection->state == CONNECTION_LINGERS)
        refusal_linger(connection);
    if (connection->state == CONNECTION_CUT)
        close_now(connection);
}

/* A response may be given to libmicrohttpd before it asks for it, which saves a run. */
static void answer_resumed(struct connection *connection)
{
    bool resumed = connection->resumed && connection->state == CONNECTION_ADMITTED;
    connection->resumed = false;
    if (resumed && connection->exchange)
        exchange_on_resume(connection->exchange);
}

/* All answers first, then all sends: whoever is woken by the first finds the others too. */
bool connections_turn(struct worker *worker)
{
    struct connection *connection = worker->wanted;
    bool ran = connection != NULL;
    worker->wanted = NULL;
    for (struct connection *next = connection; next; next = next->next_wanted)
        answer_resumed(next);
    while (connection) {
        struct connection *next = connection->next_wanted;
        connection->wanted = false;
        run(connection);
        connection = next;
    }
    return ran;
}

/* ---- all of them ---- */

static bool room_for_fd(struct worker *worker, int fd)
{
    size_t room = worker->by_fd_room ? worker->by_fd_room : 256;
    while (room <= (size_t)fd)
        room *= 2;
    if (room == worker->by_fd_room)
        return true;
    struct connection **grown = realloc(worker->by_fd, room * sizeof(*grown));
    if (!grown)
        return false;
    memset(grown + worker->by_fd_room, 0, (room - worker->by_fd_room) * sizeof(*grown));
    worker->by_fd = grown;
    worker->by_fd_room = room;
    return true;
}

void connection_start(struct worker *worker, int fd, bool admin)
{
    struct connection *connection = room_for_fd(worker, fd) ? calloc(1, sizeof(*connection)) : NULL;
    if (!connection) {
        close(fd);
        return;
    }
    connection->watch.ready = on_client_event;
    connection->timer.ring = on_deadline;
    connection->worker = worker;
    connection->admin = admin;
    connection->fd = fd;
    worker->connections++;
    worker->by_fd[fd] = connection;
    gauge_add(&worker->server->totals->connections, admin ? 0 : 1);
    counter_add(&worker->server->totals->connections_accepted, 1);

    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = &connection->watch };
    connection_expect_request(connection,
                              patience_ms(worker, worker->snapshot->limits.header_timeout_ms));
    if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        connection_cut(connection);
}

/* Before the socket is closed: closing alone does not take it out of the epoll while a process that
 * was just forked still has it, and its next event would lead to freed memory. */
void connection_end(struct connection *connection)
{
    struct worker *worker = connection->worker;
    epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    timer_stop(&worker->timers, &connection->timer);
    worker->by_fd[connection->fd] = NULL;
    worker->connections--;
    gauge_add(&worker->server->totals->connections, connection->admin ? 0 : -1);
    connection->state = CONNECTION_DEAD;
    connection->next_dead = worker->dead;
    worker->dead = connection;
}

void connections_drain(struct worker *worker)
{
    for (size_t fd = 0; fd < worker->by_fd_room; fd++) {
        struct connection *connection = worker->by_fd[fd];
        if (connection && connection->state == CONNECTION_WAITS && !connection->begun &&
            (!connection->admin || worker->server->superseded))
            connection_expect_request(connection, grace_ms(worker));
    }
}

void connections_clear(struct worker *worker)
{
    for (size_t fd = 0; fd < worker->by_fd_room; fd++) {
        struct connection *connection = worker->by_fd[fd];
        if (!connection)
            continue;
        if (connection->exchange)
            exchange_client_gone(connection->exchange);
        close_now(connection);
    }
    connections_turn(worker);
    connections_bury(worker);
}

/* One that is wanted still is on a list; a later turn takes it off and buries it. */
void connections_bury(struct worker *worker)
{
    struct connection **link = &worker->dead;
    while (*link) {
        struct connection *connection = *link;
        if (connection->wanted) {
            link = &connection->next_dead;
            continue;
        }
        *link = connection->next_dead;
        if (connection->seat)
            seat_leave(connection->seat);
        free(connection->uri);
        free(connection);
    }
}
