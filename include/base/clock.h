/* clock.h - what time it is. Only the edges ask; what is in the middle is given the time. */
#ifndef BOURSE_BASE_CLOCK_H
#define BOURSE_BASE_CLOCK_H

#include <stdint.h>

/* Since an arbitrary start; never jumps. For deadlines and durations. */
int64_t clock_us(void);
int64_t clock_ms(void);

/* Since 1970, as the machine believes. For people and for `created`. */
int64_t clock_wall_ms(void);

/* 0 to 23, local time. */
int clock_hour(void);

#endif
