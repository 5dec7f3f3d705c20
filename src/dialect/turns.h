/* turns.h - messages become turns of blocks, for the languages that have them (Anthropic's, Amazon
 * Bedrock's): the same role never twice in a row, the system apart.
 *
 * What is the same for both is here: who speaks, in which order, which parts there are, and whose
 * mark of the prompt's cache a block carries. What a block looks like is the language's own. */
#ifndef BOURSE_DIALECT_TURNS_H
#define BOURSE_DIALECT_TURNS_H

#include "foreign_row.h"

struct turns;

/* Each writes a block, or none where it would say nothing. `marked` is what may carry a
 * cache_control, NULL: nothing may. */
struct turns_language {
    void (*put_text)(struct turns *turns, const struct json_tree *tree, struct text inside,
                     const struct json_node *marked);
    void (*put_image)(struct turns *turns, const struct json_tree *tree, struct text url,
                      const struct json_node *marked);
    /* A part with a `file`, or one of text that has what only documents have. */
    void (*put_document)(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *part, const struct json_node *marked);
    /* A part that only Anthropic's language has; NULL: it is left out. */
    void (*put_own)(struct turns *turns, const struct json_tree *tree,
                    const struct json_node *part);
    /* What a message of the assistant says of its thoughts. */
    void (*put_thoughts)(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *message);
    /* A thought in pieces up to `end`, and what proves it. */
    void (*put_thought)(struct turns *turns, const struct json_tree *tree,
                        const struct json_node *first, const struct json_node *end,
                        struct text proof);
    void (*put_hidden_thought)(struct turns *turns, struct text data);
    void (*put_call)(struct turns *turns, const struct json_tree *tree, struct text id,
                     const struct json_node *function, const struct json_node *marked);
    void (*put_result)(struct turns *turns, const struct json_tree *tree, struct text id,
                       const struct json_node *message);
    /* Behind the last block of the last turn; NULL: nothing. */
    void (*put_end)(struct turns *turns, const struct json_tree *tree);
};

/* As they are written: a turn is opened by its first block. */
struct turns {
    const struct turns_language *language;
    struct json_writer *json;
    const char *role;   /* of the open one, NULL: none is */
    const char *wanted; /* whose the next block is; NULL: nobody's, it stands by itself */
    bool trims;         /* the end of a text is not to be white space */
    size_t documents;   /* so far, for languages that name them */
};

/* Before a block is opened. */
void turns_enter(struct turns *turns);

/* Members that documents have alike: their context, and whether the answer is to cite them. */
void turns_put_wishes(struct turns *turns, const struct json_tree *tree,
                      const struct json_node *part);

/* A string, or a list of parts; `marked` is for the last block. */
void turns_put_content(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *content, const struct json_node *marked);
/* `reasoning_details`, as far as they are of Anthropic's models: whose else's could be proved? */
void turns_put_details(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *details);

/* The members `system`, where anything is said there, and `messages`. */
void turns_put_system(struct foreign_writing *writing, const struct turns_language *language);
void turns_put_messages(struct foreign_writing *writing, const struct turns_language *language);

#endif
