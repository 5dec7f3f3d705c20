/* test_timers.c - deadlines ring once, never early, and at most a tick late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/timers.h"

static int64_t now_ms;

struct bell {
    struct timer timer;
    int rung;
    int64_t at_ms;
};

static void ring(struct timer *timer)
{
    struct bell *bell = (struct bell *)timer;
    bell->rung++;
    bell->at_ms = now_ms;
}

static void run_until(struct timers *timers, int64_t end_ms)
{
    for (; now_ms <= end_ms; now_ms++)
        timers_turn(timers, now_ms);
}

static void a_deadline_rings_once_never_early_and_at_most_a_tick_late(void **state)
{
    (void)state;
    static const int64_t after_ms[] = { 0, 1, 15, 16, 17, 1000, 8191, 8192, 8193, 30000 };
    for (size_t i = 0; i < sizeof(after_ms) / sizeof(after_ms[0]); i++) {
        struct timers timers;
        struct bell bell = { .timer.ring = ring };
        now_ms = 1234567;
        timers_init(&timers, now_ms);
        int64_t deadline_ms = now_ms + after_ms[i];
        timer_arm(&timers, &bell.timer, deadline_ms);
        run_until(&timers, deadline_ms + 10000);
        assert_int_equal(bell.rung, 1);
        assert_in_range(bell.at_ms - deadline_ms, 0, 2 * TIMERS_TICK_MS);
        assert_int_equal(timers_timeout_ms(&timers, now_ms), -1);
    }
}

static void a_stopped_timer_does_not_ring_and_one_armed_anew_rings_at_the_new_time(void **state)
{
    (void)state;
    struct timers timers;
    struct bell stopped = { .timer.ring = ring }, moved = { .timer.ring = ring };
    now_ms = 1000;
    timers_init(&timers, now_ms);
    timer_arm(&timers, &stopped.timer, 1100);
    timer_arm(&timers, &moved.timer, 1100);
    timer_arm(&timers, &moved.timer, 2000);
    timer_stop(&timers, &stopped.timer);
    timer_stop(&timers, &stopped.timer);
    run_until(&timers, 3000);
    assert_int_equal(stopped.rung, 0);
    assert_int_equal(moved.rung, 1);
    assert_true(moved.at_ms >= 2000);
}

static void a_loop_that_slept_too_long_rings_all_that_is_due(void **state)
{
    (void)state;
    struct timers timers;
    struct bell bells[50] = { 0 };
    now_ms = 1000;
    timers_init(&timers, now_ms);
    for (int i = 0; i < 50; i++) {
        bells[i].timer.ring = ring;
        timer_arm(&timers, &bells[i].timer, 1000 + 400 * i);
    }
    now_ms = 100000;
    timers_turn(&timers, now_ms);
    for (int i = 0; i < 50; i++)
        assert_int_equal(bells[i].rung, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_rings_once_never_early_and_at_most_a_tick_late),
        cmocka_unit_test(a_stopped_timer_does_not_ring_and_one_armed_anew_rings_at_the_new_time),
        cmocka_unit_test(a_loop_that_slept_too_long_rings_all_that_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
