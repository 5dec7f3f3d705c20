/* notify.h - telling systemd how we are: sd_notify(3) is a datagram to a socket it names. */
#ifndef BOURSE_SERVE_NOTIFY_H
#define BOURSE_SERVE_NOTIFY_H

#include <stdint.h>

/* Nothing happens where nobody listens. */
void notify(const char *state);

/* How often WATCHDOG=1 is due, ms; 0 when it is not wanted. */
int64_t notify_watchdog_ms(void);

#endif
