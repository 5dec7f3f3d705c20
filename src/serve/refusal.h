/* refusal.h - an error that is told on the bare socket, because libmicrohttpd could not.
 *
 * It answers a request only after all of its body; and of one that it finds malformed it answers in
 * HTML. Both are refused here: the error is written at once and the connection lingers for a
 * moment, so that what the client still sends does not provoke a reset that would overtake the
 * words. */
#ifndef BOURSE_SERVE_REFUSAL_H
#define BOURSE_SERVE_REFUSAL_H

#include "worker.h"

/* Nothing of an answer may have been written yet. `message` NULL: the row's sentence. `head` is
 * what is known of a request that has no exchange yet; NULL: nothing. */
void refusal_tell(struct connection *connection, enum fail fail, const char *message,
                  const struct raw_head *head);

/* Throws away what has come, and ends the connection when it is over. */
void refusal_linger(struct connection *connection);

/* A word to a client for whom there is no room, and whose socket is closed right after. */
void refusal_turn_away(int fd);

#endif
