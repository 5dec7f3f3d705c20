/* handed.h - listening sockets that we are started with: systemd's, or a predecessor's.
 *
 * Both hand them over as sd_listen_fds(3) describes: descriptors from 3 on, $LISTEN_FDS of them,
 * named in $LISTEN_FDNAMES, when $LISTEN_PID is ours.
 *
 *     name            whose           for whom
 *     opened          a predecessor's clients, as long as the configuration names its address
 *     opened-admin    a predecessor's the operator, likewise
 *     admin           systemd's       the operator, in place of what is configured
 *     anything else   systemd's       clients, in place of what is configured */
#ifndef BOURSE_SERVE_HANDED_H
#define BOURSE_SERVE_HANDED_H

#include "worker.h"

#define HANDED_FIRST_FD 3

struct handed {
    struct listener sockets[SERVER_LISTENERS_MAX]; /* fd -1: taken */
    int count;
};

/* Reads the environment, once: nothing is left there for those whom we start. */
void handed_init(struct handed *handed);
/* Closes what nobody took. */
void handed_clear(struct handed *handed);

/* One that a predecessor opened for this address, or -1. */
int handed_take(struct handed *handed, const char *listen, bool admin);
/* The next one of systemd's, or -1. */
int handed_take_lent(struct handed *handed, bool *ret_admin);

/* By what name a successor gets it. */
const char *handed_name(const struct listener *listener);

#endif
