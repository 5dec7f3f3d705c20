/* session_document.h - sessions as a member of the document of figures: the seed of their keys, and
 * of each its key, the place of its model in the document, tokens, and age. */
#ifndef BOURSE_STATE_SESSION_DOCUMENT_H
#define BOURSE_STATE_SESSION_DOCUMENT_H

#include <jansson.h>

#include "state/sessions.h"

/* A new reference. Those that no provider's cache can hold any more are left out. */
json_t *session_document_write(const struct sessions *sessions, const struct live *live,
                               int64_t now_ms);

/* The models of the document as slots, NULL for one that is configured no more. */
struct session_models {
    struct live_model *const *slots;
    size_t count;
};

/* False when a value is not what was ever written. Nothing changes then, nor where `sessions` is
 * NULL. `saved_ms` is when it was written, by the clock of now. */
bool session_document_read(struct sessions *sessions, const json_t *document,
                           const struct session_models *models, int64_t saved_ms);

#endif
