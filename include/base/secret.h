/* secret.h - a value that must never be printed: it has a type of its own, which prints as ***. */
#ifndef BOURSE_BASE_SECRET_H
#define BOURSE_BASE_SECRET_H

#include "base/text.h"

/* Only the code that writes an outgoing header may look into .hidden. */
struct secret {
    struct text hidden;
};

static inline bool secret_is_set(struct secret secret)
{
    return secret.hidden.len > 0;
}

/* Log lines and error messages have every registered value of six bytes and more replaced by ***.
 * The registry belongs to the process, copies what it is given, holds at most 1,024 values and
 * forgets the oldest beyond that. */
void secret_register(struct secret secret);

/* One that ends by itself, and has ended: others need its place. */
void secret_forget(struct secret secret);

/* Replaces registered values inside bytes in place, keeping the length. */
void secret_redact(char *bytes, size_t len);

#endif
