/* candidates.h - which candidate of a decision is asked next, and whether it may be asked now.
 *
 * The decision says in what order. The live state says at the moment of asking who is out, and lets
 * one exchange only be the probe of one that was; places say who has room. */
#ifndef BOURSE_SERVE_CANDIDATES_H
#define BOURSE_SERVE_CANDIDATES_H

#include "exchange.h"

#define NO_CANDIDATE SIZE_MAX

/* Another one may do better with what the present one failed at, and may be asked. */
bool candidates_left(const struct exchange *exchange, enum fail fail);

/* Of those from `from` on that may do better than the present one (FAIL_NONE: any): the first that
 * is not out and has room; else the first that is not out, to be waited for. */
size_t candidates_well(const struct exchange *exchange, size_t from, enum fail fail);
/* The same; where all are out, once in an exchange, the first of all. */
size_t candidates_next(struct exchange *exchange, size_t from, enum fail fail);

/* Of the route of a path that is only relayed: the first that is not out and has room, else the
 * first that is not out, else the first. */
const struct model *candidates_relayed(const struct exchange *exchange);

/* The leave to ask the present one, when nothing else is in the way; GRANT_NONE where it is out, or
 * another exchange is asked in our place. */
unsigned candidates_ask(struct exchange *exchange);

/* It is not asked after all. */
void candidates_give_back(struct exchange *exchange, unsigned grant);

/* The provider's budget of repeated attempts; given back with the end of the attempt, which is
 * noted, or with the exchange. */
bool candidates_may_repeat(struct exchange *exchange);
void candidates_repeated(struct exchange *exchange);

#endif
