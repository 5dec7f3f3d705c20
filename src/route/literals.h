/* literals.h - words of which one must stand in a text before a regular expression can match it.
 *
 *     /invoice|receipt/i           invoice, receipt
 *     /\b(?:vat|sales tax) \d+/    vat, `sales tax`
 *     /v?at\b|x*\d/                nothing that is known: the expression has to be asked
 *
 * Looking for words is some fifty times as fast as an expression that is interpreted, and most
 * texts have none of them. A text that has one may match or not. */
#ifndef BOURSE_ROUTE_LITERALS_H
#define BOURSE_ROUTE_LITERALS_H

#include "base/arena.h"

#define LITERALS_MAX     16
#define LITERAL_MAX      31 /* bytes; of a longer one the beginning is kept */
#define LITERAL_SHORTEST 2

struct literal {
    unsigned char len;
    char bytes[LITERAL_MAX];
};

struct literals {
    bool any_case; /* their letters are small */
    size_t count;
    struct literal items[];
};

/* NULL where nothing must stand in every text that matches. The expression is PCRE2's, without its
 * slashes; one that PCRE2 refuses gives anything. */
const struct literals *literals_of(struct text expression, bool any_case, struct arena *arena);

/* Whether one of them stands in the text. */
bool literals_stand_in(const struct literals *literals, struct text text);

#endif
