/* listeners.h - where clients come in: our own sockets, or those that systemd hands over. */
#ifndef BOURSE_SERVE_LISTENERS_H
#define BOURSE_SERVE_LISTENERS_H

#include "worker.h"

/* Opens what the snapshot names, or takes over $LISTEN_FDS for the public ones. False after having
 * logged what could not be opened. */
bool listeners_open(struct server *server, const struct snapshot *snapshot);
void listeners_close(struct server *server);

/* Starts the demo provider when a provider of this snapshot needs it and it does not run yet. */
bool listeners_prepare_mock(struct server *server, const struct snapshot *snapshot);

#endif
