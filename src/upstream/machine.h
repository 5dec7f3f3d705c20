/* machine.h - what one worker's upstream consists of. */
#ifndef BOURSE_UPSTREAM_MACHINE_H
#define BOURSE_UPSTREAM_MACHINE_H

#include "catalog/catalog.h"
#include "deadlines.h"
#include "memory.h"
#include "sockets.h"

/* A small body goes out with the headers in one send; curl copies up to this size. */
#define FLAT_BODY_MAX ((size_t)64 * 1024)
/* What a call may have heard and not delivered; beyond it curl is stalled. */
#define RECEIVED_MAX ((size_t)256 * 1024)
/* The same when memory is scarce: twice what curl writes at a time. */
#define RECEIVED_FRUGAL ((size_t)32 * 1024)
/* Buffers kept for the next call that hears something. */
#define SPARE_BUFFERS_MAX 32
/* Configured handles kept for each provider; a handle is about 6 KB. */
#define IDLE_CALLS_MAX 64
/* Kept-alive connections of one worker, all providers together. */
#define CONNECTIONS_MAX 1024L

struct upstream {
    CURLM *multi;
    CURLSH *tls_sessions;
    struct sockets sockets;
    struct deadlines deadlines;
    struct memory_shelf shelf;
    struct target *targets[CATALOG_PROVIDERS_MAX]; /* by provider, the latest generation seen */
    struct upstream_call *first_ready, *last_ready;
    struct buffer *spare[SPARE_BUFFERS_MAX];
    size_t spare_count, call_count;
    struct upstream_call *delivering; /* whose callbacks are running */
    int64_t timer_due_ms;             /* curl's; -1 none, 0 at once */
    int64_t now_ms;
    bool is_frugal;
};

/* An empty buffer with the maximum RECEIVED_MAX. */
struct buffer *machine_take_buffer(struct upstream *upstream);
/* NULL is accepted. */
void machine_give_buffer(struct upstream *upstream, struct buffer *buffer);

/* The turn will look at this call. */
void machine_mark_ready(struct upstream_call *call);

#endif
