/* bearer.h - the bearer token of a call, for providers whose token is taken from a source. */
#ifndef BOURSE_SERVE_BEARER_H
#define BOURSE_SERVE_BEARER_H

#include "exchange.h"

/* Takes the provider's token for this attempt; FAIL_NO_TOKEN where there is none that is valid. */
enum fail bearer_take(struct exchange *exchange);

/* The header line with it: 0 or 1 fields are written. */
size_t bearer_add(const struct attempt *attempt, struct arena *arena,
                  struct upstream_field fields[1]);

/* The provider has refused it: its source is asked again. */
void bearer_doubt(const struct exchange *exchange);

/* Whether it should look again in a moment: a token is missing, nobody else is well, and the route
 * (or the client) lets it wait still. */
#define BEARER_MOMENT_MS 64
bool bearer_waits(struct exchange *exchange);

#endif
