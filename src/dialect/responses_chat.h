/* responses_chat.h - the inside of reading clients of OpenAI's Responses: what its files have in
 * common.
 *
 *     responses_request.c   the members of the body
 *     responses_items.c     items become messages: what belongs together stands in one
 *     responses_parts.c     what stands in a message
 *     responses_thoughts.c  what a model has thought, and whose that is
 *     responses_tools.c     tools and their choice */
#ifndef BOURSE_DIALECT_RESPONSES_CHAT_H
#define BOURSE_DIALECT_RESPONSES_CHAT_H

#include "voice_row.h"

/* Down to the text of a part of what a tool has said. */
#define RESPONSES_LEVELS 6

enum fail responses_put_chat(struct chat_reading *reading, const char **ret_why);
bool responses_may_be_strange(struct text body);
size_t responses_strange_thoughts(const struct json_tree *tree, struct span *ret_spans,
                                  size_t room);

static inline bool responses_is_type(const struct json_tree *tree, const struct json_node *value,
                                     const char *type)
{
    return json_is(tree, json_find(tree, value, "type"), type);
}

/* The instructions and the input, as messages. */
void responses_put_items(struct chat_reading *reading);

/* ---- parts: of a list, or a single string ---- */

enum responses_parts { PARTS_ALL, PARTS_WORDS, PARTS_SHOWN }; /* shown: pictures and files */

size_t responses_count_parts(const struct json_tree *tree, const struct json_node *content,
                             enum responses_parts which);
/* Items of an array that is open. */
void responses_put_parts(struct chat_reading *reading, const struct json_node *content,
                         enum responses_parts which);

/* ---- thoughts ---- */

/* Items of `reasoning_details`, which is open. */
void responses_put_thought(struct chat_reading *reading, const struct json_node *item);

/* An encrypted_content of ours: `@FORMAT:PROOF`, or with two @ where a thought is hidden in it. */
struct responses_proof {
    struct text format, proof; /* empty: it is not one of ours */
    bool is_hidden;
};

struct responses_proof responses_proof_of(const struct json_tree *tree,
                                          const struct json_node *item);

/* What the ids of reasoning begin with that no model of OpenAI has thought. */
#define RESPONSES_STRANGE_ID "rs_other_"

/* ---- tools ---- */

void responses_put_tools(struct chat_reading *reading);

#endif
