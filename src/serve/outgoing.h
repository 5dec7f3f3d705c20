/* outgoing.h - the request as it goes to a provider. */
#ifndef BOURSE_SERVE_OUTGOING_H
#define BOURSE_SERVE_OUTGOING_H

#include "exchange.h"

/* The body as it goes upstream: the exchange's pieces are set. */
enum fail outgoing_write(struct exchange *exchange);

/* Calls the attempt's provider with what the client sent; the attempt's call is set. */
void outgoing_start(struct exchange *exchange, const struct upstream_events *events);

#endif
