/* messages.h - clients that speak Anthropic's Messages API.
 *
 *     their body       ──> messages_to_chat ──> OpenAI's chat, which is decided about and sent on
 *     OpenAI's events  ──> messages_events  ──> their events, in their order
 *     OpenAI's reply   ──> messages_reply   ──> their message
 *
 * A provider that speaks as they do is sent their own bytes, and its own come back. */
#ifndef BOURSE_DIALECT_MESSAGES_H
#define BOURSE_DIALECT_MESSAGES_H

#include "base/buffer.h"
#include "base/fail.h"
#include "chat/request.h"

struct error_note;

/* ---- what they ask ---- */

struct messages_aim {         /* for whom the chat is written */
    const char *model;        /* as the provider calls it; NULL: for our own reader and for other
                                 languages, with all that OpenAI's servers would not take */
    const char *limit;        /* what OpenAI's servers call the most tokens of the answer */
    bool may_reason;          /* it takes a reasoning_effort */
    struct text last_message; /* JSON, OpenAI's: comes behind the others; empty: none does */
};

/* The chat is appended to `out`. FAIL_BAD_JSON, FAIL_BAD_VALUE: *ret_why says what is wrong. */
enum fail messages_to_chat(struct text body, const struct messages_aim *aim, struct buffer *out,
                           const char **ret_why);

/* Where thoughts stand in a body that Anthropic would refuse, each with one comma, in order, as
 * many as there is room for: they are other models', which a conversation had before. */
size_t messages_strange_thoughts(struct text body, struct span *ret_spans, size_t room);

/* ---- what they are answered ---- */

struct messages_writer; /* of one stream */

struct messages_writer *messages_writer_new(size_t max_event);
/* NULL is accepted. */
void messages_writer_free(struct messages_writer *writer);

/* OpenAI's events become theirs, appended; comments stay. False: there was no room. */
bool messages_events(struct messages_writer *writer, struct text events, struct buffer *out);
/* The stream has ended well, [DONE] or not. */
bool messages_end(struct messages_writer *writer, struct buffer *out);

/* A whole one; false where it is no completion. */
bool messages_reply(struct text completion, struct buffer *out);

/* {"type":"error","error":{type,message},"request_id"} */
void messages_error(struct buffer *out, const struct error_note *note, const char *request_id);
/* The same inside a stream, as its last event. */
void messages_error_event(struct buffer *out, const struct error_note *note);
/* The same of an error in OpenAI's words, which a provider has written. */
void messages_error_of(struct text error, const char *request_id, struct buffer *out);

#endif
