/* listeners.h - where a configuration listens, and whether strangers may walk in there. */
#ifndef BOURSE_STATE_LISTENERS_H
#define BOURSE_STATE_LISTENERS_H

#include "document.h"

#define LISTENERS_MAX 15 /* and the admin one */

/* Who can reach a listener. */
enum reach { REACH_WRONG, REACH_LOCAL, REACH_OTHERS };

/* "HOST:PORT" where HOST is an IPv4 address or localhost, "[IPV6]:PORT", "unix:PATH". */
enum reach listener_reach(struct text listener);

/* Reports listeners that are wrong, twice there, or open to others without anybody having said so.
 * The mode that holds, never AUTH_UNSAID. */
enum auth_mode listeners_check(const struct document *document, struct problems *problems);

#endif
