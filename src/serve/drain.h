/* drain.h - the end of serving: readiness goes first, then what has begun is finished. */
#ifndef BOURSE_SERVE_DRAIN_H
#define BOURSE_SERVE_DRAIN_H

#include "worker.h"

/* A configuration serves from now on: how long its drain takes. */
void drain_learn(struct server *server, const struct snapshot *snapshot);

/* On the main thread. Returns when nobody is being answered any more, or the time is over, or a
 * second signal has come; the workers have been told to end. */
void drain(struct server *server, int signal_fd);

#endif
