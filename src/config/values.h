/* values.h - single values: from the text of a scalar to a number with a unit. */
#ifndef BOURSE_CONFIG_VALUES_H
#define BOURSE_CONFIG_VALUES_H

#include "config/schema.h"

/* Each reads the whole text or says false; what was meant is said by value_hint. */
bool value_duration_ms(struct text text, int64_t *ret_ms);
bool value_size(struct text text, uint64_t *ret_bytes);
bool value_share(struct text text, double *ret_share);
bool value_bool(struct text text, bool *ret_bool);
bool value_int(struct text text, int64_t *ret_int);

/* "a duration such as 250ms, 30s or 5m". */
const char *value_hint(enum schema_type type);

/* env:NAME, os.environ/NAME, file:PATH, credential:NAME, or the value itself. False with *ret_why
 * (in the arena) when it is not to be had. The value is registered for redaction. */
bool secret_resolve(struct text text, struct arena *arena, struct secret *ret_secret,
                    const char **ret_why);

#endif
