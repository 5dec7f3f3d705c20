/* body_spares.h - large buffers of bodies that are done with, kept a moment for the bodies that
 * come.
 *
 * Memory that the kernel hands out anew costs a fault for each 4 KB of it, which is more than
 * reading a body. A worker keeps a few buffers, and gives back those that nobody needed for a
 * second: what is idle holds nothing.
 *
 * Giving back costs too, three milliseconds for 64 MB, for which everybody would wait. So the large
 * ones go slice by slice, one at each tick of the timers. */
#ifndef BOURSE_SERVE_BODY_SPARES_H
#define BOURSE_SERVE_BODY_SPARES_H

#include "base/buffer.h"
#include "timers.h"

#define BODY_SPARES_MAX     4
#define BODY_SPARE_SMALLEST ((size_t)128 << 10)
#define BODY_SPARE_LARGEST  ((size_t)16 << 20)
#define BODY_SPARE_SHARE    8 /* a body moves in when it fills at least one part of so many */
#define BODY_SPARES_KEPT_MS 1000
#define BODY_SLICE          ((size_t)2 << 20) /* bytes that are given back at once */
#define BODIES_GOING_MAX    8                 /* more of them go as a whole */

struct body_spares {
    struct timers *timers;
    struct timer timer;
    struct buffer buffers[BODY_SPARES_MAX]; /* empty ones with room, the last ones the warmest */
    size_t count;
    size_t unneeded; /* the fewest there were since the timer rang */
    struct timer slices;
    struct buffer going[BODIES_GOING_MAX]; /* their room is what is left of them */
    size_t going_count;
};

void body_spares_init(struct body_spares *spares, struct timers *timers);
void body_spares_clear(struct body_spares *spares);

/* Where `len` more bytes would not fit, and a spare has room for them, moves the buffer into it. A
 * buffer that is still small, or small for the spare, stays: what is only announced shall hold no
 * memory. */
void body_spares_grow(struct body_spares *spares, struct buffer *buffer, size_t len);

/* Takes the buffer's memory, and leaves it cleared. */
void body_spares_take(struct body_spares *spares, struct buffer *buffer, int64_t now_ms);

#endif
