/* timers.h - all deadlines of a worker: a wheel of lists, so that arming and stopping are a few
 * pointers each. A deadline rings at most TIMERS_TICK_MS late, never early. */
#ifndef BOURSE_SERVE_TIMERS_H
#define BOURSE_SERVE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define TIMERS_TICK_MS 16
#define TIMERS_SLOTS   512 /* a power of two: about 8 s a round; later ones wait for their round */

/* Embedded in what it watches. Zeroed means stopped. */
struct timer {
    struct timer *next, **link; /* link is NULL while stopped */
    int64_t deadline_ms;
    void (*ring)(struct timer *timer);
};

struct timers {
    struct timer *slots[TIMERS_SLOTS];
    int64_t tick;  /* the last one that was looked at */
    int64_t armed; /* how many */
};

void timers_init(struct timers *timers, int64_t now_ms);

/* Arms it anew when it was armed already. */
void timer_arm(struct timers *timers, struct timer *timer, int64_t deadline_ms);
void timer_stop(struct timers *timers, struct timer *timer);

/* Rings what is due. A ring may arm and stop any timer. */
void timers_turn(struct timers *timers, int64_t now_ms);

/* How long the loop may sleep: -1 without timers. */
int64_t timers_timeout_ms(const struct timers *timers, int64_t now_ms);

#endif
