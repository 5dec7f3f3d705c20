/* explain.h - the words of an explanation, shared by the document and the table. */
#ifndef BOURSE_ROUTE_EXPLAIN_H
#define BOURSE_ROUTE_EXPLAIN_H

#include "route/router.h"

const char *source_name(enum term_source source);

/* "$0.0061", "-$12.50": two digits that say something. Returns `text`. */
#define MONEY_SIZE 32
const char *money(double usd, char text[MONEY_SIZE]);

/* One sentence and a line's end: what the first costs, and when another would be worth it. Nothing
 * where nobody was chosen. */
void explain_sentence(const struct decision *decision, struct buffer *out);

#endif
