/* clock.c - asks the machine what time it is. */
#include "base/clock.h"

#include <time.h>

int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_ms(void)
{
    return clock_us() / 1000;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The calendar is asked once a minute: zones change their hour at whole minutes only. */
int clock_hour(void)
{
    static _Thread_local time_t known_minute = -1;
    static _Thread_local int hour;
    time_t now = time(NULL);
    struct tm local;
    if (now / 60 != known_minute && localtime_r(&now, &local)) {
        known_minute = now / 60;
        hour = local.tm_hour;
    }
    return hour;
}
