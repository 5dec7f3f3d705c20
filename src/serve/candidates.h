/* candidates.h - which candidate of a decision is asked next, and whether it may be asked now.
 *
 * The decision says in what order; the live state says at the very moment who is out, and lets one
 * exchange only be the probe of one that was. */
#ifndef BOURSE_SERVE_CANDIDATES_H
#define BOURSE_SERVE_CANDIDATES_H

#include "exchange.h"

#define NO_CANDIDATE SIZE_MAX

/* Another one may do better with what the present one failed at, and may be asked. */
bool candidates_left(const struct exchange *exchange, enum fail fail);

/* The first of those from `from` on that may do better than the present one (FAIL_NONE: any) and
 * may be asked now. When none may, the first of them all the same, once in an exchange: who would
 * have to be refused otherwise is better served by a try. */
size_t candidates_take(struct exchange *exchange, size_t from, enum fail fail, unsigned *ret_grant);

/* The present one is out by now. */
bool candidates_is_out(const struct exchange *exchange);
/* It is asked once more: GRANT_NONE where it is out. */
unsigned candidates_take_again(struct exchange *exchange);

/* The provider's budget of repeated attempts; given back with the end of the attempt, which is
 * noted, or with the exchange. */
bool candidates_may_repeat(struct exchange *exchange);
void candidates_repeated(struct exchange *exchange);

#endif
