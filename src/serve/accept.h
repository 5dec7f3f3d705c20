/* accept.h - taking clients from the listening sockets, also when descriptors run out. */
#ifndef BOURSE_SERVE_ACCEPT_H
#define BOURSE_SERVE_ACCEPT_H

#include "worker.h"

/* Watches the listening sockets from this worker's loop. */
bool accept_init(struct worker *worker);
void accept_clear(struct worker *worker);

/* Clients that come from now on wait in the kernel's queue for a successor, or are refused. The
 * admin's are taken still: readiness must be able to say that we drain. */
void accept_drain(struct worker *worker);

#endif
