/* listeners.h - where clients come in: our own sockets, or those that are handed over. */
#ifndef BOURSE_SERVE_LISTENERS_H
#define BOURSE_SERVE_LISTENERS_H

#include "worker.h"

/* Opens what the snapshot names, or takes what systemd or a predecessor hands over. False after
 * having logged what could not be opened. */
bool listeners_open(struct server *server, const struct snapshot *snapshot);
/* Those of clients that nobody else holds: whoever connects from now on is refused at once. */
void listeners_close_own(struct server *server);
void listeners_close(struct server *server);

/* Starts the demo provider when a provider of this snapshot needs it and it does not run yet. */
bool listeners_prepare_mock(struct server *server, const struct snapshot *snapshot);

#endif
