/* responses_writer.h - the inside of answering a client of OpenAI's Responses: what its files have
 * in common.
 *
 *     responses_events.c    what each chunk says, and how the answer begins and ends
 *     responses_said.c      the item that is open: a thought, or a message with its parts
 *     responses_calls.c     calls of tools, which may come mixed
 *     responses_response.c  the response around the items
 *
 * Each item is told piece by piece, then once more as a whole, and all of them once more at the
 * end. So what was said is kept, up to a maximum. A whole answer is read as a stream of one chunk
 * whose events nobody hears. */
#ifndef BOURSE_DIALECT_RESPONSES_WRITER_H
#define BOURSE_DIALECT_RESPONSES_WRITER_H

#include "responses_chat.h"

#define RESPONSES_KEPT_MAX  ((size_t)16 << 20) /* of all items, and of each text */
#define RESPONSES_CALLS_MAX 64                 /* that are open at a time */

enum item { ITEM_NONE, ITEM_THOUGHT, ITEM_MESSAGE };
enum part { PART_NONE, PART_TEXT, PART_REFUSAL };

struct responses_call {
    int64_t index; /* OpenAI's */
    size_t place;  /* among the items */
    bool is_custom;
    struct buffer name;      /* the members that do not change */
    struct buffer arguments; /* so far: the inside of a string */
};

struct responses_tokens {
    int64_t in, cached, out, reasoning; /* 0 where unknown, since clients want a number */
    bool are_known;
};

struct responses_writer {
    struct voice_writer base;
    bool is_whole; /* nobody hears the events */
    bool begun;
    int64_t sequence;
    size_t data_at;         /* where the data of the event begin that is written */
    struct buffer id, head; /* what ids are made of; the members that do not change */
    struct buffer echo;     /* what was asked for, repeated */
    struct buffer items;    /* those that are complete, with commas */
    size_t places;          /* of items that have begun */

    enum item open;
    size_t place;   /* of the open one */
    int64_t detail; /* of an open thought: its index among the details */
    struct buffer vendor, proof;
    bool is_hidden;
    enum part part;                      /* of an open message */
    size_t part_index;                   /* of the open part, or of the next */
    struct buffer parts;                 /* those that are complete, with commas */
    struct buffer words;                 /* of the open part or thought */
    struct buffer annotations, logprobs; /* of the open part, with commas */
    size_t annotation_count;

    struct responses_call calls[RESPONSES_CALLS_MAX]; /* in the order of their places */
    size_t call_count;

    const char *incomplete; /* why; NULL: it is complete */
    struct responses_tokens tokens;
};

static inline struct responses_writer *responses_writer_of(struct voice_writer *base)
{
    return (struct responses_writer *)base;
}

/* ---- events ---- */

void responses_open_event(struct responses_writer *writer, const char *type);
void responses_close_event(struct responses_writer *writer);

/* More than may be kept: the stream cannot go on. */
void responses_keep(struct responses_writer *writer, struct buffer *kept, struct text more);
/* With a comma before it, where it is not the first; nothing where it is empty. */
void responses_keep_item(struct responses_writer *writer, struct buffer *list, struct text item);

/* `"id"` or `"item_id"`, of the item at that place. */
void responses_put_id(struct responses_writer *writer, const char *name, const char *prefix,
                      size_t place);
/* The event of an item that begins, up to the item itself. */
void responses_open_added(struct responses_writer *writer, size_t place);
/* An item is complete: it is told, and kept for the end. */
void responses_put_done(struct responses_writer *writer, size_t place, struct text item);

/* ---- items ---- */

void responses_say(struct responses_writer *writer, enum part part, struct text words,
                   struct text logprobs);
/* A member of the list `annotations` in OpenAI's chat. */
void responses_annotate(struct responses_writer *writer, const struct json_node *annotation);
/* A piece of a thought, with its vendor and proof, if it has one. */
void responses_think(struct responses_writer *writer, int64_t detail, struct text thought);
void responses_prove(struct responses_writer *writer, struct text vendor, struct text proof,
                     bool is_hidden);
/* The open thought or message, if there is one. */
void responses_close_item(struct responses_writer *writer);

/* A piece of a call; `index` where it says none itself. False where it comes too late, or too many
 * are open. */
bool responses_read_call(struct responses_writer *writer, const struct json_node *call,
                         int64_t index);
/* Nothing more will be said of any. */
void responses_close_calls(struct responses_writer *writer);
void responses_calls_clear(struct responses_writer *writer);

/* ---- the response ---- */

void responses_read_about(struct responses_writer *writer);
void responses_read_usage(struct responses_writer *writer, const struct json_node *usage);

/* Why it has failed: OpenAI's code, and a message. Insides of strings. */
struct responses_failure {
    struct text code, message;
};

/* The object. `failure` may be NULL. */
void responses_put_response(struct responses_writer *writer, const char *status,
                            const struct responses_failure *failure);

#endif
