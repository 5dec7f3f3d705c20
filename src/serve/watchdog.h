/* watchdog.h - systemd's watchdog is fed as long as every loop turns, while they serve and while
 * they drain. All of it on the main thread. */
#ifndef BOURSE_SERVE_WATCHDOG_H
#define BOURSE_SERVE_WATCHDOG_H

#include "worker.h"

/* Asks the environment whether and how often it is wanted. */
void watchdog_begin(struct server *server);

/* Milliseconds until the loops are to be looked at, -1 for never. */
int watchdog_wait_ms(const struct server *server);
/* Looks at them when it is time, and says so where all of them turn. */
void watchdog_turn(struct server *server);

#endif
