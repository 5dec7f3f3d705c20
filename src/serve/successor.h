/* successor.h - starts the program anew, with the listening sockets that we have.
 *
 *     we ──fork──> midwife ──fork──> successor
 *
 * The midwife waits for the successor and tells us how it ended. When it serves, the midwife goes,
 * and the successor is a child of whoever minds us: systemd ends and watches only its own children
 * as it should (of another's it awaits no end, but kills it as soon as it was told to stop). */
#ifndef BOURSE_SERVE_SUCCESSOR_H
#define BOURSE_SERVE_SUCCESSOR_H

#include "worker.h"

/* A descriptor that it finds open, its number in the environment. */
struct gift {
    int fd;
    const char *variable;
};

#define GIFTS_MAX 2

/* False with errno; else the upgrade has its process id. Into the last gift goes a byte why it
 * could not be executed (errno), where it could not. */
bool successor_start(const struct server *server, const struct gift *gifts, int gift_count,
                     struct upgrade *upgrade);

/* It serves. */
void successor_release(struct upgrade *upgrade);

/* How it ended, as waitpid(2) says it; one that does not end within `patience_ms` is made to. */
int successor_end(struct upgrade *upgrade, int patience_ms);

#endif
