/* live_document.h - the figures of all models, and sessions, as one JSON document. */
#ifndef BOURSE_STATE_LIVE_DOCUMENT_H
#define BOURSE_STATE_LIVE_DOCUMENT_H

#include "state/live_file.h"

/* From malloc; NULL without memory. What has faded altogether is left out. */
char *live_document_write(const struct live_memory *memory, const struct live_file_clock *clock);

/* False when a value is not what was ever written: then nothing has changed. */
bool live_document_read(const struct live_memory *memory, struct text body,
                        const struct live_file_clock *clock);

#endif
