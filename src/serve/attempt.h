/* attempt.h - calling one candidate after the other until one answers.
 *
 * The one arrow that points back: a failure before the client has seen a byte returns to *write
 * request*, with the same candidate or the next of the same decision (retry.h says which). The
 * router is not asked again. */
#ifndef BOURSE_SERVE_ATTEMPT_H
#define BOURSE_SERVE_ATTEMPT_H

#include "exchange.h"

/* Calls the first candidate. */
void attempt_first(struct exchange *exchange);

/* Ends the calls in progress; false when there was none. Nothing is called back afterwards. */
bool attempt_cancel(struct exchange *exchange);
void attempt_clear(struct exchange *exchange);

/* Calls the attempt's candidate, which may be called. `grant`: enum grant. */
void attempt_start(struct exchange *exchange, unsigned grant);

/* Ends the call in progress, as another one beside it has the answer. */
void attempt_outrun(struct exchange *exchange);

/* The call has ended, and not well: decides what follows. */
void attempt_fail(struct exchange *exchange, enum fail fail);

/* Once words have gone out: the next candidate, or the same one again; false when there is none, or
 * the budget of attempts or time is spent. */
bool attempt_has_next(const struct exchange *exchange);
bool attempt_next(struct exchange *exchange);
bool attempt_again(struct exchange *exchange);

/* The budgets of attempts and of time have one left. */
bool attempt_may_start_another(const struct exchange *exchange);

/* The client has taken bytes: a paused provider may go on. */
void attempt_drained(struct exchange *exchange);

#endif
