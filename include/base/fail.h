/* fail.h - everything that can go wrong with an exchange, as data.
 *
 * A failure is a row: the status and words for the client, the label for metrics, whether it was
 * the provider's fault and whether another candidate is worth trying. Code asks the row and never
 * switches over failures. The table in docs/FAILURES.md is printed from these rows. */
#ifndef BOURSE_BASE_FAIL_H
#define BOURSE_BASE_FAIL_H

#include <stdbool.h>

enum fail {
    FAIL_NONE, /* so that `if (fail) return fail;` reads as English */

    /* the client's */
    FAIL_MALFORMED_HTTP,
    FAIL_BAD_JSON,
    FAIL_BAD_VALUE,
    FAIL_TOO_DEEP,
    FAIL_NO_KEY,
    FAIL_WRONG_KEY,
    FAIL_DENIED,
    FAIL_UNKNOWN_PATH,
    FAIL_UNKNOWN_MODEL,
    FAIL_UNKNOWN_DECISION,
    FAIL_ALREADY_RATED,
    FAIL_METHOD,
    FAIL_SLOW_REQUEST,
    FAIL_LENGTH_REQUIRED,
    FAIL_BODY_TOO_LARGE,
    FAIL_MEDIA_TYPE,
    FAIL_HEADERS_TOO_LARGE,
    FAIL_EXPECTATION,
    FAIL_CONTEXT_LENGTH, /* no candidate's window is large enough */
    FAIL_NO_CANDIDATE,   /* every candidate was ruled out, for reasons the decision tells */
    FAIL_CLIENT_GONE,
    FAIL_CLIENT_DEADLINE, /* the time that it gave us is over */

    /* our own */
    FAIL_OVERLOADED,
    FAIL_DRAINING,
    FAIL_OUTRUN, /* of an attempt: another one beside it was the first to speak */
    FAIL_BAD_CONFIG,
    FAIL_INTERNAL,

    /* the provider's */
    FAIL_DNS,
    FAIL_CONNECT,
    FAIL_CONNECT_TIMEOUT,
    FAIL_TLS,
    FAIL_RESET,               /* the connection died before a complete answer */
    FAIL_FIRST_TOKEN_TIMEOUT, /* connected, and no first token in time */
    FAIL_IDLE_TIMEOUT,        /* silent in the middle of an answer */
    FAIL_TOTAL_TIMEOUT,
    FAIL_RATE_LIMITED,     /* 429 */
    FAIL_PROVIDER_TIMEOUT, /* 408 */
    FAIL_PROVIDER_ERROR,   /* 5xx */
    FAIL_PROVIDER_REFUSED, /* 4xx that speaks of the request: passed on as it is */
    FAIL_PROVIDER_CONTEXT, /* the same: the request is too long for the model */
    FAIL_PROVIDER_POLICY,  /* the same: the provider will not answer such a thing */
    FAIL_PROVIDER_AUTH,    /* 401, 402, 403: the operator's key or account */
    FAIL_NO_TOKEN,         /* its bearer token could not be had from where it is taken */
    FAIL_PROVIDER_GARBAGE, /* not HTTP, or not what the dialect promises */
    FAIL_REPLY_TOO_LARGE,
    FAIL_STREAM_CUT,   /* after the first byte went to the client */
    FAIL_STREAM_ERROR, /* an error event inside the stream */
    FAIL_COUNT
};

enum fail_again {
    AGAIN_NEVER,
    AGAIN_LAST, /* when nobody else is left to ask */
    AGAIN_ONCE, /* once before anybody else is asked; and when nobody else is left */
    AGAIN_TOLD, /* when it said how long to wait; and when nobody else is left */
};

enum fail_next {
    NEXT_NEVER,
    NEXT_ANY,
    NEXT_LARGER, /* one with a larger window */
    NEXT_WANTED, /* where the route says so */
};

struct fail_row {
    const char *name;       /* the metric's label and the log's `reason` */
    int status;             /* HTTP status for the client */
    const char *type;       /* OpenAI's error.type */
    const char *code;       /* OpenAI's error.code, NULL for null */
    const char *error_type; /* error.metadata.error_type, NULL where none fits */
    bool providers_fault;   /* counts against the provider */
    bool whole_provider;    /* against all of its models: they would fail in the same way */
    enum fail_again again;  /* is the same candidate worth asking again? */
    enum fail_next next;    /* is another, while no byte went to the client? */
    bool close;             /* the client's connection cannot be used further */
    const char *sentence;   /* for people; the default message */
};

/* Any value of the enumeration, FAIL_NONE included (status 200). */
const struct fail_row *fail_row(enum fail fail);

/* What an upstream HTTP status means before a body was delivered; FAIL_NONE below 400. */
enum fail fail_from_status(int status);

/* The same once the error is known that came with it; NULL where it has no code or message. */
enum fail fail_from_error(int status, const char *code, const char *message);

/* As the table of failures in the manual has it. */
const char *fail_again_words(enum fail_again again);
const char *fail_next_words(enum fail_next next);

#endif
