/* sockets.c - which of curl's sockets the loop watches. */
#include "sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

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
};

void sockets_init(struct sockets *sockets, int epoll_fd, CURLM *multi)
{
    *sockets = (struct sockets){ .epoll_fd = epoll_fd, .multi = multi };
}

void sockets_clear(struct sockets *sockets)
{
    for (size_t i = 0; i < sockets->room; i++)
        free(sockets->watches[i]);
    free(sockets->watches);
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

static void on_event(struct watch *behind, uint32_t happened)
{
    struct socket_watch *watch = (struct socket_watch *)behind;
    int running;
    /* Curl takes a bare error bit for a failed send and would not retry: let it read the error. */
    if (happened & (EPOLLERR | EPOLLHUP))
        happened |= watch->wanted;
    if (((happened & ~watch->wanted) || !watch->wanted) && is_still_ours(watch))
        tell_kernel(watch, watch->wanted);
    happened &= watch->wanted;
    int mask = ((happened & EPOLLIN) ? CURL_CSELECT_IN : 0) |
               ((happened & EPOLLOUT) ? CURL_CSELECT_OUT : 0);
    if (!mask)
        return;
    watch->sockets->acted = true;
    curl_multi_socket_action(watch->sockets->multi, watch->fd, mask, &running);
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

void sockets_want(struct sockets *sockets, curl_socket_t fd, int what)
{
    struct socket_watch *watch = watch_of(sockets, fd);
    watch->wanted = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        watch->wanted |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        watch->wanted |= EPOLLOUT;

    /* Wanting less is settled by the first unwanted event, if one ever comes. Of the end of curl's
     * own pipes we are not told, so they leave at once. */
    bool wants_more = (watch->wanted & ~watch->watched) != 0;
    if (wants_more || (!watch->wanted && !watch->connection))
        tell_kernel(watch, watch->wanted);
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
