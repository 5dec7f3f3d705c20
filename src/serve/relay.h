/* relay.h - a streamed reply on its way from a provider to the client. */
#ifndef BOURSE_SERVE_RELAY_H
#define BOURSE_SERVE_RELAY_H

#include "exchange.h"

#define RELAY_EVENT_MAX ((size_t)16 << 20)

/* The head has said that events follow. */
void relay_begin(struct exchange *exchange);
/* False ends the call. */
bool relay_bytes(struct exchange *exchange, struct text bytes);
/* The call has ended. */
void relay_end(struct exchange *exchange, enum fail fail);

#endif
