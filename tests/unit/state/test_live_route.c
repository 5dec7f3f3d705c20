/* test_live_route.c - how many second attempts a route may start. */
#include "state/live.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int taken(struct live_route *route)
{
    int count = 0;
    while (live_hedge_take(route))
        count++;
    return count;
}

static void one_is_free_and_then_they_are_a_share_of_the_requests(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_route *route = live_route_slot(live, "auto");
    assert_int_equal(taken(route), 1);
    int count = 0;
    for (int i = 0; i < 1000; i++) {
        live_hedge_note_request(route, 0.05);
        count += live_hedge_take(route);
    }
    assert_int_equal(count, 50);
    live_free(live);
}

static void what_it_is_doing_is_told(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_route *route = live_route_slot(live, "auto");
    struct live_route_report report;
    live_route_note_inflight(route, 1);
    live_route_note_inflight(route, 1);
    live_route_note_inflight(route, -1);
    live_route_note_waiting(route, 1);
    assert_true(live_hedge_take(route));
    assert_false(live_hedge_take(route));
    assert_false(live_hedge_take(route));
    live_route_report(route, &report);
    assert_int_equal(report.inflight, 1);
    assert_int_equal(report.waiting, 1);
    assert_int_equal(report.hedges, 1);
    assert_int_equal(report.hedges_withheld, 2);
    live_free(live);
}

static void what_was_not_taken_is_saved_up_to_a_limit(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_route *route = live_route_slot(live, "auto");
    for (int i = 0; i < 1000; i++)
        live_hedge_note_request(route, 0.1);
    assert_int_equal(taken(route), HEDGES_MOST);
    live_hedge_note_request(route, 0);
    assert_int_equal(taken(route), 0);
    live_free(live);
}

static void a_route_keeps_its_own_over_reloads_and_those_beyond_the_limit_share_one(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_route *route = live_route_slot(live, "auto"), *last = NULL, *before = NULL;
    assert_int_equal(taken(route), 1);
    assert_ptr_equal(live_route_slot(live, "auto"), route);
    assert_int_equal(taken(live_route_slot(live, "code")), 1);
    for (int i = 0; i < LIVE_ROUTES_MAX + 2; i++) {
        char name[32];
        snprintf(name, sizeof(name), "r%d", i);
        before = last;
        last = live_route_slot(live, name);
    }
    assert_ptr_equal(before, last);
    assert_ptr_equal(live_route_slot(live, "auto"), route);
    live_free(live);
}

#define ROUNDS 20000

static void *earn_and_take(void *context)
{
    int *count = calloc(1, sizeof(*count));
    for (int i = 0; i < ROUNDS; i++) {
        live_hedge_note_request(context, 0.5);
        *count += live_hedge_take(context);
    }
    return count;
}

static void threads_together_take_no_more_than_their_share(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_route *route = live_route_slot(live, "auto");
    pthread_t threads[3];
    int together = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, earn_and_take, route), 0);
    for (int i = 0; i < 3; i++) {
        int *count = NULL;
        pthread_join(threads[i], (void **)&count);
        together += *count;
        free(count);
    }
    together += taken(route);
    assert_int_equal(together, 1 + 3 * ROUNDS / 2);
    live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_free_and_then_they_are_a_share_of_the_requests),
        cmocka_unit_test(what_it_is_doing_is_told),
        cmocka_unit_test(what_was_not_taken_is_saved_up_to_a_limit),
        cmocka_unit_test(a_route_keeps_its_own_over_reloads_and_those_beyond_the_limit_share_one),
        cmocka_unit_test(threads_together_take_no_more_than_their_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
