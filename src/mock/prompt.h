/* prompt.h - what the mock needs to know of a request, whichever endpoint it came to. */
#ifndef BOURSE_MOCK_PROMPT_H
#define BOURSE_MOCK_PROMPT_H

#include <jansson.h>

#include "base/buffer.h"
#include "faults.h"

#define PROMPT_TEXT_MAX    (1u << 20)
#define PROMPT_CHOICES_MAX 16

struct prompt {
    json_t *root; /* owned; the pointers below look into it */
    const char *model;
    struct fault_wish wish;
    bool demo_notice;
    bool stream, include_usage, logprobs;
    int choices;        /* n */
    int64_t tokens_max; /* of the answer; INT64_MAX: no limit asked for */
    int64_t tokens_in;
    uint64_t seed;           /* of the whole request: the same bytes, the same answer */
    bool answers_a_tool;     /* the last message is a tool's result */
    bool structured;         /* the answer shall be JSON */
    const json_t *schema;    /* of the answer; NULL: any object */
    const char *tool;        /* to be called; NULL: none */
    const json_t *arguments; /* the schema of its arguments */
    struct buffer user;      /* the last user message's text */
};

/* All false and empty but for what the body's own members say; NULL or the name of the member that
 * is wrong. The body must be an object with a string `model`. */
const char *prompt_read(struct prompt *prompt, struct text body);
void prompt_clear(struct prompt *prompt);

/* Is the answer to go on from words that are the assistant's already? */
bool prompt_is_prefill(const struct prompt *prompt);

/* Reads `messages` of a chat completion, `prompt` of a legacy one, `input` of a response. NULL, or
 * the name of the member that is wrong. */
const char *prompt_read_chat(struct prompt *prompt);
const char *prompt_read_legacy(struct prompt *prompt);
const char *prompt_read_response(struct prompt *prompt);

#endif
