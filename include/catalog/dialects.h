/* dialects.h - how a provider of each language is addressed: who we are, and what it answers. */
#ifndef BOURSE_CATALOG_DIALECTS_H
#define BOURSE_CATALOG_DIALECTS_H

#include <stdint.h>

#include "chat/dialects.h"
#include "chat/request.h"

struct dialect_row {
    const char *word;                    /* as the YAML calls it */
    const char *key_header, *key_prefix; /* the header line with the api_key: name, and what is in
                                            front of the key */
    const char *header, *value;          /* one that all calls have; NULL: none */
    uint32_t endpoints;                  /* 1 << enum endpoint: those that it can answer */
};

const struct dialect_row *dialect_row(int dialect);

static inline bool dialect_answers(int dialect, enum endpoint endpoint)
{
    return dialect_row(dialect)->endpoints >> endpoint & 1;
}

#endif
