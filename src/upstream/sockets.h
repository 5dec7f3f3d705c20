/* sockets.h - which of curl's sockets our epoll descriptor watches.
 *
 * What curl wants of a socket and what the kernel was told are two things. A connection that goes
 * idle into curl's pool stays registered, so a request on a kept-alive connection costs no
 * epoll_ctl; only an event that nobody wants (the provider closed an idle connection) makes the
 * kernel be told, once. */
#ifndef BOURSE_UPSTREAM_SOCKETS_H
#define BOURSE_UPSTREAM_SOCKETS_H

#include <curl/curl.h>
#include <sys/epoll.h>

#include "base/text.h"

struct socket_watch {
    uint32_t wanted;  /* EPOLLIN and EPOLLOUT, as curl asks */
    uint32_t watched; /* as the kernel was told; 0: not registered */
    bool connection;  /* opened by us, so that we hear of its end; curl's own pipes are not */
};

struct sockets {
    int epoll_fd;
    struct socket_watch *watches; /* by descriptor, so bounded by the limit on open files */
    size_t room;
};

void sockets_init(struct sockets *sockets);
void sockets_clear(struct sockets *sockets);

/* `what` is one of curl's CURL_POLL_ values. */
void sockets_want(struct sockets *sockets, curl_socket_t fd, int what);

/* What curl has to be told of an event: CURL_CSELECT_ bits, 0 where it does not want to know. */
int sockets_event(struct sockets *sockets, const struct epoll_event *event);

/* For CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION, with the sockets as their data.
 */
curl_socket_t sockets_on_open(void *sockets, curlsocktype purpose, struct curl_sockaddr *address);
int sockets_on_close(void *sockets, curl_socket_t fd);

#endif
