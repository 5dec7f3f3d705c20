/* sockets.c - which of curl's sockets our epoll descriptor watches. */
#include "sockets.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void sockets_init(struct sockets *sockets)
{
    *sockets = (struct sockets){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
    if (sockets->epoll_fd < 0)
        abort();
}

void sockets_clear(struct sockets *sockets)
{
    close(sockets->epoll_fd);
    free(sockets->watches);
    *sockets = (struct sockets){ .epoll_fd = -1 };
}

static struct socket_watch *watch_of(struct sockets *sockets, curl_socket_t fd)
{
    size_t index = (size_t)fd;
    if (index >= sockets->room) {
        size_t room = index < 32 ? 64 : index * 2;
        struct socket_watch *watches = realloc(sockets->watches, room * sizeof(*watches));
        if (!watches)
            abort();
        memset(watches + sockets->room, 0, (room - sockets->room) * sizeof(*watches));
        sockets->watches = watches;
        sockets->room = room;
    }
    return &sockets->watches[index];
}

static void tell_kernel(struct sockets *sockets, curl_socket_t fd, uint32_t events)
{
    struct socket_watch *watch = watch_of(sockets, fd);
    if (watch->watched == events)
        return;
    struct epoll_event event = { .events = events, .data.fd = fd };
    int operation = !events ? EPOLL_CTL_DEL : watch->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    epoll_ctl(sockets->epoll_fd, operation, fd, &event);
    watch->watched = events;
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
        tell_kernel(sockets, fd, watch->wanted);
}

int sockets_event(struct sockets *sockets, const struct epoll_event *event)
{
    struct socket_watch *watch = watch_of(sockets, event->data.fd);
    uint32_t happened = event->events;
    /* Curl takes a bare error bit for a failed send and would not retry: let it read the error. */
    if (happened & (EPOLLERR | EPOLLHUP))
        happened |= watch->wanted;
    if ((happened & ~watch->wanted) || !watch->wanted)
        tell_kernel(sockets, event->data.fd, watch->wanted);
    happened &= watch->wanted;
    return ((happened & EPOLLIN) ? CURL_CSELECT_IN : 0) |
           ((happened & EPOLLOUT) ? CURL_CSELECT_OUT : 0);
}

curl_socket_t sockets_on_open(void *sockets, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    *watch_of(sockets, fd) = (struct socket_watch){ .connection = true };
    return fd;
}

int sockets_on_close(void *sockets, curl_socket_t fd)
{
    *watch_of(sockets, fd) = (struct socket_watch){ 0 };
    return close(fd);
}
