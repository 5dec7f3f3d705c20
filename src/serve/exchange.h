/* exchange.h - the life of one request, from its headers to its log line.
 *
 *     HEADERS ─> BODY ─> CALLING ─> STREAMING ─┐
 *        │         │        │ └──> ANSWERED ───┴─> settled
 *        └─────────┴────────┴──────────^
 *
 * The most important fact is whether the answer has begun: before its first byte to the client a
 * failure is invisible and the next candidate is asked; after it, it is part of the answer, unless
 * somebody else can go on (rescue.h). */
#ifndef BOURSE_SERVE_EXCHANGE_H
#define BOURSE_SERVE_EXCHANGE_H

#include "admission.h"
#include "client_headers.h"
#include "dialect/foreign.h"
#include "dialect/openai.h"
#include "dialect/stitch.h"
#include "dialect/voice.h"
#include "endpoints.h"
#include "outbox.h"
#include "route/router.h"
#include "state/hedges.h"
#include "state/rescues.h"
#include "wire/http.h"
#include "worker.h"

enum phase {
    PHASE_HEADERS,
    PHASE_BODY,
    PHASE_CALLING,
    PHASE_STREAMING, /* the response has begun, if only with a comment */
    PHASE_ANSWERED,  /* the whole reply is there and waits to be queued, or is being sent */
};

#define EXCHANGE_ID_SIZE 40
#define ATTEMPTS_MAX     16
#define KEPT_HEADERS_MAX 32
#define KEPT_BYTES_MAX   2000 /* of their lines, so that the head finds room in a seat (seat.c) */
#define REPLY_KEPT_MAX   ((size_t)64 << 20) /* a reply that is not streamed */
#define OUTBOX_OVERRUN   ((size_t)64 << 20) /* one event, and what a provider had already sent */

enum reply_mode {
    REPLY_NONE,   /* no head yet */
    REPLY_ERROR,  /* a status of 400 and above: the body is kept, up to a limit */
    REPLY_EVENTS, /* a stream, listened to */
    REPLY_WHOLE,  /* kept until it is complete, so that it can still be another's */
};

/* Between the client's language and the provider's, where they differ (translation.h). */
struct translation {
    bool is_on;
    const struct foreign *foreign; /* the provider's; NULL: OpenAI's */
    struct foreign_about about;
    struct buffer question; /* the body as the provider reads it */
    size_t counted;         /* bytes of it in the process's gauge */
    struct foreign_stream *stream;
    struct voice_writer *writer; /* of the client's events, until the answer begins (client.h) */
};

/* One call to one candidate. */
struct attempt {
    struct exchange *exchange;
    const struct model *model; /* NULL for a relayed path that names none */
    const struct provider *provider;
    size_t candidate;                /* it is the decision's, of the shortlist */
    int tries;                       /* those calls that were made at it, this one included */
    struct live_provider *repeating; /* whose budget a repeated call is taken from, or NULL */
    struct place *place;             /* its provider's, while it has one (admission.h) */

    /* Of this call. */
    struct upstream_call *call; /* NULL once it has ended */
    enum reply_mode mode;
    enum fail broken_off;               /* why we ended it ourselves; FAIL_NONE: we did not */
    int status;                         /* of the provider; 0 before its head */
    int64_t started_us, first_token_us; /* 0: not yet */
    struct buffer body;                 /* REPLY_ERROR and REPLY_WHOLE */
    struct stream_listener listener;    /* REPLY_EVENTS */
    bool listening;
    struct translation translation;
    struct buffer adapted; /* the body, where its provider deviates (adapting.h) */
    uint64_t said;         /* events that said something */
    int64_t retry_after_ms;
    int64_t limit_ms;        /* its rate limit is used up for so long; -1: not */
    unsigned grant;          /* enum grant */
    struct secret bearer;    /* that its call carries; unset: none */
    struct http_field *kept; /* headers of the reply, for the client; in the arena */
    size_t kept_count;
};

/* A second attempt beside a late first one (hedge.h). */
struct hedge {
    struct timer timer;     /* the attempt in progress is late */
    struct attempt *beside; /* the other one of two that run; NULL: there is one at most */
    struct attempt *second; /* which of them came later, also when it is the only one left */
    struct attempt *spare;  /* room for another */
    struct buffer aside;    /* what the second has said before it is known whose the answer is */
    bool is_open;           /* that is not known yet, or the timer runs */
    enum hedge_outcome outcome; /* of the last one; these three as well */
    const struct model *of, *by;
    int64_t after_ms;
};

/* How a stream goes on that breaks after its first words (rescue.h). */
struct rescue {
    struct delivered delivered;
    enum fail first;           /* why the stream broke; FAIL_NONE: it has not */
    const char *first_message; /* NULL: the row's sentence */
    const struct model *from;  /* whose it was */
    enum rescue_kind kind;     /* of the attempt in progress, or the last */
    struct stitch *stitch;
    struct buffer message; /* what was delivered, as a turn for the next to go on from */
    struct buffer event;   /* the one that is being passed on */
    bool seam_told;
    bool differs; /* it said something else than what was delivered */
};

struct exchange {
    struct arena arena;
    struct worker *worker;
    struct connection *connection;
    struct snapshot *snapshot;
    const struct endpoint_row *row;
    enum phase phase;
    enum fail fail;           /* why it will be, or was, refused */
    const char *fail_message; /* NULL: the row's sentence */
    const char *fail_param;
    char id[EXCHANGE_ID_SIZE];
    char decision_id[DECISION_ID_SIZE];
    int64_t started_us;
    int64_t ready_us,
        first_call_us;  /* body complete; first provider called: our own time between */
    struct timer timer; /* the body's deadline */

    const char *method;
    struct client_headers headers;
    struct text path, query; /* of the URI as it came, without /v1; in the arena */
    const char *client_id;   /* the client's own request id, or NULL */
    int client_retry;        /* so often it has asked before, as it says */
    const struct caller *caller;

    struct buffer body;
    size_t body_counted;  /* bytes of it in the process's gauge */
    size_t received;      /* bytes of it, also those that were thrown away after a refusal */
    struct arena reading; /* of the reader's life */
    struct request_reader *reader; /* until the body is understood; NULL: it is not looked at */
    bool is_read;                  /* the body is, and this is what it says: */
    struct chat_request request;
    struct chat_request *own; /* of a client with a language of its own: where its body changes */
    struct buffer chat;       /* and what it says as OpenAI's chat, which the request is of */
    size_t chat_counted;      /* bytes of it in the process's gauge */
    struct buffer said;       /* what it is told, for a moment */
    struct voice_writer *writer; /* of its events, once the answer has begun */
    struct features features;
    const struct route *route; /* that it named, or was given; NULL: a path that names none */
    struct decision decision;
    bool decided;
    uint64_t session; /* key in the table of sessions; 0: none, or the route is not sticky */
    bool explain;
    bool wants_stream;

    struct text *pieces; /* of the body as it goes upstream */
    size_t piece_count;
    size_t candidate;         /* of the shortlist: the last one that was asked */
    struct timer retry_timer; /* until it is asked again */
    int64_t bearer_since_ms;  /* it waits for a token; 0: it never had to (bearer.h) */
    bool forced;              /* somebody who is out was asked, as all were */
    enum fail failed_by;      /* why another one is asked; FAIL_NONE for the first */
    int64_t retry_after_ms;   /* the shortest wait that a provider named; -1 none */
    int attempts;
    struct admission admission;
    struct place *route_place;   /* its route's, from its turn to the end of its answer; or NULL */
    struct live_route *taken_up; /* the same, of every route that is written: it is counted there */
    struct attempt first_attempt;
    struct attempt *attempt; /* the one in progress, or the last; of two, the one that is heard */
    struct hedge hedge;
    struct rescue rescue;
    bool answer_begun; /* more than comments may have gone to the client */
    int64_t said_ms;   /* when it was last given anything; for the timer of its silence */
    struct timer silence_timer;
    struct timer end_timer; /* its stream is complete, and its call has not ended (relay.c) */
    int64_t first_token_us; /* of the answer; 0: not yet */
    int64_t tokens_wasted;  /* said by attempts that failed: as reported, or else events */
    double cost_wasted;     /* USD, as far as it is known */
    struct failed_attempt *failed; /* in the arena */
    size_t failed_count;
    int64_t deadline_ms; /* the client's own; 0 none */

    struct outbox outbox;
    struct buffer reply; /* PHASE_ANSWERED: the body */
    int status;          /* for the client; 0 before it is known */
    const char *content_type;
    bool close;
    bool queued; /* the response was given to libmicrohttpd */
    bool client_gone;
    bool settled;
    bool told;             /* refused on the bare socket already; what still comes is thrown away */
    bool error_told;       /* the provider's own error event was passed on: it is the last word */
    uint64_t reload_after; /* POST /reload: waits until more than so many are done */
    struct exchange *reload_next;
    struct usage usage;
    double cost; /* USD, -1 unknown */
    uint64_t bytes_out;
};

struct exchange *exchange_new(struct connection *connection, const char *method,
                              const char *version);

/* libmicrohttpd's calls: headers complete; a piece of the body; the body is complete, or the
 * connection was resumed. */
enum MHD_Result exchange_on_headers(struct exchange *exchange);
enum MHD_Result exchange_on_upload(struct exchange *exchange, const char *bytes, size_t len);
enum MHD_Result exchange_on_call(struct exchange *exchange);

/* The connection goes on: its response is queued when there is one by now. */
void exchange_on_resume(struct exchange *exchange);

/* The client left while nobody but us was looking. */
void exchange_client_gone(struct exchange *exchange);

/* libmicrohttpd is done with the request: settles and frees. */
void exchange_end(struct exchange *exchange, bool complete);

/* Refuses with a row of the failure table; `message` and `param` may be NULL. */
void exchange_refuse(struct exchange *exchange, enum fail fail, const char *message,
                     const char *param);
/* A whole reply of our own making is in exchange->reply. */
void exchange_answer(struct exchange *exchange, int status, const char *content_type);

/* A request header; empty where it is absent. */
static inline struct text exchange_header(const struct exchange *exchange,
                                          enum client_header header)
{
    return exchange->headers.values[header];
}
/* One of any name, which has to be looked for. */
struct text exchange_header_named(const struct exchange *exchange, const char *name);
/* One of the query, decoded; empty where it is absent. */
struct text exchange_argument(const struct exchange *exchange, const char *name);

#endif
