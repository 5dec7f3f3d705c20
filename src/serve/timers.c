/* timers.c - a wheel of lists, each slot a tick of 16 ms. */
#include "timers.h"

#include <stddef.h>

void timers_init(struct timers *timers, int64_t now_ms)
{
    *timers = (struct timers){ .tick = now_ms / TIMERS_TICK_MS };
}

static void unlink_timer(struct timer *timer)
{
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    timer->link = NULL;
    timer->next = NULL;
}

void timer_stop(struct timers *timers, struct timer *timer)
{
    if (!timer->link)
        return;
    unlink_timer(timer);
    timers->armed--;
}

/* Rounded up, and never into a tick that was looked at already. */
static struct timer **slot_of(struct timers *timers, int64_t deadline_ms)
{
    int64_t tick = (deadline_ms + TIMERS_TICK_MS - 1) / TIMERS_TICK_MS;
    if (tick <= timers->tick)
        tick = timers->tick + 1;
    return &timers->slots[tick & (TIMERS_SLOTS - 1)];
}

void timer_arm(struct timers *timers, struct timer *timer, int64_t deadline_ms)
{
    timer_stop(timers, timer);
    struct timer **slot = slot_of(timers, deadline_ms);
    timer->deadline_ms = deadline_ms;
    timer->next = *slot;
    timer->link = slot;
    if (*slot)
        (*slot)->link = &timer->next;
    *slot = timer;
    timers->armed++;
}

/* The slot's list is taken over first: what a ring arms belongs to a later turn. */
static void ring_slot(struct timers *timers, struct timer **slot, int64_t now_ms)
{
    struct timer *due = *slot;
    *slot = NULL;
    if (due)
        due->link = &due;
    while (due) {
        struct timer *timer = due;
        timer_stop(timers, timer);
        if (timer->deadline_ms <= now_ms)
            timer->ring(timer);
        else
            timer_arm(timers, timer, timer->deadline_ms);
    }
}

void timers_turn(struct timers *timers, int64_t now_ms)
{
    int64_t now_tick = now_ms / TIMERS_TICK_MS;
    int64_t from = timers->tick + 1;
    if (now_tick - from >= TIMERS_SLOTS)
        from = now_tick - TIMERS_SLOTS + 1;
    for (int64_t tick = from; tick <= now_tick; tick++) {
        timers->tick = tick;
        ring_slot(timers, &timers->slots[tick & (TIMERS_SLOTS - 1)], now_ms);
    }
}

int64_t timers_timeout_ms(const struct timers *timers, int64_t now_ms)
{
    if (timers->armed == 0)
        return -1;
    for (int64_t tick = timers->tick + 1; tick < timers->tick + TIMERS_SLOTS; tick++) {
        if (!timers->slots[tick & (TIMERS_SLOTS - 1)])
            continue;
        int64_t wait_ms = tick * TIMERS_TICK_MS - now_ms;
        return wait_ms > 0 ? wait_ms : 0;
    }
    return TIMERS_TICK_MS * TIMERS_SLOTS;
}
