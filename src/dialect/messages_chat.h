/* messages_chat.h - the inside of reading Anthropic's clients: what its files have in common.
 *
 *     messages_request.c   the members of the body
 *     messages_turns.c     turns become messages, with their blocks, calls and results
 *     messages_thoughts.c  what the assistant has thought, and whose that is
 *     messages_tools.c     tools and their choice */
#ifndef BOURSE_DIALECT_MESSAGES_CHAT_H
#define BOURSE_DIALECT_MESSAGES_CHAT_H

#include "dialect/messages.h"
#include "wire/json_tree.h"
#include "wire/json_writer.h"

/* A body of 64 MB has that many nodes if it is made of nothing but small values. The levels go down
 * to the data of a picture that a tool has shown. */
#define MESSAGES_NODES_MAX ((size_t)512 << 10)
#define MESSAGES_LEVELS    8

struct messages_reading {
    const struct messages_aim *aim;
    struct json_tree tree; /* of the client's body */
    struct json_writer json;
};

/* For OpenAI's servers, not for our own reader. */
static inline bool messages_is_final(const struct messages_reading *reading)
{
    return reading->aim->model != NULL;
}

static inline const struct json_node *messages_member(const struct messages_reading *reading,
                                                      const char *name)
{
    return json_find(&reading->tree, json_root(&reading->tree), name);
}

/* A cache_control of `marked`, where its reader may understand it. */
void messages_put_mark(struct messages_reading *reading, const struct json_node *marked);

/* The messages, the system in front. */
void messages_put_turns(struct messages_reading *reading);

/* Those of a message that is open. */
void messages_put_thoughts(struct messages_reading *reading, const struct json_node *content);

void messages_put_tools(struct messages_reading *reading);

#endif
