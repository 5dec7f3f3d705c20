/* messages_chat.h - the inside of reading Anthropic's clients: what its files have in common.
 *
 *     messages_request.c   the members of the body
 *     messages_turns.c     turns become messages, with their blocks, calls and results
 *     messages_thoughts.c  what the assistant has thought, and whose that is
 *     messages_tools.c     tools and their choice */
#ifndef BOURSE_DIALECT_MESSAGES_CHAT_H
#define BOURSE_DIALECT_MESSAGES_CHAT_H

#include "voice_row.h"

/* A cache_control of `marked`, where its reader may understand it. */
void messages_put_mark(struct chat_reading *reading, const struct json_node *marked);

/* The messages, the system in front. */
void messages_put_turns(struct chat_reading *reading);

/* Those of a message that is open. */
void messages_put_thoughts(struct chat_reading *reading, const struct json_node *content);

void messages_put_tools(struct chat_reading *reading);

/* A row of voice_messages. The levels go down to the data of a picture that a tool has shown. */
#define MESSAGES_LEVELS 8
enum fail messages_put_chat(struct chat_reading *reading, const char **ret_why);
size_t messages_strange_thoughts(const struct json_tree *tree, struct span *ret_spans, size_t room);

#endif
