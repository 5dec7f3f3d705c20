/* successor.h - starts the program anew, with the listening sockets that we have. */
#ifndef BOURSE_SERVE_SUCCESSOR_H
#define BOURSE_SERVE_SUCCESSOR_H

#include "worker.h"

/* Its process id; -1 with errno set. It finds `ready_fd` open, and its number in the environment
 * under `ready_name`: there it says a byte, 0 once it serves, or why it could not be executed
 * (errno). */
pid_t successor_start(const struct server *server, int ready_fd, const char *ready_name);

#endif
