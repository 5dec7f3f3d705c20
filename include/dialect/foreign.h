/* foreign.h - providers that speak another language than OpenAI's: what is asked of them is written
 * in theirs, what they say is read into ours.
 *
 *     chat body (OpenAI) ──> foreign_write ──> the provider's body
 *     its stream         ──> foreign_stream_feed ──> OpenAI's chunks, event by event
 *     its whole reply    ──> foreign_reply ──> OpenAI's completion
 *     its error          ──> foreign_error ──> OpenAI's error
 *
 * OpenAI's chat completions, as bytes, stand in the middle: what comes out is listened to, stitched
 * and passed on like what a provider of OpenAI's own language says. Texts are copied as they stand
 * and never decoded. */
#ifndef BOURSE_DIALECT_FOREIGN_H
#define BOURSE_DIALECT_FOREIGN_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/fail.h"
#include "chat/dialects.h"
#include "chat/request.h"

struct model;
struct foreign; /* a language: a row of a table */

/* NULL: it speaks OpenAI's. */
const struct foreign *foreign_of(enum provider_dialect dialect);

/* ---- what is asked ---- */

struct foreign_question {
    const struct chat_request *request;
    struct text body;         /* as the client sent it */
    struct text last_message; /* JSON: comes behind the last of `messages`; empty: none does */
    const struct model *model;
    int64_t tokens_in; /* an estimate on the safe side; 0 unknown */
};

/* The body as it goes upstream, appended. FAIL_BAD_VALUE: it cannot be written. */
enum fail foreign_write(const struct foreign *foreign, const struct foreign_question *question,
                        struct buffer *out);

/* Behind the provider's base_url. */
struct text foreign_path(const struct foreign *foreign, const struct foreign_question *question,
                         struct arena *arena);

/* ---- what is answered ---- */

struct foreign_about { /* the answer that is written */
    int64_t created;   /* seconds since 1970 */
    const char *id;    /* where the provider has none */
    const char *model; /* the same */
};

/* OpenAI's events, several at a time; false stops the feeding. */
typedef bool foreign_sink(void *owner, struct text events);

struct foreign_stream;

/* The Content-Type of a stream. */
const char *foreign_stream_type(const struct foreign *foreign);

/* What `about` points at must outlive it. */
struct foreign_stream *foreign_stream_new(const struct foreign *foreign,
                                          const struct foreign_about *about, size_t max_event,
                                          foreign_sink *sink, void *owner);
/* NULL is accepted. */
void foreign_stream_free(struct foreign_stream *stream);

/* False when the sink stopped it or an event was larger than the maximum. */
bool foreign_stream_feed(struct foreign_stream *stream, struct text bytes);
/* Nothing more will come: what is known by that only is told. */
void foreign_stream_end(struct foreign_stream *stream);
bool foreign_stream_is_too_large(const struct foreign_stream *stream);

/* False where it is not what the language promises. */
bool foreign_reply(const struct foreign *foreign, const struct foreign_about *about,
                   struct text body, struct buffer *out);

/* The same of a question for embeddings, whose body is `question`. */
bool foreign_embeddings(const struct foreign *foreign, const struct foreign_about *about,
                        struct text question, struct text body, struct buffer *out);

/* Always writes one; an empty or unreadable body becomes an error without words. Returns how many
 * milliseconds the body asks us to wait; -1 where it does not. */
int64_t foreign_error(const struct foreign *foreign, struct text body, struct buffer *out);

#endif
