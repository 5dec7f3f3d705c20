/* pace.h - large bodies are sent in bites, with a rest between two of them.
 *
 *     bite ── bite is full ── 200 µs ── bite ...
 *
 * A provider on this machine reads as fast as we send, and the kernel likes to run it on the
 * processor that sends. Without rests we fill its socket with megabytes and it then empties it, a
 * millisecond each, and whatever small request comes meanwhile waits for both. In the rest it reads
 * what it has, and finds the small request behind it.
 *
 * All bodies of a worker share its bites. Who has to wait is for the sockets to say: see
 * sockets.h. */
#ifndef BOURSE_UPSTREAM_PACE_H
#define BOURSE_UPSTREAM_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/watch.h"

#define PACE_BITE    ((size_t)512 << 10)
#define PACE_REST_US 200

struct pace {
    struct watch alarm; /* in the loop's epoll: a rest is over */
    int alarm_fd;       /* -1 where there was no descriptor left: then nobody rests */
    bool armed;
    size_t bitten;    /* bytes of large bodies in this bite; whoever sends adds to it */
    int64_t rest_us;  /* PACE_REST_US */
    int64_t until_us; /* when the next bite may begin; 0: this one is not known to be full */
};

/* `on_over` is called by the loop, with `alarm`. */
void pace_init(struct pace *pace, int epoll_fd, void (*on_over)(struct watch *alarm, uint32_t));
void pace_clear(struct pace *pace);

/* Whether more of a large body may be sent now. Time that passes with other work is a rest too. */
bool pace_may_send(struct pace *pace, int64_t now_us);

/* Has the alarm ring at the end of the rest. False when nothing would ring. */
bool pace_rest(struct pace *pace, int64_t now_us);

/* The alarm has rung. */
void pace_begin_bite(struct pace *pace);

#endif
