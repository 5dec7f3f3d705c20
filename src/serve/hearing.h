/* hearing.h - a provider's reply as it comes: kept whole, or relayed event by event. */
#ifndef BOURSE_SERVE_HEARING_H
#define BOURSE_SERVE_HEARING_H

#include "exchange.h"

/* What a call is told of; its owner is a struct attempt. */
extern const struct upstream_events hearing_events;

/* For those who hear it: its first token has come; what it used is known. */
void hearing_note_token(struct exchange *exchange);
void hearing_learn_usage(struct exchange *exchange, const struct usage *usage);

#endif
