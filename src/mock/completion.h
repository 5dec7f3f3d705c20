/* completion.h - what chat and legacy completions have in common: choices in an envelope, whole or
 * as chunks of a stream, and the usage of all of them. */
#ifndef BOURSE_MOCK_COMPLETION_H
#define BOURSE_MOCK_COMPLETION_H

#include "endpoints.h"
#include "words.h"

/* What one of the two does in its own way. */
struct completion {
    /* Reads the prompt; NULL, or the member that is wrong. */
    const char *(*read)(struct prompt *prompt);
    json_t *(*envelope)(const struct prompt *prompt);
    json_t *(*choice)(const struct prompt *prompt, int index, const struct words *words);
    void (*stream)(const struct prompt *prompt, struct reply *reply, int index,
                   const struct words *words);
};

void completion_answer(const struct completion *completion, struct prompt *prompt,
                       struct reply *reply);

/* A chunk of a stream with one choice in it; takes the choice. */
void completion_send(const struct completion *completion, const struct prompt *prompt,
                     struct reply *reply, json_t *choice, int wait_ms);

#endif
