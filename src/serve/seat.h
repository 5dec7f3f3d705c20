/* seat.h - libmicrohttpd, one daemon for each client that it serves.
 *
 * A daemon of many clients reads from all of them whenever it is run, so there is no telling what
 * it has read; it looks at all that wait whenever one is woken; and it does not say whose request
 * it found fault with. One with a single client does what it is told, and that is no dearer. What
 * it takes is a descriptor, and a kilobyte and a half.
 *
 * There are two sizes: libmicrohttpd clears the whole of its room for a request after each, and
 * that room has to hold a head of 8 KB. A client begins where its first request fits, and moves
 * once, when one of its requests is larger. */
#ifndef BOURSE_SERVE_SEAT_H
#define BOURSE_SERVE_SEAT_H

#include "worker.h"

/* A seat for a connection whose next request has this head: the one that it has, a free one or a
 * new one. From here on its descriptor belongs to libmicrohttpd. False when there is none to be
 * had. */
bool seat_take(struct connection *connection, const struct raw_head *head);
/* Lets libmicrohttpd go on with the request until it would wait. */
void seat_run(struct seat *seat);
/* Closes its connection at once, whatever it is doing. Not within libmicrohttpd's callbacks. */
void seat_close(struct seat *seat);
/* Its connection was closed: it is kept for another, or freed. */
void seat_leave(struct seat *seat);
/* Frees up to `most` of the free ones beyond `kept`; whether there are more. */
bool seats_shrink(struct worker *worker, int kept, int most);
void seats_clear(struct worker *worker);

#endif
