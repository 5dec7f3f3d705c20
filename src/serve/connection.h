/* connection.h - a client's connection from accept to close: who may run it, and when it ends. */
#ifndef BOURSE_SERVE_CONNECTION_H
#define BOURSE_SERVE_CONNECTION_H

#include "worker.h"

/* Takes over a socket that was accepted. */
void connection_start(struct worker *worker, int fd, bool admin);
/* Between requests, and before the first: how long until the next one's head must be there. */
void connection_expect_request(struct connection *connection, int64_t within_ms);
/* The request was answered: on to the next one. */
void connection_request_done(struct connection *connection);
/* Closes it the next time that it is run, whatever it is doing. */
void connection_cut(struct connection *connection);
/* It is closed, its descriptor is given back. */
void connection_end(struct connection *connection);

/* Runs the connections that were wanted; false when none was. */
bool connections_turn(struct worker *worker);
/* The worker drains from now on: those that wait for a next request are closed when it does not
 * come within a grace. */
void connections_drain(struct worker *worker);
/* Closes all. */
void connections_clear(struct worker *worker);
/* Frees those that were closed in this turn. */
void connections_bury(struct worker *worker);

#endif
