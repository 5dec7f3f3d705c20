/* signing.h - calls that are signed instead of having a key in them. */
#ifndef BOURSE_SERVE_SIGNING_H
#define BOURSE_SERVE_SIGNING_H

#include "base/arena.h"
#include "upstream/upstream.h"

#define SIGNING_FIELDS 3

/* The header lines of the signature of what is about to be sent; how many there are, 0 where the
 * provider has nothing to sign with. They live as long as the arena. */
size_t signing_add(const struct upstream_request *request, struct arena *arena,
                   struct upstream_field fields[SIGNING_FIELDS]);

#endif
