/* trouble.h - plays the faults that stand in the place of an answer, or change a complete one. */
#ifndef BOURSE_MOCK_TROUBLE_H
#define BOURSE_MOCK_TROUBLE_H

#include <stdatomic.h>

#include "endpoints.h"

#define TROUBLE_FAULTS_MAX 64
#define VISIT_FOR_EVER     (-1)

struct mock {
    struct MHD_Daemon *daemon;
    int port;
    int stop_fd; /* readable once the mock is being stopped; wakes threads that sleep */
    bool demo_notice;
    int64_t started_ms;
    atomic_uint requests_of[TROUBLE_FAULTS_MAX]; /* by fault */
    atomic_uint mixed;                           /* faults that FAULT_MIXED has played */
};

/* One request: its body as it comes, then its reply as it goes. */
struct visit {
    struct mock *mock;
    int fd; /* the client's socket */
    bool too_large;
    struct buffer body;
    struct fault_wish wish; /* what it is to suffer */
    struct reply reply;
    size_t sent, next; /* bytes handed over; the piece they have reached */
};

/* False when the client left or the mock is being stopped. */
bool visit_sleep(const struct visit *visit, int ms);

/* What the request is to suffer, in the visit and in the prompt: what its model's name asks for, or
 * nothing when it is another request's turn. */
void trouble_choose(struct visit *visit, struct prompt *prompt);

/* The faults that take the place of an answer. True: do as they left the reply, or hang up; false:
 * answer. */
bool trouble_instead(struct visit *visit, const struct prompt *prompt, bool *ret_hang_up);

/* The faults that change a complete answer. */
void trouble_after(struct reply *reply, const struct fault_wish *wish);

#endif
