/* adapting.h - a call to a server that deviates from OpenAI's language: its body is written anew
 * where anything in it has to be said otherwise (catalog/quirks.h). */
#ifndef BOURSE_SERVE_ADAPTING_H
#define BOURSE_SERVE_ADAPTING_H

#include "exchange.h"

/* Whether streams tell their usage without being asked, and must not be. */
bool adapting_hears_usage_anyway(const struct exchange *exchange);

/* The exchange's pieces, as they go to the attempt's provider, become one that suits it. */
enum fail adapting_write(struct exchange *exchange);

/* At the end of an attempt. */
void adapting_clear(struct exchange *exchange);

#endif
