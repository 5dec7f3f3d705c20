/* keeper.h - keeps what was measured over a restart: reads it at the start, writes it every minute,
 * at a reload and at the end. All of it on the main thread, which may wait for the disk. */
#ifndef BOURSE_SERVE_KEEPER_H
#define BOURSE_SERVE_KEEPER_H

#include "worker.h"

/* Where: `live_state` of the configuration, else $STATE_DIRECTORY/live, else nowhere. Call it
 * before workers run. */
void keeper_begin(struct server *server, const struct snapshot *snapshot);

/* Milliseconds until the next writing is due, -1 for never. */
int keeper_wait_ms(const struct server *server);
/* Writes when it is due. */
void keeper_turn(struct server *server);
/* Writes now. */
void keeper_write(struct server *server);
/* Once more, when the workers have ended. */
void keeper_end(struct server *server);

#endif
