/* mock.h - a deterministic provider that speaks OpenAI's dialect and fails on demand.
 *
 * It stands in where no provider is configured (and says so in its answers), and it lets rules be
 * tried out without spending. The same request always gets the same answer. A model's name may ask
 * for a fault: `mock-429`, `mock-slow-50`, `mock-cut` and so on; src/mock/faults.c has the table.
 *
 * It listens on 127.0.0.1 only and has threads of its own, one for each connection: whoever starts
 * it never waits for it. */
#ifndef BOURSE_MOCK_MOCK_H
#define BOURSE_MOCK_MOCK_H

#include <stdbool.h>

#include "base/buffer.h"

/* Each has a thread. Several processes of an upgrade may keep a few hundred each; those above it
 * are reset. */
#define MOCK_CONNECTIONS_MAX 2048

struct mock;

struct mock_options {
    int port;         /* 0: any that is free */
    bool demo_notice; /* answers say that they come from bourse's demo provider */
};

/* NULL when the port cannot be had or memory or threads are missing. */
struct mock *mock_start(const struct mock_options *options);

int mock_port(const struct mock *mock);

/* The names that ask for faults, as items of a list in mdoc(7). */
void mock_print_faults(struct buffer *out);

/* Ends the requests that are running, waits for its threads. NULL is accepted. */
void mock_stop(struct mock *mock);

#endif
