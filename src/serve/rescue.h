/* rescue.h - what follows a stream that breaks after its first words went out (`stream_failover`).
 *
 *     the stream breaks ──> the next candidate: asked to go on, or asked anew ──> the whole answer
 *                             │   ^
 *                   refused ──┘   └── failed                  nobody left, or it says something
 * else asked anew                                ──> the error of the first failure
 *
 * The client sees one stream: the same id and model from end to end, one role, a comment at the
 * seam. What went wrong with a rescue is not told to it. */
#ifndef BOURSE_SERVE_RESCUE_H
#define BOURSE_SERVE_RESCUE_H

#include "exchange.h"

/* The attempts from now on are rescues. */
static inline bool rescue_is_on(const struct exchange *exchange)
{
    return exchange->rescue.first != FAIL_NONE;
}

/* The listener of this attempt has just been made. */
void rescue_listen(struct exchange *exchange);

/* Somebody else could go on, were the stream to break now. */
bool rescue_is_possible(const struct exchange *exchange);

/* After a failure: true when somebody else is asked, and else exchange->fail says what the client
 * is to be told. */
bool rescue_try(struct exchange *exchange, enum fail fail);

/* The attempt is about to start: with what, and what is expected of it. */
void rescue_start(struct exchange *exchange);

/* What the client gets of an event of a rescue. False where it contradicts what was delivered,
 * which ends the attempt. */
bool rescue_read(struct exchange *exchange, const struct stream_event *event,
                 struct text *ret_bytes);

/* The attempt has ended, well or with a contradiction. */
void rescue_completed(struct exchange *exchange);
void rescue_differed(struct exchange *exchange);

/* Nobody goes on: what the client is to be told is the first failure. */
void rescue_give_up(struct exchange *exchange);

void rescue_clear(struct exchange *exchange);

#endif
