/* units.h - the UTF-16 units that the inside of a JSON string stands for.
 *
 * Two answers that say the same may be written differently: a letter as itself or escaped, a pair
 * of surrogates in one event or in two. Their units are the same. */
#ifndef BOURSE_DIALECT_UNITS_H
#define BOURSE_DIALECT_UNITS_H

#include "base/buffer.h"

struct units {
    struct text rest; /* what was not read yet: valid, without the quotes around it */
    uint16_t low;     /* the second half of a pair whose first was read; 0 none */
};

static inline struct units units_of(struct text body)
{
    return (struct units){ .rest = body };
}

static inline bool units_left(const struct units *units)
{
    return units->rest.len > 0 || units->low;
}

/* Only where there is one left. */
uint16_t units_next(struct units *units);

/* What is left, again as the inside of a JSON string. */
bool units_write(struct buffer *out, const struct units *units);

/* How many characters a string has: what stands beyond the first plane counts as one. */
int64_t units_characters(struct text body);

/* How many bytes the first so many characters of a string take; all, where it has fewer. */
size_t units_bytes_of(struct text body, int64_t characters);

/* The bytes of a string up to its last whole character that is not white space. */
size_t units_trimmed_len(struct text body);

#endif
