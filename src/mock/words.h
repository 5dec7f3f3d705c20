/* words.h - what the mock says: a deterministic text, and the tokens it falls into. */
#ifndef BOURSE_MOCK_WORDS_H
#define BOURSE_MOCK_WORDS_H

#include "base/buffer.h"
#include "prompt.h"

#define WORDS_ANSWER_MAX (1u << 20)

struct words {
    struct buffer text; /* cut to the tokens that were allowed */
    int64_t tokens;
    bool cut; /* there would have been more */
};

/* The answer number `index` to the prompt: a text, or the arguments of the tool that it calls.
 * False without memory. Clear it in either case. */
bool words_answer(struct words *words, const struct prompt *prompt, int index);
void words_clear(struct words *words);

/* Cuts the next token off the front: the spaces before a word and up to 12 bytes of it. */
bool words_next(struct text *rest, struct text *ret_token);

/* The same for fragments of JSON, 7 bytes or a few more, never inside of a character. */
bool words_next_fragment(struct text *rest, struct text *ret_fragment);

#endif
