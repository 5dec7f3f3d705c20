/* watchdog.c - systemd's watchdog is fed as long as every loop turns. */
#include "watchdog.h"

#include "base/clock.h"
#include "notify.h"

/* A loop that has not turned for so long, or for as long as systemd waits for us, has no business
 * being kept. */
#define LOOP_STALL_MS 10000

void watchdog_begin(struct server *server)
{
    server->watchdog = (struct watchdog){ notify_watchdog_ms(), clock_ms() };
}

int watchdog_wait_ms(const struct server *server)
{
    const struct watchdog *watchdog = &server->watchdog;
    if (watchdog->period_ms == 0)
        return -1;
    int64_t left_ms = watchdog->looked_ms + watchdog->period_ms - clock_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

static bool loops_turn(const struct server *server, int64_t now_ms)
{
    int64_t patience_ms = 2 * server->watchdog.period_ms;
    int64_t stall_ms = patience_ms < LOOP_STALL_MS ? patience_ms : LOOP_STALL_MS;
    for (int i = 0; i < server->worker_count; i++)
        if (now_ms - atomic_load(&server->workers[i].last_turn_ms) > stall_ms)
            return false;
    return true;
}

/* systemd no longer listens to one that was superseded. */
void watchdog_turn(struct server *server)
{
    if (watchdog_wait_ms(server) != 0 || server->superseded)
        return;
    server->watchdog.looked_ms = clock_ms();
    if (loops_turn(server, server->watchdog.looked_ms))
        notify("WATCHDOG=1");
}
