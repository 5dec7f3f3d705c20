/* quirks.h - a chat request for a server that deviates from OpenAI's: what it refuses is left out,
 * what it has other names for is renamed (catalog/quirks.h). */
#ifndef BOURSE_DIALECT_QUIRKS_H
#define BOURSE_DIALECT_QUIRKS_H

#include "base/buffer.h"
#include "base/fail.h"

struct quirks;

/* Values that stay are copied as they stand. FAIL_BAD_VALUE where the body is no chat request, has
 * too many values, or does not fit. `out` is initialised here and the caller's to clear. */
enum fail quirks_write(const struct quirks *quirks, struct text body, struct buffer *out);

#endif
