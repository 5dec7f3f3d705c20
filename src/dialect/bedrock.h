/* bedrock.h - the inside of Amazon Bedrock's Converse: who writes and reads what.
 *
 *     bedrock.c           the row, the address, and the members of the body
 *     turns.c             messages become turns, as in other languages of blocks
 *     bedrock_parts.c     what stands in a turn: text, pictures, documents, thoughts
 *     bedrock_tools.c     tools, their choice, their calls and results
 *     bedrock_citations.c what an answer rests on
 *     bedrock_answer.c    what comes back, streamed or whole, and what errors say */
#ifndef BOURSE_DIALECT_BEDROCK_H
#define BOURSE_DIALECT_BEDROCK_H

#include "foreign_row.h"
#include "turns.h"

/* A block is an object with one member, whose value is still to be written. */
void bedrock_open_block(struct turns *turns, const char *name);
/* `marked` is what may carry a cache_control: a block of its own behind this one. */
void bedrock_close_block(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *marked);

/* Behind what may carry a cache_control, in any list of blocks. */
void bedrock_put_cache_point(struct json_writer *json, const struct json_tree *tree,
                             const struct json_node *marked);

extern const struct turns_language bedrock_turns;

/* ---- tools ---- */

void bedrock_put_call(struct turns *turns, const struct json_tree *tree, struct text id,
                      const struct json_node *function, const struct json_node *marked);
void bedrock_put_result(struct turns *turns, const struct json_tree *tree, struct text id,
                        const struct json_node *message);
void bedrock_put_tools(struct foreign_writing *writing);

/* ---- answers ---- */

struct bedrock_state {
    size_t block;     /* that is being said */
    bool is_call;     /* it is a tool's call */
    bool has_said;    /* arguments of it */
    bool is_finished; /* there was a reason */
    bool has_ended;   /* all is told */
};

/* One of an answer, and a block of words with all of its. */
void bedrock_read_citation(struct foreign_answer *answer, const struct json_tree *tree,
                           const struct json_node *cited);
void bedrock_read_cited(struct foreign_answer *answer, struct text block);

void bedrock_read_event(struct foreign_answer *answer, struct text name);
void bedrock_read_end(struct foreign_answer *answer);
bool bedrock_read_reply(struct foreign_answer *answer);
void bedrock_read_error(const struct json_tree *tree, struct foreign_error *ret_error);

static inline const struct json_node *bedrock_member(const struct foreign_writing *writing,
                                                     const char *name)
{
    return json_find(&writing->tree, json_root(&writing->tree), name);
}

#endif
