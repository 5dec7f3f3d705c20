/* own_parts.h - parts of a conversation that only Anthropic's language has. */
#ifndef BOURSE_DIALECT_OWN_PARTS_H
#define BOURSE_DIALECT_OWN_PARTS_H

#include "base/text.h"

/* Documents by their address, results of searches, and what tools that its own servers run were
 * asked and have said. */
bool part_is_anthropics(struct text type);

#endif
