/* voice.h - clients that do not speak OpenAI's chat: what they ask becomes one, and what they are
 * told is said as they expect it.
 *
 *     their body       ──> voice_to_chat ──> OpenAI's chat, which is sent on
 *     OpenAI's events  ──> voice_events  ──> their events, in their order
 *     OpenAI's reply   ──> voice_reply   ──> theirs
 *
 * A provider that speaks as they do is sent their own bytes, and its own come back. */
#ifndef BOURSE_DIALECT_VOICE_H
#define BOURSE_DIALECT_VOICE_H

#include "base/buffer.h"
#include "base/fail.h"
#include "chat/request.h"

struct delivered;
struct error_note;
struct voice; /* a client's language: a row of functions */

/* Of those who speak at this endpoint. NULL: OpenAI's chat, or what is never translated. */
const struct voice *voice_of(enum endpoint endpoint);

/* ---- what they ask ---- */

struct chat_aim {             /* for whom the chat is written */
    const char *model;        /* as the provider calls it; NULL: for our own reader and for other
                                 languages, with all that OpenAI's servers would not take */
    const char *limit;        /* what OpenAI's servers call the most tokens of the answer */
    bool may_reason;          /* it takes a reasoning_effort */
    struct text last_message; /* JSON, OpenAI's: comes behind the others; empty: none does */
};

/* The chat is appended to `out`. FAIL_BAD_JSON, FAIL_BAD_VALUE: *ret_why says what is wrong. */
enum fail voice_to_chat(const struct voice *voice, struct text body, const struct chat_aim *aim,
                        struct buffer *out, const char **ret_why);

/* Where thoughts stand in a body that a provider of its own language would refuse, each with one
 * comma, in order, as many as there is room for: they are other models', which a conversation had
 * before. */
size_t voice_strange_thoughts(const struct voice *voice, struct text body, struct span *ret_spans,
                              size_t room);

/* ---- what they are answered ---- */

struct voice_about {
    struct text question; /* the client's body: some answers repeat what it asked for */
    int64_t created;      /* seconds since 1970, and an id, where the provider has none */
    const char *id;
    bool wants_usage; /* of a stream, where that is a wish */
};

struct voice_writer; /* of one stream */

/* What `about` points at must outlive it. */
struct voice_writer *voice_writer_new(const struct voice *voice, const struct voice_about *about,
                                      size_t max_event);
/* One that goes on where a provider of the same language has broken off, whose own bytes the client
 * was given. */
struct voice_writer *voice_writer_resume(const struct voice *voice, const struct voice_about *about,
                                         size_t max_event, const struct delivered *delivered);
/* Whether there is such a one. */
bool voice_can_resume(const struct voice *voice);
/* NULL is accepted. */
void voice_writer_free(struct voice_writer *writer);

/* OpenAI's events become theirs, appended; comments stay. False: there was no room. */
bool voice_events(struct voice_writer *writer, struct text events, struct buffer *out);
/* The stream has ended well, [DONE] or not. */
bool voice_end(struct voice_writer *writer, struct buffer *out);
/* It has not: the error as its last event. */
void voice_cut(struct voice_writer *writer, const struct error_note *note, struct buffer *out);

/* A whole one; false where it is no completion. */
bool voice_reply(const struct voice *voice, const struct voice_about *about, struct text completion,
                 struct buffer *out);

/* An error in OpenAI's words, which a provider has written. False: it stays as it is. */
bool voice_error_of(const struct voice *voice, struct text error, const char *request_id,
                    struct buffer *out);

#endif
