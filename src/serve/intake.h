/* intake.h - the look at a request's head before libmicrohttpd may read it. */
#ifndef BOURSE_SERVE_INTAKE_H
#define BOURSE_SERVE_INTAKE_H

#include "worker.h"

/* Of a connection that waits: admits its next request once the head is whole and harmless, refuses
 * it, or goes on waiting. */
void intake_look(struct connection *connection);

#endif
