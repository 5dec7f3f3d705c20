/* upgrade.h - a new process takes our place, and no client notices.
 *
 *     SIGUSR2 ──> the new one is started with our listening sockets
 *                   ├─ it says that it serves: we take nobody any more, finish and end
 *                   └─ it ends, or says nothing for too long: we go on as if nothing had been
 *
 * It is started by the path and with the arguments that we were started with, so what is installed
 * there by now is what serves next. */
#ifndef BOURSE_SERVE_UPGRADE_H
#define BOURSE_SERVE_UPGRADE_H

#include "worker.h"

/* On the main thread. Logs why when a successor cannot be started. */
void upgrade_begin(struct server *server);

/* What the main thread waits for meanwhile: a descriptor, or -1; milliseconds, or -1. */
int upgrade_fd(const struct server *server);
int upgrade_wait_ms(const struct server *server);

/* True once the successor serves. */
bool upgrade_turn(struct server *server);

/* We are told to stop: one that does not serve yet is not to either. */
void upgrade_abandon(struct server *server);

/* Everything is answered: the successor gets to know how. */
void upgrade_end(struct server *server);

/* What a predecessor left open for us, before anybody is served. */
void upgrade_inherit(struct server *server);
/* To a predecessor; false when there is none. */
bool upgrade_say_ready(void);

#endif
