/* faults.h - what a model's name asks the mock to do wrong. */
#ifndef BOURSE_MOCK_FAULTS_H
#define BOURSE_MOCK_FAULTS_H

#include "base/text.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_STATUS,     /* an error reply */
    FAULT_RESET,      /* RST before any byte */
    FAULT_SILENT,     /* takes the request and never answers */
    FAULT_SLOW_FIRST, /* `number` ms before the first byte */
    FAULT_SLOW,       /* `number` ms before each token */
    FAULT_TOKENS,     /* an answer of `number` tokens */
    FAULT_CUT,        /* the connection ends in the middle of the answer */
    FAULT_STALL,      /* silence in the middle of the answer */
    FAULT_BAD_EVENT,  /* one event in the middle is not JSON */
    FAULT_NO_DONE,    /* no [DONE] */
    FAULT_GARBAGE,    /* a reply that is not HTTP */
    FAULT_HTML,       /* a gateway's error page */
    FAULT_ECHO,       /* the bytes of the request's body */
    FAULT_HUGE_HEAD,  /* a reply with `number` KiB of headers */
    FAULT_HUGE_EVENT, /* one event in the middle has `number` MB */
    FAULT_ENDLESS,    /* the last token comes again and again, every `number` ms */
    FAULT_BYTES,      /* byte by byte, with `number` ms before each */
    FAULT_GZIP,       /* compressed, which nobody has asked for */
    FAULT_MIXED,      /* `number` of 1,000 requests have another fault, each in its turn */
};

/* Which of the requests that name it have it; the others are answered well. */
enum fault_when {
    FAULT_ALWAYS,
    FAULT_EVERY_OTHER, /* beginning with the first */
    FAULT_BY_TIMES,    /* for `number` seconds, beginning with the start, and not for as many */
    FAULT_ON_PREFILL,  /* those that end with a message of the assistant */
};

struct fault {
    const char *name;
    enum fault_kind kind;
    int status;          /* of FAULT_STATUS and FAULT_HTML */
    const char *type;    /* error.type */
    const char *code;    /* error.code; NULL for null */
    const char *message; /* error.message */
    enum fault_when when;
    bool retry_after; /* the number is the seconds of a retry-after header */
    bool mixed;       /* one of those that FAULT_MIXED has */
    bool numbered;    /* `-NUMBER` may follow the name */
    int fallback;     /* the number where the name has none */
    int most;         /* the largest number accepted */
    const char *doc;  /* N is the number */
};

/* What one model name asks for. */
struct fault_wish {
    const struct fault *fault; /* never NULL; of kind FAULT_NONE for ordinary names */
    int number;
};

extern const struct fault faults[];
extern const size_t faults_count;

struct fault_wish fault_find(struct text model);
/* Of those that are mixed, the one whose turn it is; `turn` counts up. */
struct fault_wish fault_in_turn(unsigned turn);

#endif
