/* printed_decisions.h - explanations in a file that one process writes and another reads: lines of
 * an id, a space, and the explanation as JSON. Lines are only ever added; the last one of an id
 * holds, and one without its end is none yet. */
#ifndef BOURSE_STATE_PRINTED_DECISIONS_H
#define BOURSE_STATE_PRINTED_DECISIONS_H

#include <jansson.h>

#include "base/text.h"

#define PRINTED_MAX ((size_t)16 << 20) /* of all lines together; what comes after is dropped */

void printed_add(int fd, const char *id, const json_t *explanation);

/* A new reference, or NULL. */
json_t *printed_find(int fd, struct text id);

#endif
