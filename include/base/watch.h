/* watch.h - what stands behind an event of a loop's epoll: the event's data pointer leads here. */
#ifndef BOURSE_BASE_WATCH_H
#define BOURSE_BASE_WATCH_H

#include <stdint.h>

struct watch {
    /* `events` as epoll told. Runs while the loop hands out events: it may mark, not act. */
    void (*ready)(struct watch *watch, uint32_t events);
};

#endif
