/* successor.h - starts the program anew, with the listening sockets that we have. */
#ifndef BOURSE_SERVE_SUCCESSOR_H
#define BOURSE_SERVE_SUCCESSOR_H

#include "worker.h"

/* A descriptor that it finds open, its number in the environment. */
struct gift {
    int fd;
    const char *variable;
};

#define GIFTS_MAX 2

/* Its process id; -1 with errno set. Into the last gift goes a byte why it could not be executed
 * (errno), where it could not. */
pid_t successor_start(const struct server *server, const struct gift *gifts, int gift_count);

#endif
