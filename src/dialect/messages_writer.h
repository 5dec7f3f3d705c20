/* messages_writer.h - the inside of a stream for an Anthropic client: what its files have in
 * common.
 *
 *     messages_events.c   what each chunk says, and how the message begins and ends
 *     messages_writer.c   events, and blocks one behind the other
 *     messages_calls.c    calls of tools, which may come mixed
 *     messages_citations.c   what the text rests on, streamed or whole */
#ifndef BOURSE_DIALECT_MESSAGES_WRITER_H
#define BOURSE_DIALECT_MESSAGES_WRITER_H

#include "messages_blocks.h"

enum block { BLOCK_NONE, BLOCK_TEXT, BLOCK_THOUGHT, BLOCK_CALL, BLOCK_OWN };

#define CALLS_WAITING_MAX 64

struct messages_call {
    int64_t index;           /* OpenAI's */
    struct buffer name;      /* the members that its block begins with */
    struct buffer arguments; /* so far: the inside of a string */
};

struct messages_calls {
    int64_t open;                                    /* the index of the one whose block is open */
    struct json_scan *scan;                          /* over its arguments */
    bool is_whole;                                   /* they are an object that has ended */
    struct buffer decoded;                           /* a piece of them */
    struct messages_call waiting[CALLS_WAITING_MAX]; /* in the order in which they began */
    size_t waiting_count;
    size_t waiting_bytes;
};

struct messages_writer {
    struct voice_writer base;
    bool begun;
    enum block open;
    bool is_cited;  /* the open text: what is said next belongs to another one */
    size_t index;   /* of the open block, or of the next */
    int64_t detail; /* of an open thought: its index among the details */
    struct messages_calls calls;
    const char *reason;
    struct messages_tokens tokens;
};

/* ---- events and blocks ---- */

void messages_open_event(struct messages_writer *writer, const char *type);
void messages_close_event(struct messages_writer *writer);

/* Up to what stands in it: `content_block` is still to be written. The one before is closed. */
void messages_open_block(struct messages_writer *writer, enum block block);
/* The open one, if there is one. */
void messages_close_block(struct messages_writer *writer);

/* A delta of the open block, and one with a text of it; nothing where the text is empty. */
void messages_open_delta(struct messages_writer *writer, const char *type);
void messages_close_delta(struct messages_writer *writer);
void messages_put_delta(struct messages_writer *writer, const char *type, const char *name,
                        struct text inside);

/* A block for words, where none is open. */
void messages_open_text(struct messages_writer *writer);

/* ---- what words rest on, and blocks that OpenAI has no words for ---- */

void messages_cite(struct messages_writer *writer, const struct json_node *annotations);
void messages_tell_own_blocks(struct messages_writer *writer, const struct json_node *delta);

/* ---- calls ---- */

void messages_calls_init(struct messages_calls *calls);
void messages_calls_clear(struct messages_calls *calls);

/* A piece of one; false where it comes too late, or more would have to wait than may. */
bool messages_read_call(struct messages_writer *writer, const struct json_node *call);
/* Nothing more will be said of any call: those that wait are told. */
void messages_end_calls(struct messages_writer *writer);

#endif
