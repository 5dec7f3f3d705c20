/* connection.h - accepting clients, handing them to shards, and knowing when they leave. */
#ifndef BOURSE_SERVE_CONNECTION_H
#define BOURSE_SERVE_CONNECTION_H

#include "worker.h"

bool shard_init(struct shard *shard, struct worker *worker, bool admin);
/* Ends all its connections, suspended ones included. */
void shard_clear(struct shard *shard);
/* Runs the daemons of all shards that were wanted; false when none was. */
bool shards_turn(struct worker *worker);
/* Closes connections that wait for a next request. */
void connections_close_idle(struct worker *worker);

/* Takes as many waiting clients as one turn may, from a listening socket. */
void connections_accept(struct worker *worker, int listen_fd, bool admin);

/* Between requests, and before the first: how long until the next one's headers must be there. */
void connection_expect_request(struct connection *connection, int64_t within_ms);
/* Cuts it at the next opportunity, whatever it is doing. */
void connection_cut(struct connection *connection);

/* The same, after an error that libmicrohttpd cannot send in the middle of a request. */
void connection_refuse_raw(struct connection *connection, enum fail fail);
/* Only tells: what the client still sends is read on, so that no reset overtakes the words. */
void connection_tell_raw(struct connection *connection, enum fail fail);

/* Frees what libmicrohttpd has closed in this turn. */
void connections_bury(struct worker *worker);

#endif
