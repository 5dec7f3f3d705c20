/* signals.h - what the operator says to the process: reload, upgrade, stop. */
#ifndef BOURSE_SERVE_SIGNALS_H
#define BOURSE_SERVE_SIGNALS_H

#include "worker.h"

/* Before other threads exist: they must not be interrupted. A descriptor to wait for. */
int signals_open(void);

/* Does what was asked for; false when it is to stop. */
bool signals_take(struct server *server, int fd);

#endif
