/* dialects.h - how a provider of each language is addressed: who we are, and what it answers. */
#ifndef BOURSE_CATALOG_DIALECTS_H
#define BOURSE_CATALOG_DIALECTS_H

#include <stdint.h>

#include "chat/dialects.h"
#include "chat/request.h"

struct provider;

struct dialect_row {
    const char *word;                    /* as the YAML calls it */
    const char *key_header, *key_prefix; /* the header line with the api_key: name, and what is in
                                            front of the key */
    const char *header, *value;          /* one that all calls have; NULL: none */
    uint32_t spoken; /* 1 << enum endpoint: those that are asked and answered in its own words */
    uint32_t translated; /* the same: those that it can be asked in its own words instead */
};

const struct dialect_row *dialect_row(int dialect);

/* A request of this kind goes to it as the client wrote it. */
bool provider_speaks(const struct provider *provider, enum endpoint endpoint);
/* It goes there at all: as it was written, or translated. */
bool provider_answers(const struct provider *provider, enum endpoint endpoint);

#endif
