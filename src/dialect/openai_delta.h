/* openai_delta.h - the inside of an answer in OpenAI's words: what its parts have in common.
 *
 *     openai_writer.c   beginnings, words and thoughts
 *     openai_calls.c    calls of tools
 *     openai_notes.c    what words rest on, and blocks that only their vendor knows
 *     openai_logprobs.c how likely each token was
 *     openai_end.c      reasons, usage, errors, and all of a whole answer */
#ifndef BOURSE_DIALECT_OPENAI_DELTA_H
#define BOURSE_DIALECT_OPENAI_DELTA_H

#include "openai_writer.h"

static inline struct openai_choice *openai_chosen(struct openai_writer *writer)
{
    return &writer->choices[writer->choice];
}

/* A member that is a string: its inside, or where that is empty any other bytes. */
void openai_put_name(struct json_writer *json, const char *key, struct text inside,
                     const char *otherwise);

/* The members that all documents of the answer begin with. */
void openai_put_head(struct openai_writer *writer);

/* A chunk, up to the members of its delta, and from there to its end. `finish` may be NULL. */
void openai_open_delta(struct openai_writer *writer);
void openai_close_delta(struct openai_writer *writer, const char *finish);
/* The end of a document that is an event. */
void openai_end_event(struct openai_writer *writer);

/* A member with a list of a vendor's own blocks; none, where there is none. */
void openai_put_blocks(struct json_writer *json, struct text blocks);

/* Of a whole answer: nothing more is said of its last call. */
void openai_end_call(struct openai_choice *choice);

#endif
