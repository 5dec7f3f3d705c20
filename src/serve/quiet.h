/* quiet.h - when a crowd has left, the loop gives back the memory that it kept for the next one.
 *
 *     sixteen exchanges or more ──> fewer ──2 s──> seats, handles, spares, free pages
 *                                                   of the heap, pages of libraries
 *
 * While requests come, what they leave behind serves those that follow. When most have gone it
 * would be held for nothing, and pages that are free in the middle of the heap go back to the
 * kernel only when they are asked for. It happens in small steps, one at a tick of the timers. */
#ifndef BOURSE_SERVE_QUIET_H
#define BOURSE_SERVE_QUIET_H

#include "worker.h"

void quiet_init(struct worker *worker);

/* An exchange has begun; one has ended. */
void quiet_note_begin(struct worker *worker);
void quiet_note_end(struct worker *worker);

#endif
