/* test_live.c - what was noted is read back, and fades. */
#include "state/live.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

static void figures_are_noted_and_halve_in_five_minutes(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    assert_ptr_equal(slot, live_slot(live, "m", "p"));
    assert_ptr_not_equal(slot, live_slot(live, "m", "q"));
    struct attempt_outcome outcome = { .now_ms = 1000,
                                       .first_token_ms = 100,
                                       .duration_ms = 1100,
                                       .retry_after_ms = -1,
                                       .usage = { 50, 0, 101, -1 },
                                       .chars_estimated = 25,
                                       .streamed = true };
    struct figures figures;
    live_note_start(slot);
    live_note_end(slot, &outcome);
    live_read(slot, 1000 + 300000, &figures);
    assert_float_equal(figures.first_token_ms, 100, 0.01);
    assert_float_equal(figures.first_token_count, 0.5, 0.01);
    assert_float_equal(figures.tokens_per_second, 100, 0.01);
    assert_float_equal(figures.tokens_per_char, 2, 0.01);
    assert_float_equal(figures.successes, 0.5, 0.01);
    assert_int_equal(figures.inflight, 0);
    live_free(live);
}

#define NOTES 2000

static void *note_often(void *context)
{
    struct live *live = context;
    struct live_model *slot = live_slot(live, "shared", "p");
    struct figures figures;
    struct live_report report;
    for (int i = 0; i < NOTES; i++) {
        struct attempt_outcome outcome = { .fail = i % 2 ? FAIL_NONE : FAIL_PROVIDER_ERROR,
                                           .now_ms = 1000,
                                           .first_token_ms = 100,
                                           .duration_ms = 200,
                                           .retry_after_ms = -1,
                                           .usage = { 10, 0, 5, -1 },
                                           .chars_estimated = 10,
                                           .cost = 0.001 };
        live_note_start(slot);
        live_read(slot, 1000, &figures);
        live_note_end(slot, &outcome);
        live_report(live, (size_t)i % live_count(live), 1000, &report);
    }
    return NULL;
}

/* Slots are made while others are noted and read, as a reload does. */
static void *make_slots(void *context)
{
    for (int i = 0; i < NOTES; i++) {
        char name[32];
        snprintf(name, sizeof(name), "model %d", i % 500);
        live_slot(context, name, "p");
    }
    return NULL;
}

static void threads_that_note_at_the_same_time_lose_nothing_that_is_counted(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "shared", "p");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i ? note_often : make_slots, live), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);

    struct live_report report;
    live_report(live, 0, 1000, &report);
    assert_string_equal(report.model, "shared");
    assert_int_equal(report.attempts, 3 * NOTES);
    assert_int_equal(report.failures[FAIL_PROVIDER_ERROR], 3 * NOTES / 2);
    assert_int_equal(report.tokens_in, 3 * NOTES * 10);
    assert_float_equal(report.cost, 3 * NOTES * 0.001, 1e-6);
    assert_float_equal(report.figures.first_token_ms, 100, 0.1);
    assert_float_equal(report.figures.successes, 3 * NOTES / 2, 1);
    assert_int_equal(report.figures.inflight, 0);
    assert_int_equal(live_count(live), 501);
    assert_ptr_equal(slot, live_slot(live, "shared", "p"));
    live_free(live);
}

static void names_beyond_the_limit_share_one_slot(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = NULL;
    for (int i = 0; i < LIVE_SLOTS_MAX + 2; i++) {
        char name[32];
        snprintf(name, sizeof(name), "%d", i);
        slot = live_slot(live, name, "p");
    }
    assert_ptr_equal(slot, live_slot(live, "one more", "q"));
    assert_int_equal(live_count(live), LIVE_SLOTS_MAX + 1);
    live_free(live);
}

static void a_provider_that_asks_for_rest_gets_it_but_not_for_ever(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome outcome = { .fail = FAIL_RATE_LIMITED,
                                       .now_ms = 1000,
                                       .first_token_ms = -1,
                                       .duration_ms = 5,
                                       .retry_after_ms = 30000,
                                       .usage = USAGE_UNKNOWN,
                                       .chars_estimated = -1,
                                       .cost = -1 };
    struct figures figures;
    live_note_start(slot);
    live_note_end(slot, &outcome);
    live_read(slot, 11000, &figures);
    assert_int_equal(figures.resting_ms, 20000);
    assert_float_equal(figures.first_token_count, 0, 0);
    live_read(slot, 31000, &figures);
    assert_int_equal(figures.resting_ms, 0);

    outcome.retry_after_ms = INT64_MAX;
    live_note_start(slot);
    live_note_end(slot, &outcome);
    live_read(slot, 1000, &figures);
    assert_int_equal(figures.resting_ms, 60 * 60 * 1000);
    live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_noted_and_halve_in_five_minutes),
        cmocka_unit_test(threads_that_note_at_the_same_time_lose_nothing_that_is_counted),
        cmocka_unit_test(names_beyond_the_limit_share_one_slot),
        cmocka_unit_test(a_provider_that_asks_for_rest_gets_it_but_not_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
