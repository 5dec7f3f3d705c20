/* connection.c - accepting clients, handing them to the emptiest shard, and knowing when they
 * leave.
 *
 * While libmicrohttpd has a connection suspended it does not look at its socket. So the socket
 * stands in our own epoll too, for the one event that matters then: the client has left. */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "exchange.h"

#define ACCEPTS_PER_TURN 64
#define RUNS_PER_TURN    8     /* of a shard's daemon */
#define KEEP_ALIVE_MS    75000 /* a client's connection may wait so long for its next request */
#define CONNECTION_POOL  ((size_t)16 << 10)

static void on_client_event(struct watch *watch, uint32_t events)
{
    struct connection *connection = (struct connection *)watch;
    (void)events;
    connection->gone = true;
    if (connection->exchange)
        exchange_client_gone(connection->exchange);
    shard_want(connection->shard);
}

/* libmicrohttpd has written nothing for this request yet, so the socket is free for a last word. */
void connection_tell_raw(struct connection *connection, enum fail fail)
{
    const struct error_note note = { .fail = fail };
    struct buffer body, reply;
    char id[EXCHANGE_ID_SIZE];
    random_id(id, sizeof(id), "req_");
    buffer_init(&body, 4096);
    buffer_init(&reply, 8192);
    error_write(&body, &note);
    buffer_printf(&reply,
                  "HTTP/1.1 %d Error\r\nContent-Type: application/json\r\nConnection: close\r\n"
                  "x-request-id: %s\r\nContent-Length: %zu\r\n\r\n%.*s",
                  fail_row(fail)->status, connection->exchange ? connection->exchange->id : id,
                  body.len, TEXT_ARGS(buffer_text(&body)));
    if (connection->exchange)
        connection->exchange->status = fail_row(fail)->status;
    (void)!send(connection->fd, reply.data, reply.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    buffer_clear(&body);
    buffer_clear(&reply);
    shutdown(connection->fd, SHUT_WR);
}

void connection_refuse_raw(struct connection *connection, enum fail fail)
{
    connection_tell_raw(connection, fail);
    connection_cut(connection);
}

/* A connection that waits for its next request may be closed in silence; one whose first or next
 * request has begun to arrive is told. */
static void on_deadline(struct timer *timer)
{
    struct connection *connection =
        (struct connection *)((char *)timer - offsetof(struct connection, timer));
    if (connection->served)
        connection_cut(connection);
    else
        connection_refuse_raw(connection, FAIL_SLOW_REQUEST);
}

void connection_cut(struct connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    shard_want(connection->shard);
}

void connection_expect_request(struct connection *connection, int64_t within_ms)
{
    struct worker *worker = connection->shard->worker;
    timer_arm(&worker->timers, &connection->timer, worker->now_ms + within_ms);
}

void connection_pause(struct connection *connection)
{
    if (connection->waits)
        return;
    if (connection->shard->held < HELD_MAX) {
        connection->waits = WAITS_HELD;
        connection->shard->held++;
    } else {
        connection->waits = WAITS_SUSPENDED;
        MHD_suspend_connection(connection->mhd);
    }
}

static void list_resumed(struct connection *connection)
{
    struct shard *shard = connection->shard;
    if (connection->resumed)
        return;
    connection->resumed = true;
    connection->next_resumed = shard->resumed;
    shard->resumed = connection;
}

static void unlist_resumed(struct connection *connection)
{
    struct connection **at = &connection->shard->resumed;
    if (!connection->resumed)
        return;
    while (*at != connection)
        at = &(*at)->next_resumed;
    *at = connection->next_resumed;
    connection->resumed = false;
}

static void stop_waiting(struct connection *connection)
{
    if (connection->waits == WAITS_HELD)
        connection->shard->held--;
    else if (connection->waits == WAITS_SUSPENDED)
        MHD_resume_connection(connection->mhd);
    connection->waits = WAITS_NOT;
}

void connection_resume(struct connection *connection)
{
    if (!connection->waits)
        return;
    if (connection->waits == WAITS_HELD)
        list_resumed(connection);
    stop_waiting(connection);
    shard_want(connection->shard);
}

void shard_want(struct shard *shard)
{
    if (shard->wanted)
        return;
    shard->wanted = true;
    shard->next_wanted = shard->worker->wanted;
    shard->worker->wanted = shard;
}

/* Of held connections libmicrohttpd would say that they are always ready: then it is asked again
 * only after something has happened. */
static bool has_more_to_do(const struct shard *shard)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (shard->busy || shard->held > 0)
        return shard->busy;
    return MHD_get_timeout(shard->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0;
}

/* A held connection takes its response from outside of libmicrohttpd's callbacks too, which saves a
 * run. */
static void answer_resumed(struct shard *shard)
{
    while (shard->resumed) {
        struct connection *connection = shard->resumed;
        unlist_resumed(connection);
        if (connection->exchange)
            exchange_on_resume(connection->exchange);
    }
}

/* libmicrohttpd keeps connections of its own accord that still have something to do: they are run
 * until it would wait. */
static void shard_run(struct shard *shard)
{
    for (int i = 0; i < RUNS_PER_TURN; i++) {
        shard->busy = false;
        MHD_run(shard->daemon);
        if (!has_more_to_do(shard))
            return;
        if (shard->worker->uploaded >= UPLOAD_PER_TURN)
            break;
    }
    shard_want(shard);
}

bool shards_turn(struct worker *worker)
{
    struct shard *shard = worker->wanted;
    bool ran = shard != NULL;
    worker->wanted = NULL;
    /* All answers first, then all sends: whoever is woken by the first finds the others too. */
    for (struct shard *next = shard; next; next = next->next_wanted)
        answer_resumed(next);
    while (shard) {
        struct shard *next = shard->next_wanted;
        shard->wanted = false;
        shard_run(shard);
        shard = next;
    }
    return ran;
}

static void on_shard_event(struct watch *watch, uint32_t events)
{
    (void)events;
    shard_want((struct shard *)watch);
}

static struct connection *connection_of(struct worker *worker, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    size_t fd = info ? (size_t)info->connect_fd : SIZE_MAX;
    return fd < worker->by_fd_room ? worker->by_fd[fd] : NULL;
}

static void connection_end(struct connection *connection)
{
    struct worker *worker = connection->shard->worker;
    epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    timer_stop(&worker->timers, &connection->timer);
    if (connection->waits == WAITS_HELD)
        connection->shard->held--;
    unlist_resumed(connection);
    worker->by_fd[connection->fd] = NULL;
    worker->connections--;
    connection->shard->connections--;
    gauge_add(&worker->server->totals->connections, connection->shard->admin ? 0 : -1);
    connection->next_dead = worker->dead;
    worker->dead = connection;
}

static void on_connection(void *owner, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct shard *shard = owner;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct connection *connection = connection_of(shard->worker, mhd);
        if (connection)
            connection->mhd = mhd;
        *socket_context = connection;
    } else if (*socket_context) {
        connection_end(*socket_context);
        *socket_context = NULL;
    }
}

/* The request line as it came: the guard wants to see it before anything was decoded. */
static void *on_uri(void *owner, const char *uri, struct MHD_Connection *mhd)
{
    struct shard *shard = owner;
    struct connection *connection = connection_of(shard->worker, mhd);
    if (connection) {
        free(connection->uri);
        connection->uri = strdup(uri);
    }
    return NULL;
}

static enum MHD_Result on_request(void *owner, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    struct shard *shard = owner;
    (void)url;
    if (!*context) {
        struct connection *connection = connection_of(shard->worker, mhd);
        if (!connection || !connection->uri)
            return MHD_NO;
        timer_stop(&shard->worker->timers, &connection->timer);
        struct exchange *exchange = exchange_new(connection, method, version);
        connection->exchange = exchange;
        connection->served = true;
        *context = exchange;
        return exchange_on_headers(exchange);
    }
    if (*upload_size > 0) {
        size_t size = *upload_size;
        *upload_size = 0;
        return exchange_on_upload(*context, upload, size);
    }
    return exchange_on_call(*context);
}

static void on_completed(void *owner, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)owner;
    (void)mhd;
    struct exchange *exchange = *context;
    if (!exchange)
        return;
    struct connection *connection = exchange_connection(exchange);
    connection->exchange = NULL;
    exchange_end(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    *context = NULL;
    if (connection->shard->worker->draining)
        connection_cut(connection);
    else
        connection_expect_request(connection, KEEP_ALIVE_MS);
}

bool shard_init(struct shard *shard, struct worker *worker, bool admin)
{
    shard->worker = worker;
    shard->admin = admin;
    shard->watch.ready = on_shard_event;
    shard->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, shard, MHD_OPTION_NOTIFY_CONNECTION, on_connection, shard,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, shard, MHD_OPTION_URI_LOG_CALLBACK, on_uri,
        shard, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL, MHD_OPTION_CONNECTION_LIMIT,
        100000U, MHD_OPTION_END);
    if (!shard->daemon)
        return false;
    int fd = MHD_get_daemon_info(shard->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &shard->watch };
    return epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static struct shard *emptiest_shard(struct worker *worker)
{
    struct shard *emptiest = &worker->shards[0];
    for (int i = 1; i < SHARDS_PER_WORKER; i++)
        if (worker->shards[i].connections < emptiest->connections)
            emptiest = &worker->shards[i];
    return emptiest;
}

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

/* From here the descriptor belongs to libmicrohttpd, which closes it also when it refuses. */
static void connection_start(struct worker *worker, int fd, bool admin,
                             const struct sockaddr_storage *peer, socklen_t peer_len)
{
    struct connection *connection = room_for_fd(worker, fd) ? calloc(1, sizeof(*connection)) : NULL;
    if (!connection) {
        close(fd);
        return;
    }
    connection->watch.ready = on_client_event;
    connection->timer.ring = on_deadline;
    connection->fd = fd;
    connection->shard = admin ? &worker->admin_shard : emptiest_shard(worker);
    connection->shard->connections++;
    worker->connections++;
    worker->by_fd[fd] = connection;
    gauge_add(&worker->server->totals->connections, admin ? 0 : 1);
    counter_add(&worker->server->totals->connections_accepted, 1);

    struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET, .data.ptr = &connection->watch };
    epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    connection_expect_request(connection, worker->snapshot->limits.header_timeout_ms);
    if (MHD_add_connection(connection->shard->daemon, fd, (const struct sockaddr *)peer,
                           peer_len) != MHD_YES &&
        worker->by_fd[fd] == connection)
        connection_end(connection);
    shard_want(connection->shard);
}

/* Without a free descriptor a connection stays in the kernel's queue, which would wake the loop for
 * it again and again. The one in reserve is given up for as long as it takes to turn it away. */
static void turn_away(struct worker *worker, int listen_fd)
{
    close(worker->reserve_fd);
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    worker->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    counter_add(&worker->server->totals->connections_refused, fd >= 0);
}

void connections_accept(struct worker *worker, int listen_fd, bool admin)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage peer;
        socklen_t peer_len = sizeof(peer);
        int fd =
            accept4(listen_fd, (struct sockaddr *)&peer, &peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            turn_away(worker, listen_fd);
            continue;
        }
        if (fd < 0)
            return;
        int64_t open = gauge_read(&worker->server->totals->connections);
        if (!admin && open >= worker->snapshot->limits.connections) {
            counter_add(&worker->server->totals->connections_refused, 1);
            close(fd);
            continue;
        }
        int on = 1;
        if (peer.ss_family != AF_UNIX)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        connection_start(worker, fd, admin, &peer, peer_len);
    }
}

void connections_close_idle(struct worker *worker)
{
    for (size_t fd = 0; fd < worker->by_fd_room; fd++) {
        struct connection *connection = worker->by_fd[fd];
        if (connection && !connection->exchange && !connection->shard->admin)
            connection_cut(connection);
    }
}

void connections_bury(struct worker *worker)
{
    while (worker->dead) {
        struct connection *connection = worker->dead;
        worker->dead = connection->next_dead;
        free(connection->uri);
        free(connection);
    }
}

void shard_clear(struct shard *shard)
{
    if (!shard->daemon)
        return;
    struct worker *worker = shard->worker;
    for (size_t fd = 0; fd < worker->by_fd_room; fd++) {
        struct connection *connection = worker->by_fd[fd];
        if (!connection || connection->shard != shard)
            continue;
        connection->gone = true;
        if (connection->exchange)
            exchange_client_gone(connection->exchange);
        connection_resume(connection);
    }
    MHD_run(shard->daemon);
    MHD_stop_daemon(shard->daemon);
    shard->daemon = NULL;
}
