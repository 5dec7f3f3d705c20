/* reload.h - a new configuration takes the place of the old one, or changes nothing.
 *
 * Reading happens on the main thread. Each worker is handed a reference and takes it in a turn of
 * its own; exchanges in flight keep the snapshot they began with. */
#ifndef BOURSE_SERVE_RELOAD_H
#define BOURSE_SERVE_RELOAD_H

#include "exchange.h"

/* On the main thread. False when the file had errors: they are logged and counted. */
bool reload_now(struct server *server);

/* On a worker: POST /reload waits here until the main thread is done. */
void reload_ask(struct exchange *exchange);
/* The exchange ends: it waits no longer. */
void reload_forget(struct exchange *exchange);
/* In the turn after a wake: answers those who wait for a reload that is done. */
void reload_answer(struct worker *worker);

#endif
