/* settle.h - what is written down when an exchange has ended: one log line, a few counters. */
#ifndef BOURSE_SERVE_SETTLE_H
#define BOURSE_SERVE_SETTLE_H

#include "exchange.h"

void settle(struct exchange *exchange);

/* Of a request that was refused before there was an exchange. `method` and `path` may be empty. */
void settle_refused(const struct connection *connection, enum fail fail, const char *message,
                    const char *id, struct text method, struct text path);

#endif
