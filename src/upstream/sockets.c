/* sockets.c - which of curl's sockets the loop watches. */
#include "sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* Stays where it is for the life of the sockets: an event may still be on its way to it when its
 * descriptor is closed and used anew. */
struct socket_watch {
    struct watch watch;
    struct sockets *sockets;
    curl_socket_t fd;
    uint64_t cookie;  /* the kernel's name for the socket, which is never used anew */
    uint32_t wanted;  /* EPOLLIN and EPOLLOUT, as curl asks */
    uint32_t watched; /* as the kernel was told; 0: not registered */
    bool connection;  /* opened by us, so that we hear of its end; curl's own pipes are not */
    bool is_bulk;     /* a large body goes through it, or will */
    enum { IN_TIME, LATE, RESTING } place;
    struct socket_watch *next; /* among the late or the resting ones */
};

static void on_rest_over(struct watch *alarm, uint32_t events);

void sockets_init(struct sockets *sockets, int epoll_fd, CURLM *multi)
{
    *sockets = (struct sockets){ .epoll_fd = epoll_fd, .multi = multi };
    pace_init(&sockets->pace, epoll_fd, on_rest_over);
}

void sockets_clear(struct sockets *sockets)
{
    for (size_t i = 0; i < sockets->room; i++)
        free(sockets->watches[i]);
    free(sockets->watches);
    pace_clear(&sockets->pace);
    *sockets = (struct sockets){ .epoll_fd = -1 };
}

static void tell_kernel(struct socket_watch *watch, uint32_t events)
{
    if (watch->watched == events)
        return;
    struct epoll_event event = { .events = events, .data.ptr = &watch->watch };
    int operation = !events ? EPOLL_CTL_DEL : watch->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int failed = epoll_ctl(watch->sockets->epoll_fd, operation, watch->fd, &event);
    if (failed && operation == EPOLL_CTL_MOD && errno == ENOENT) /* closed without a word */
        epoll_ctl(watch->sockets->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event);
    watch->watched = events;
}

/* What the kernel shall tell. */
static uint32_t due(const struct socket_watch *watch)
{
    return watch->place == RESTING ? watch->wanted & ~(uint32_t)EPOLLOUT : watch->wanted;
}

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof(cookie);
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

/* libcurl 7.88 closes a socket that is still connecting without telling us, and a client may have
 * its descriptor before the last event of it is here. */
static bool is_still_ours(const struct socket_watch *watch)
{
    return !watch->connection || cookie_of(watch->fd) == watch->cookie;
}

static void act(struct socket_watch *watch, int mask)
{
    int running;
    if (!mask)
        return;
    watch->sockets->acted = true;
    curl_multi_socket_action(watch->sockets->multi, watch->fd, mask, &running);
}

/* ---- large bodies ---- */

static void put(struct socket_watch *watch, struct socket_queue *queue)
{
    watch->next = NULL;
    *(queue->last ? &queue->last->next : &queue->first) = watch;
    queue->last = watch;
    queue->count++;
}

static struct socket_watch *take_all(struct socket_queue *queue)
{
    struct socket_watch *first = queue->first;
    *queue = (struct socket_queue){ 0 };
    return first;
}

static void be_late(struct socket_watch *watch)
{
    if (watch->place != IN_TIME)
        return;
    watch->place = LATE;
    put(watch, &watch->sockets->late);
}

/* One that was closed in the meantime wants nothing. */
static void send_on(struct socket_watch *watch)
{
    watch->place = IN_TIME;
    if (watch->wanted)
        tell_kernel(watch, watch->wanted);
    act(watch, watch->wanted & EPOLLOUT ? CURL_CSELECT_OUT : 0);
}

static void rest(struct socket_watch *watch)
{
    watch->place = RESTING;
    tell_kernel(watch, due(watch));
    put(watch, &watch->sockets->resting);
}

/* The first bite is for whoever waits longest. */
static void on_rest_over(struct watch *alarm, uint32_t events)
{
    struct sockets *sockets =
        (struct sockets *)((char *)alarm - offsetof(struct sockets, pace.alarm));
    (void)events;
    pace_begin_bite(&sockets->pace);
    for (struct socket_watch *each = take_all(&sockets->resting), *next; each; each = next) {
        next = each->next;
        each->place = IN_TIME;
        if (pace_may_send(&sockets->pace, clock_us()))
            send_on(each);
        else
            be_late(each);
    }
}

void sockets_turn_bulk(struct sockets *sockets, int events, bool ran)
{
    if (!sockets->late.first)
        return;
    bool is_idle = !ran && events <= sockets->late.count;
    bool rests = is_idle && pace_rest(&sockets->pace, clock_us());
    for (struct socket_watch *each = take_all(&sockets->late), *next; each; each = next) {
        next = each->next;
        if (rests)
            rest(each);
        else
            send_on(each);
    }
}

/* ---- events ---- */

static bool has_to_wait(struct socket_watch *watch)
{
    return watch->is_bulk && !pace_may_send(&watch->sockets->pace, clock_us());
}

static void on_event(struct watch *behind, uint32_t happened)
{
    struct socket_watch *watch = (struct socket_watch *)behind;
    bool has_failed = happened & (EPOLLERR | EPOLLHUP);
    /* Curl takes a bare error bit for a failed send and would not retry: let it read the error. */
    if (has_failed)
        happened |= watch->wanted;
    if (((happened & ~watch->wanted) || !watch->wanted) && is_still_ours(watch))
        tell_kernel(watch, due(watch));
    happened &= watch->wanted;
    if ((happened & EPOLLOUT) && !has_failed && has_to_wait(watch)) {
        happened &= ~(uint32_t)EPOLLOUT;
        be_late(watch);
    }
    act(watch, ((happened & EPOLLIN) ? CURL_CSELECT_IN : 0) |
                   ((happened & EPOLLOUT) ? CURL_CSELECT_OUT : 0));
}

static void make_room(struct sockets *sockets, size_t index)
{
    size_t room = index < 32 ? 64 : index * 2;
    struct socket_watch **watches = realloc(sockets->watches, room * sizeof(*watches));
    if (!watches)
        abort();
    memset(watches + sockets->room, 0, (room - sockets->room) * sizeof(*watches));
    sockets->watches = watches;
    sockets->room = room;
}

static struct socket_watch *watch_of(struct sockets *sockets, curl_socket_t fd)
{
    size_t index = (size_t)fd;
    if (index >= sockets->room)
        make_room(sockets, index);
    struct socket_watch *watch = sockets->watches[index];
    if (watch)
        return watch;
    watch = sockets->watches[index] = malloc(sizeof(*watch));
    if (!watch)
        abort();
    *watch = (struct socket_watch){ .watch = { on_event }, .sockets = sockets, .fd = fd };
    return watch;
}

void sockets_want(struct sockets *sockets, curl_socket_t fd, int what, bool is_bulk)
{
    struct socket_watch *watch = watch_of(sockets, fd);
    watch->wanted = 0;
    watch->is_bulk = is_bulk;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        watch->wanted |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        watch->wanted |= EPOLLOUT;

    /* Wanting less is settled by the first unwanted event, if one ever comes. Of the end of curl's
     * own pipes we are not told, so they leave at once. */
    bool wants_more = (due(watch) & ~watch->watched) != 0;
    if (wants_more || (!watch->wanted && !watch->connection))
        tell_kernel(watch, due(watch));
}

static void forget(struct socket_watch *watch, bool connection)
{
    watch->wanted = watch->watched = 0;
    watch->connection = connection;
}

curl_socket_t sockets_on_open(void *sockets, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct socket_watch *watch = watch_of(sockets, fd);
    forget(watch, true);
    watch->cookie = cookie_of(fd);
    return fd;
}

int sockets_on_close(void *sockets, curl_socket_t fd)
{
    forget(watch_of(sockets, fd), false);
    return close(fd);
}
