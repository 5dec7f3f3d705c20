/* upstream.h - HTTP calls to providers: one curl multi handle for each worker, with its pools.
 *
 *     upstream_start ──> on_head ──> on_body ... on_body ──> on_end      (or upstream_cancel:
 * silence)
 *
 * Nothing is called back from within upstream_start, upstream_pause or upstream_cancel: callbacks
 * come only out of upstream_turn, and never out of one of curl's own. So they may start, pause and
 * cancel calls as they please, their own included.
 *
 * The rule to remember: a call is the owner's to name until on_end has returned, or until it is
 * cancelled. After that the pointer is dead; exactly one of the two happens.
 *
 * One thread only for each upstream. */
#ifndef BOURSE_UPSTREAM_UPSTREAM_H
#define BOURSE_UPSTREAM_UPSTREAM_H

#include "base/fail.h"
#include "base/text.h"

struct provider;
struct upstream;
struct upstream_call;

/* Once for the process, before its first thread and after its last. */
void upstream_begin(void);
void upstream_end(void);

/* Providers' sockets are added to the loop's epoll, each with a `struct watch` behind its events:
 * the loop says ready() to it, and calls upstream_turn later in the same turn. */
struct upstream *upstream_new(int epoll_fd);
/* All calls must have ended or been cancelled. NULL is accepted. */
void upstream_free(struct upstream *upstream);

/* How long the loop may sleep before upstream_turn must be called: -1 for ever, 0 now (a socket was
 * ready, or a call was started or resumed since the last turn, so ask after everything else). */
int64_t upstream_timeout_ms(const struct upstream *upstream, int64_t now_ms);

/* Curl's timers, our deadlines, then the callbacks. Not from within a callback.
 * `now_ms` is clock_ms(). */
void upstream_turn(struct upstream *upstream, int64_t now_ms);

/* At the end of each turn: more of the large bodies is sent, when the providers' sockets have said
 * ready. Where they were all that there was in this turn, large bodies rest a moment between two
 * bites. `events` is how many the loop has had; `ran` is whether it did anything besides. */
void upstream_turn_bulk(struct upstream *upstream, int events, bool ran);

struct upstream_events {
    /* Status and headers are known: before the first byte of the body, or before on_end when it is
     * empty. Not called when the call fails earlier. 1xx replies are never shown. */
    void (*on_head)(void *owner, struct upstream_call *call, int status);
    /* Bytes as they came, transfer coding removed; never empty, gone when it returns. False ends
     * the call: its connection is closed and on_end says FAIL_PROVIDER_GARBAGE (the owner, who
     * refused, knows better). */
    bool (*on_body)(void *owner, struct text bytes);
    /* Exactly once, unless cancelled. FAIL_NONE: a complete HTTP reply, whatever its status. */
    void (*on_end)(void *owner, enum fail fail);
};

struct upstream_field {
    struct text name, value;
};

struct upstream_request {
    const struct provider *provider; /* limits, key and headers; only read during upstream_start */
    const char *base_url;            /* without a slash at the end */
    uint64_t generation;      /* the snapshot's serial: handles are configured once for each */
    const char *method;       /* of static life: "POST" */
    struct text path;         /* "/chat/completions?x=y", appended to base_url */
    struct text content_type; /* empty: none is sent */
    /* Sent besides the provider's own; the owner has chosen which may pass. A field that is not
     * well-formed (a control byte, a name that is no token) is left out. */
    const struct upstream_field *relayed_headers;
    size_t relayed_header_count;
    const struct text *pieces; /* the body, array and bytes: must live until the call ends */
    size_t piece_count;
    bool streamed;
    int64_t deadline_ms; /* clock_ms() by which the whole call must have ended; 0 none */
    const struct upstream_events *events;
    void *owner;
};

/* Never NULL. What is wrong with the request (a bad URL, say) is told by on_end in a later turn. */
struct upstream_call *upstream_start(struct upstream *upstream,
                                     const struct upstream_request *request);

/* Closes the connection at once; no callback afterwards. */
void upstream_cancel(struct upstream *upstream, struct upstream_call *call);

/* While paused no on_body comes, and no on_end unless the total limit or the deadline passes (what
 * was held is then dropped). The provider is slowed by TCP once about 16 KB and the kernel's
 * buffers are full; its silence is not held against it meanwhile. Idempotent. */
void upstream_pause(struct upstream *upstream, struct upstream_call *call, bool paused);

/* Gives back up to so many of the handles that are kept for calls to come; whether there are more.
 */
bool upstream_shrink(struct upstream *upstream, size_t most);

/* Whether memory is scarce: then a call delivers 32 KB at a time instead of 256. */
void upstream_be_frugal(struct upstream *upstream, bool is_frugal);

/* Streamed calls only: the first token has come. Until this is said the provider's
 * first_token_timeout runs on, whatever bytes arrive (comments, an empty first delta); from then on
 * its idle_timeout, anew with each piece. Whoever has no notion of tokens says it at the first
 * on_body. Calls that are not streamed have the total limit only. Idempotent. */
void upstream_note_token(struct upstream_call *call);

/* From on_head on: the value of the first header of that name; the empty view where there is none.
 */
struct text upstream_header(const struct upstream_call *call, const char *name);

/* All of them in order: `size_t at = 0; while (upstream_next_header(call, &at, ...))`. */
bool upstream_next_header(const struct upstream_call *call, size_t *at, struct text *ret_name,
                          struct text *ret_value);

struct upstream_timing {
    int64_t connect_us; /* until connected, TLS included; 0 for a reused connection, -1 not yet */
    int64_t first_byte_us; /* until the first byte of the reply; -1 not yet */
    int64_t total_us;      /* until now, or until the reply was complete */
    bool reused_connection;
};

void upstream_timing(struct upstream_call *call, struct upstream_timing *ret_timing);

#endif
