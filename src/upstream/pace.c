/* pace.c - large bodies are sent in bites, with a rest between two of them. */
#include "pace.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* A timer of the kernel's, because the loop sleeps in whole milliseconds. Edge-triggered, it need
 * not be read. */
void pace_init(struct pace *pace, int epoll_fd, void (*on_over)(struct watch *alarm, uint32_t))
{
    *pace = (struct pace){ .alarm = { on_over }, .rest_us = PACE_REST_US };
    pace->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = &pace->alarm };
    if (pace->alarm_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pace->alarm_fd, &event) != 0)
        pace_clear(pace);
}

void pace_clear(struct pace *pace)
{
    if (pace->alarm_fd >= 0)
        close(pace->alarm_fd);
    pace->alarm_fd = -1;
}

void pace_begin_bite(struct pace *pace)
{
    pace->armed = false;
    pace->bitten = 0;
    pace->until_us = 0;
}

bool pace_may_send(struct pace *pace, int64_t now_us)
{
    if (pace->bitten < PACE_BITE)
        return true;
    if (!pace->until_us)
        pace->until_us = now_us + pace->rest_us;
    if (now_us < pace->until_us)
        return false;
    pace->bitten = 0;
    pace->until_us = 0;
    return true;
}

/* A time that is over would not ring, and zero would stop the timer. */
bool pace_rest(struct pace *pace, int64_t now_us)
{
    int64_t left_us = pace->until_us > now_us ? pace->until_us - now_us : 1;
    const struct itimerspec at = { .it_value = { left_us / 1000000, left_us % 1000000 * 1000 } };
    if (pace->armed)
        return true;
    pace->armed = pace->alarm_fd >= 0 && timerfd_settime(pace->alarm_fd, 0, &at, NULL) == 0;
    return pace->armed;
}
