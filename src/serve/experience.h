/* experience.h - what was seen before goes into a decision, what is seen now is noted for the next.
 */
#ifndef BOURSE_SERVE_EXPERIENCE_H
#define BOURSE_SERVE_EXPERIENCE_H

#include "exchange.h"

/* Fills the worker's figures of all that the route or the request name; others are not looked at.
 * Needs the features. Finds the request's session. */
void experience_recall(struct exchange *exchange, const struct route *route);

/* How long the head of a reply says that the provider has nothing left of its rate limits; -1: it
 * has, or does not say. */
int64_t experience_limit_ms(const struct attempt *attempt);

/* The first token of a stream has come. */
void experience_spoke(struct exchange *exchange);

/* The attempt in progress has ended. */
void experience_note(struct exchange *exchange, enum fail fail);

/* After that: what it said is no part of the answer and is accounted apart. */
void experience_note_waste(struct exchange *exchange);

#endif
