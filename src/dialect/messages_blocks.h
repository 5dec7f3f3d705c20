/* messages_blocks.h - what an Anthropic client is told, streamed or whole, of an OpenAI answer. */
#ifndef BOURSE_DIALECT_MESSAGES_BLOCKS_H
#define BOURSE_DIALECT_MESSAGES_BLOCKS_H

#include "dialect/messages.h"
#include "voice_row.h"

struct messages_tokens {
    int64_t in, cached, cache_written, out; /* here `in` is without the others; 0 where unknown,
                                               since clients want a number */
    bool has_cached, has_written;
};

void messages_read_usage(const struct json_tree *tree, const struct json_node *usage,
                         struct messages_tokens *tokens);
void messages_put_usage(struct json_writer *json, const struct messages_tokens *tokens);

/* id, type, role, model: the members that a message begins with. */
void messages_put_about(struct json_writer *json, const struct json_tree *tree,
                        const struct json_node *completion);

/* type, id, name: the members that a call begins with. */
void messages_put_call_name(struct json_writer *json, const struct json_tree *tree,
                            const struct json_node *call);

/* The thoughts of a delta or message under either of their names. */
struct text messages_thought(const struct json_tree *tree, const struct json_node *said);

/* Whose proof a detail has, where it is another vendor's than Anthropic's; else empty. */
struct text messages_vendor(const struct json_tree *tree, const struct json_node *detail);
/* A proof, with its vendor in front: `@google-gemini-v1:…`. So it finds its way back, and no
 * further (messages_turns.c). */
void messages_put_proof(struct json_writer *json, const char *name, struct text vendor,
                        struct text proof);

/* The text of an answer in blocks, cut where its annotations say; none where it says nothing. */
void messages_put_text(struct json_writer *json, const struct json_tree *tree, struct text words,
                       const struct json_node *annotations);
/* Blocks of Anthropic's own that came along (openai_writer.h). */
void messages_put_own_blocks(struct json_writer *json, const struct json_tree *tree,
                             const struct json_node *message);

const char *messages_stop_reason(const struct json_tree *tree, const struct json_node *reason);

/* Rows of voice_messages. */
void messages_put_reply(const struct voice_about *about, const struct json_tree *tree,
                        struct json_writer *json);
void messages_put_error_of(const struct json_tree *tree, const char *request_id,
                           struct json_writer *json);

/* A member `error` with type and message, of an error in OpenAI's words. */
void messages_put_error(struct json_writer *json, const struct json_tree *tree,
                        const struct json_node *error);

#endif
