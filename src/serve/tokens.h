/* tokens.h - keeps the bearer tokens of providers fresh: one thread asks their sources again before
 * what they gave has ended. Only that thread waits for a disk or a metadata server. */
#ifndef BOURSE_SERVE_TOKENS_H
#define BOURSE_SERVE_TOKENS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct server;
struct snapshot;

struct token_thread {
    pthread_t thread;
    int wake_fd; /* it has something to look at: another configuration, a doubt, the end */
    atomic_bool stops;
    bool runs; /* the main thread's */
};

/* Before anybody else. */
void tokens_begin(struct server *server);
/* Follows the sources of this configuration, and leaves those of the one before. The main thread's;
 * the thread starts with the first source that is ever named. */
void tokens_follow(struct server *server, const struct snapshot *snapshot);
/* When no worker runs any more. */
void tokens_end(struct server *server);

/* A source has something to do sooner than it thought. Any thread's. */
void tokens_wake(struct server *server);

#endif
