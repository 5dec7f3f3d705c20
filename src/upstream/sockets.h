/* sockets.h - which of curl's sockets the loop watches.
 *
 * They stand in the loop's own epoll: one of our own, nested in it, would cost a wait more for each
 * event. What curl wants of a socket and what the kernel was told are two things. A connection that
 * goes idle into curl's pool stays registered, so a request on a kept-alive connection costs no
 * epoll_ctl; only an event that nobody wants (the provider closed an idle connection) makes the
 * kernel be told, once.
 *
 * A socket through which a large body goes is late when a bite is full (pace.h): what it may send
 * is sent at the end of the turn. Where there is nothing else in the turn it rests: the kernel is
 * not asked whether it can be written to until the rest is over. Small requests are never late. */
#ifndef BOURSE_UPSTREAM_SOCKETS_H
#define BOURSE_UPSTREAM_SOCKETS_H

#include <curl/curl.h>

#include "base/text.h"
#include "base/watch.h"
#include "pace.h"

struct socket_watch;

/* In the order in which they came. */
struct socket_queue {
    struct socket_watch *first, *last;
    int count;
};

struct sockets {
    int epoll_fd; /* the loop's */
    CURLM *multi;
    struct socket_watch **watches; /* by descriptor, so bounded by the limit on open files */
    size_t room;
    bool acted; /* curl was told of an event: there may be something to deliver */
    struct pace pace;
    struct socket_queue late, resting;
};

void sockets_init(struct sockets *sockets, int epoll_fd, CURLM *multi);
/* After curl has closed them all. */
void sockets_clear(struct sockets *sockets);

/* `what` is one of curl's CURL_POLL_ values. `is_bulk`: it is a large body that wants to go out. */
void sockets_want(struct sockets *sockets, curl_socket_t fd, int what, bool is_bulk);

/* The end of a turn that had so many events, and `ran` if it did anything besides. */
void sockets_turn_bulk(struct sockets *sockets, int events, bool ran);

/* For CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION, with the sockets as their data.
 */
curl_socket_t sockets_on_open(void *sockets, curlsocktype purpose, struct curl_sockaddr *address);
int sockets_on_close(void *sockets, curl_socket_t fd);

#endif
