/* silence.h - a stream that has been silent for long carries a comment, so that nobody on the way
 * to the client takes it for dead (`keep_alive_comments`).
 *
 * The first comment begins the response. What was said is the answer's still to say: whoever is
 * asked after it may answer, as long as nothing but comments has gone out. */
#ifndef BOURSE_SERVE_SILENCE_H
#define BOURSE_SERVE_SILENCE_H

#include "exchange.h"

/* From now on, where the request is for a stream and its route wants comments. */
void silence_watch(struct exchange *exchange);
void silence_end(struct exchange *exchange);

#endif
