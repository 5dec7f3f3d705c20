/* call.h - one HTTP call: a configured curl handle and what it has heard so far.
 *
 * A call object is born with its handle and is used again for the next request to the same
 * provider. Curl's callbacks only append to it and put it on the list of the ready; upstream_turn
 * acts. */
#ifndef BOURSE_UPSTREAM_CALL_H
#define BOURSE_UPSTREAM_CALL_H

#include <curl/curl.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "body.h"
#include "head.h"
#include "upstream/upstream.h"

struct target;

struct call_limits { /* milliseconds; 0 none */
    int64_t connect_ms, first_token_ms, idle_ms, total_ms;
    int64_t deadline_ms; /* of the clock */
};

struct upstream_call {
    struct upstream *upstream;
    struct target *target;
    CURL *easy;
    struct upstream_call *next_idle;
    struct upstream_call *previous_ready, *next_ready;

    const struct upstream_events *events;
    void *owner;
    struct arena arena; /* ends with the call: header lines of its own */
    CURLU *url;         /* parsed once, and again when the path is another */
    struct buffer path; /* that of the URL */
    struct head head;   /* of the reply */
    struct body body;
    struct buffer *flat;     /* the body in one, where it is small */
    struct buffer *received; /* bytes of the reply not delivered yet; NULL: none */

    struct call_limits limits;
    int64_t started_us, first_byte_us, ended_us; /* 0: not yet */
    int64_t heard_ms;                            /* the last piece of the body, or the resume */
    size_t deadline_slot;                        /* in the heap of deadlines */

    size_t head_len; /* bytes of header lines so far, interim replies and trailers included */
    int status;      /* 0 until all headers are known */
    enum fail fail;
    bool streamed;
    bool connected;   /* lazily asked of curl */
    bool token_noted; /* the idle limit has replaced the first token's */
    bool attached;    /* curl's multi handle has it */
    bool in_ready;
    bool head_told;
    bool paused;   /* by the owner */
    bool stalled;  /* curl holds bytes that we would not take */
    bool finished; /* `fail` tells how */
    bool over;     /* on_end was called, or it was cancelled: nothing is told any more */
    bool retried;
};

struct upstream_call *call_new(struct upstream *upstream, struct target *target);
void call_free(struct upstream_call *call);

/* Sets on the handle what this request has of its own. */
void call_prepare(struct upstream_call *call, const struct upstream_request *request);
/* Gives back what belonged to the request; the handle keeps its configuration. */
void call_reset(struct upstream_call *call);

/* Its body is read by curl piece by piece, and sent in bites. */
bool call_is_bulk(const struct upstream_call *call);

/* A connection that was kept alive and died before it brought a byte. */
bool call_met_a_stale_connection(const struct upstream_call *call, CURLcode code);

/* Whether the connection stands (TLS included); remembers a yes. */
bool call_is_connected(struct upstream_call *call);

#endif
