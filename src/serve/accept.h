/* accept.h - taking clients from the listening sockets, also when descriptors run out. */
#ifndef BOURSE_SERVE_ACCEPT_H
#define BOURSE_SERVE_ACCEPT_H

#include "worker.h"

/* Watches the listening sockets from this worker's loop. */
bool accept_init(struct worker *worker);
void accept_clear(struct worker *worker);

/* Takes those who wait; who comes from now on is a successor's, or is refused. On the admin's side
 * clients are taken still, unless there is a successor. */
void accept_drain(struct worker *worker);

#endif
