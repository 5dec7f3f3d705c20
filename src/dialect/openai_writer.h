/* openai_writer.h - an answer in OpenAI's words: as chunks while it is said, or whole at its end.
 *
 *     openai_begin ─ openai_words ─ openai_thought ─ openai_call ─ openai_arguments ─ … ─
 * openai_end
 *
 * Whoever reads another language's answer says what it reads in these calls, and need not know in
 * which of the two forms it goes on. Texts are the insides of JSON strings, unless it is said
 * otherwise. */
#ifndef BOURSE_DIALECT_OPENAI_WRITER_H
#define BOURSE_DIALECT_OPENAI_WRITER_H

#include "chat/citation.h"
#include "dialect/foreign.h"
#include "wire/json_tree.h"
#include "wire/json_writer.h"

#define OPENAI_CHOICES_MAX 8

struct openai_choice {
    bool begun;   /* its role was said */
    size_t calls; /* so far */
    bool in_call; /* of a whole answer: the last one's arguments may go on */
    const char *finish;
    int64_t characters, cited_from; /* of its text: so far, and where its last part began */
    struct buffer words, thoughts, details, tool_calls, logprobs, annotations,
        blocks; /* of a whole answer */
};

struct openai_tokens {                                 /* -1 unknown */
    int64_t in, cached, cache_written, out, reasoning; /* `in` with the cached and written ones */
    int64_t audio_in, image_in, audio_out, image_out;  /* parts of both; 0 is as unknown */
};

struct openai_writer {
    struct json_writer json;
    bool streamed;
    const struct foreign_about *about;
    const char *format;  /* of thoughts: whose they are; NULL: that is not told */
    struct buffer head;  /* what all chunks begin with, up to the choices */
    struct buffer delta; /* the same, up to the members of the first choice's delta */
    struct openai_choice choices[OPENAI_CHOICES_MAX];
    size_t choice, choice_count;
    struct openai_tokens tokens;
    struct buffer cited;        /* annotations whose end is not known yet, a line for each */
    struct buffer block, input; /* of a vendor's own block: its members, and its input so far */
    bool wants_input;           /* the block has one, which has not been said */
    struct json_writer list;    /* of likely tokens, while it is written */
};

void openai_writer_init(struct openai_writer *writer, bool streamed,
                        const struct foreign_about *about, struct buffer *out);
void openai_writer_clear(struct openai_writer *writer);

/* Empty: as `about` has it. Said once, before all else; further ones are not heard. */
void openai_begin(struct openai_writer *writer, struct text id, struct text model);

/* What follows belongs to this one; the first where nothing is said. Those above the maximum are
 * told as the last. */
void openai_choose(struct openai_writer *writer, size_t choice);

void openai_words(struct openai_writer *writer, struct text words);

/* What words rest on: those that were said since the last part ended. It is told when the part
 * ends, since where that is it says too. */
void openai_cite(struct openai_writer *writer, const struct citation *citation);
void openai_end_part(struct openai_writer *writer);
/* Characters of the chosen answer's text so far. */
int64_t openai_characters(const struct openai_writer *writer);
/* The same of any part of the text, at once. */
void openai_annotate(struct openai_writer *writer, const struct citation *citation);

/* A block of Anthropic's that OpenAI has no words for goes along as it is, for who knows it. Its
 * input may come later, in pieces. */
void openai_open_block(struct openai_writer *writer, const struct json_tree *tree,
                       const struct json_node *block);
void openai_block_input(struct openai_writer *writer, struct text piece);
void openai_close_block(struct openai_writer *writer);

/* A piece of a thought, and what proves it to its model when it comes back; `block` tells one
 * thought from the next. Either may be empty. */
void openai_thought(struct openai_writer *writer, size_t block, struct text thought,
                    struct text signature);
/* A thought that only its model can read. */
void openai_hidden_thought(struct openai_writer *writer, size_t block, struct text data);

/* An empty id is made up from the answer's. */
void openai_call(struct openai_writer *writer, struct text id, struct text name);
/* The same with what proves the call to its model when it comes back, where Google's own OpenAI
 * endpoint puts it. Empty: nothing does. */
void openai_signed_call(struct openai_writer *writer, struct text id, struct text name,
                        struct text signature);
/* Of the last call. */
void openai_arguments(struct openai_writer *writer, struct text arguments);
/* The same from the JSON object itself. */
void openai_arguments_object(struct openai_writer *writer, struct text object);

/* How likely tokens were; numbers as they stand elsewhere.
 *
 *     openai_open_logprobs ─ (openai_logprob ─ openai_top_logprob … ─ openai_close_logprob) … ─
 *     openai_close_logprobs */
void openai_open_logprobs(struct openai_writer *writer);
void openai_logprob(struct openai_writer *writer, struct text token, struct text logprob);
void openai_top_logprob(struct openai_writer *writer, struct text token, struct text logprob);
void openai_close_logprob(struct openai_writer *writer);
void openai_close_logprobs(struct openai_writer *writer);

void openai_finish(struct openai_writer *writer, const char *reason);

/* An error in the middle of the answer; texts as above. */
void openai_error(struct openai_writer *writer, struct text type, struct text code,
                  struct text message);

/* The rest: usage, as far as it is known, and the end. */
void openai_end(struct openai_writer *writer);

/* A number, or null where it is negative. */
void openai_put_usage(struct json_writer *json, const struct openai_tokens *tokens);

#endif
