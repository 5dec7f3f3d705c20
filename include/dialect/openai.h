/* openai.h - OpenAI's wire: requests read, replies listened to, errors written.
 *
 * The same dialect stands on both sides, so nothing is translated: a request's bytes are spliced
 * and a reply's bytes are passed on, while scanners read what the house needs to know. All scanners
 * take their input in pieces of any size, split anywhere. */
#ifndef BOURSE_DIALECT_OPENAI_H
#define BOURSE_DIALECT_OPENAI_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/fail.h"
#include "chat/request.h"
#include "chat/usage.h"

/* ---- requests: one scan as the upload arrives ---- */

struct request_reader; /* lives in the arena it was made in */

struct reading_problem { /* of a request that was refused */
    const char *message; /* for the client; in the reader's arena */
    const char *param;   /* the member it speaks of, or NULL */
};

struct request_reader *request_reader_new(enum endpoint endpoint, struct arena *arena);
/* The reader itself is in an arena of its own, which may end once the request was read: `arena` has
 * all that the request and the problem point to. */
struct request_reader *request_reader_apart(enum endpoint endpoint, struct arena *own,
                                            struct arena *arena);

/* The next piece of the body, in order. `body` is the whole body as received so far and ends with
 * the piece: `fed` tells how many of its bytes were fed before. A failure is final. */
enum fail request_reader_feed(struct request_reader *reader, struct text body, size_t fed);

/* After the last piece. The request points into the reader's arena, never into the body. */
enum fail request_reader_finish(struct request_reader *reader, struct text body,
                                struct chat_request *ret_request);
const struct reading_problem *request_reader_problem(const struct request_reader *reader);

/* What a body becomes besides losing our own members. */
struct request_changes {
    const char *upstream_model; /* the value of `model`; NULL leaves it */
    bool ask_usage;             /* in streams, where the client did not */
    struct text last_message;   /* JSON: comes behind the last of `messages`; empty: none does */
};

/* The body as it goes upstream, as pieces in order, pointing into `body`, the changes and the
 * arena. Byte for byte as it came otherwise. */
#define REQUEST_PIECES_MAX (2 * CHAT_SPLICES_MAX + 9)

/* How many pieces there may be of this one. */
static inline size_t request_pieces_most(const struct chat_request *request)
{
    return 2 * request->splice_count + 9;
}

size_t request_pieces(const struct chat_request *request, struct text body,
                      const struct request_changes *changes, struct arena *arena,
                      struct text *ret_pieces);

/* ---- streamed replies ---- */

struct delivered;

enum stream_event_kind {
    STREAM_OPENING,   /* the role, an empty delta, response.created: nothing said yet */
    STREAM_DELTA,     /* something was said: text, reasoning, a tool call, a refusal */
    STREAM_FINISH,    /* a finish_reason, response.completed or .incomplete */
    STREAM_USAGE,     /* the extra chunk with choices:[] and the totals */
    STREAM_ERROR,     /* an error inside the stream, response.failed */
    STREAM_DONE,      /* data: [DONE] */
    STREAM_COMMENT,   /* a comment line of the provider */
    STREAM_MALFORMED, /* not JSON: not to be passed on */
    STREAM_TOO_LARGE, /* above the maximum of one event: the stream ends */
};

struct stream_event {
    enum stream_event_kind kind;
    size_t count; /* 1, or how many events of one kind that followed each other are told in one */
    struct text
        bytes; /* as they should go to the client, blank line included; empty: pass nothing on */
    struct text document; /* its data where it was read by itself; empty in a run of several */
    struct text error_message, error_code, error_type; /* STREAM_ERROR: decoded; empty if absent */
};

/* Called for each complete event or run of events, in order; false stops the feeding at once. */
typedef bool stream_sink(void *owner, const struct stream_event *event);

struct stream_listener {
    enum endpoint endpoint;
    bool hide_usage; /* the client did not ask for usage: its chunk and `usage` members are kept
                        back */
    size_t max_event;
    stream_sink *sink;
    void *owner;
    struct delivered *delivered; /* what is said is kept there too (stitch.h); NULL: nowhere */
    bool one_by_one;             /* no runs: each event is told with its document */

    struct usage usage; /* what was heard so far */
    uint64_t events;    /* with data, passed on */
    uint64_t malformed; /* dropped */
    bool finished; /* every choice that began had its finish_reason, or a terminal event came */
    bool done;     /* [DONE] was heard (a Responses stream has none: then as finished) */
    bool failed;   /* that event was an error */
    struct stream_parser *parser; /* private */
};

void stream_listener_init(struct stream_listener *listener, enum endpoint endpoint, bool hide_usage,
                          size_t max_event, stream_sink *sink, void *owner);
void stream_listener_clear(struct stream_listener *listener);
/* False when the sink stopped it or an event was too large. */
bool stream_listener_feed(struct stream_listener *listener, struct text bytes);

/* ---- replies that are not streamed ---- */

struct reply_facts {
    bool is_json; /* a complete JSON object */
    struct usage usage;
    bool is_error; /* has a top-level `error` that is not null */
    struct text error_message, error_code, error_type; /* in the arena */
};

void reply_read(enum endpoint endpoint, struct text body, struct arena *arena,
                struct reply_facts *ret_facts);

/* ---- errors for the client ---- */

struct failed_attempt {
    const char *provider, *model;
    int status; /* 0 when there was none */
    const char *code;
};

struct error_note {
    enum fail fail;
    const char *message; /* NULL: the row's sentence */
    const char *param;   /* NULL: null */
    const char *code;    /* NULL: the row's */
    const struct failed_attempt *previous;
    size_t previous_count;
};

/* {"error":{message,type,param,code,metadata}} */
void error_write(struct buffer *out, const struct error_note *note);

/* The error inside a stream that has begun: a chunk with a top-level `error` and finish_reason
 * "error" (Responses: event response.failed), ended by a blank line and not followed by [DONE]. */
void error_write_event(struct buffer *out, enum endpoint endpoint, const struct error_note *note);

#endif
