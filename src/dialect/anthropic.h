/* anthropic.h - the inside of Anthropic's Messages API: who writes and reads what.
 *
 *     anthropic.c           the row, errors, and the members of the body
 *     anthropic_thinking.c  how long the answer may be, and how much of it thought
 *     turns.c               messages become turns, as in other languages of blocks
 *     anthropic_parts.c     what stands in a turn: text, pictures, documents, thoughts
 *     anthropic_tools.c     tools, their choice, their calls and results
 *     anthropic_answer.c    what comes back, streamed or whole */
#ifndef BOURSE_DIALECT_ANTHROPIC_H
#define BOURSE_DIALECT_ANTHROPIC_H

#include "foreign_row.h"
#include "turns.h"

#define ANTHROPIC_THOUGHT_MIN 1024 /* tokens: the smallest budget */

/* A block of its messages, with its type. */
void anthropic_open_block(struct turns *turns, const char *type);
void anthropic_close_block(struct turns *turns, const struct json_tree *tree,
                           const struct json_node *marked);

extern const struct turns_language anthropic_turns;

/* ---- tools ---- */

void anthropic_put_call(struct turns *turns, const struct json_tree *tree, struct text id,
                        const struct json_node *function, const struct json_node *marked);
void anthropic_put_result(struct turns *turns, const struct json_tree *tree, struct text id,
                          const struct json_node *message);
void anthropic_put_tools(struct foreign_writing *writing);
/* A tool must be called. */
bool anthropic_is_forced(const struct foreign_writing *writing);

/* ---- how much ---- */

/* It must be said here. Where the client did not, all that the model gives and the window leaves.
 */
int64_t anthropic_most_tokens(const struct foreign_writing *writing);

struct anthropic_thinking {
    const struct json_node *own; /* in Anthropic's words, where the client has them; else NULL */
    int64_t budget;              /* tokens; 0: none is named */
    const char *effort;          /* NULL: none, or the model does not know any */
    bool is_on;
};

/* By OpenAI's `reasoning_effort`, OpenRouter's `reasoning`, or its own `thinking`. */
struct anthropic_thinking anthropic_read_thinking(const struct foreign_writing *writing,
                                                  int64_t most);
/* The member `thinking`, where there is anything to say. */
void anthropic_put_thinking(struct foreign_writing *writing,
                            const struct anthropic_thinking *thinking);

/* ---- answers ---- */

struct anthropic_state {
    size_t block;  /* that is being said */
    bool is_call;  /* it is a tool's call */
    bool has_said; /* arguments of it */
    int64_t in, cached, cache_written;
};

void anthropic_read_event(struct foreign_answer *answer, struct text name);
bool anthropic_read_reply(struct foreign_answer *answer);
void anthropic_read_error(const struct json_tree *tree, struct foreign_error *ret_error);

#endif
