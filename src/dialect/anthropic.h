/* anthropic.h - the inside of Anthropic's Messages API: who writes and reads what.
 *
 *     anthropic.c           the row, errors, and the members of the body
 *     anthropic_turns.c     messages become turns: the same role never twice in a row
 *     anthropic_parts.c     what stands in a turn: text, pictures, documents, thoughts
 *     anthropic_tools.c     tools, their choice, their calls and results
 *     anthropic_answer.c    what comes back, streamed or whole */
#ifndef BOURSE_DIALECT_ANTHROPIC_H
#define BOURSE_DIALECT_ANTHROPIC_H

#include "foreign_row.h"

#define ANTHROPIC_THOUGHT_MIN 1024 /* tokens: the smallest budget */

/* Messages as they are written: a turn is opened by its first block. */
struct turns {
    struct json_writer *json;
    const char *role;   /* of the open one, NULL: none is */
    const char *wanted; /* whose the next block is; NULL: nobody's, it stands by itself */
    bool trims;         /* the end of a text is not to be white space */
};

/* Opens the next block of the turn of this role. */
void turns_open_block(struct turns *turns, const char *type);
void turns_close_block(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *marked);

void anthropic_put_system(struct foreign_writing *writing);
void anthropic_put_turns(struct foreign_writing *writing);

/* ---- parts; each becomes a block, or none where it says nothing ---- */

/* `marked` is what may carry a cache_control. */
void anthropic_put_text(struct turns *turns, const struct json_tree *tree, struct text inside,
                        const struct json_node *marked);
/* A string, or a list of parts; `marked` as above, for the last block. */
void anthropic_put_content(struct turns *turns, const struct json_tree *tree,
                           const struct json_node *content, const struct json_node *marked);
/* What a message of the assistant says of its thoughts. */
void anthropic_put_thoughts(struct turns *turns, const struct json_tree *tree,
                            const struct json_node *message);

/* ---- tools ---- */

void anthropic_put_calls(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *message);
void anthropic_put_result(struct turns *turns, const struct json_tree *tree,
                          const struct json_node *message);
void anthropic_put_tools(struct foreign_writing *writing);
/* A tool must be called. */
bool anthropic_is_forced(const struct foreign_writing *writing);

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
