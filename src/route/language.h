/* language.h - which language a text is in, by its script and its small words; which programming
 * language it speaks of. */
#ifndef BOURSE_ROUTE_LANGUAGE_H
#define BOURSE_ROUTE_LANGUAGE_H

#include "lexicon.h"

/* ISO 639-1, "und" when unsure. `marks` are those of the same text. */
const char *language_of(struct text head, const struct marks *marks);
/* NULL where nothing speaks of code. */
const char *code_language_of(const struct marks *marks);

#endif
