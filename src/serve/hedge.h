/* hedge.h - when the first token is late, the second-best candidate is asked as well (`hedge`).
 *
 *     first    ├──────── late ───────────── silent ──────┤ cancelled
 *     second              └──────────────── speaks ───────────> the answer
 *
 * Late is what nine of ten are not, as measured for that model and size of input, else as
 * configured; a model of which nothing is known is never late. Whoever speaks first has the answer,
 * in a stream with its first event that says something, else with a whole reply. Until then either
 * may fail without anybody noticing.
 *
 * At each moment one of the two is the exchange's attempt: the one that is being heard. So whoever
 * hears a reply, notes a failure or prints headers knows of one attempt only. */
#ifndef BOURSE_SERVE_HEDGE_H
#define BOURSE_SERVE_HEDGE_H

#include "exchange.h"

/* A request was decided: it earns its route a share of a second attempt. */
void hedge_earn(struct exchange *exchange);

/* The call of the exchange's attempt has been started: from when it is late is looked after. */
void hedge_watch(struct exchange *exchange);

/* The call of this attempt says something: from now on it is the exchange's. */
void hedge_listen(struct attempt *attempt);

/* The attempt has spoken: the answer is its own. */
void hedge_settle(struct exchange *exchange);

static inline void hedge_speaks(struct exchange *exchange)
{
    if (exchange->hedge.is_open)
        hedge_settle(exchange);
}

/* The attempt has failed, and that is noted: true when the other one goes on in its place. */
bool hedge_goes_on(struct exchange *exchange);

/* Nobody is to be asked any more: true when the exchange's attempt is now the one that ran beside
 * it, and still has to be cancelled. */
bool hedge_leave(struct exchange *exchange);
void hedge_clear(struct exchange *exchange);

/* What is held back of the attempt's reply stands apart from what is held back of the other's. */
static inline bool hedge_is_aside(const struct exchange *exchange)
{
    return exchange->hedge.beside && exchange->hedge.second == exchange->attempt;
}

#endif
