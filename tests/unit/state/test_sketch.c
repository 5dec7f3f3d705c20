/* test_sketch.c - quantiles and sums that fade. */
#include "state/sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

static const struct decay minutes = { 5 * DECAY_MINUTE, 512 };

static void assert_near(double found, double expected, double share)
{
    if (fabs(found - expected) > share * expected)
        fail_msg("%g instead of %g", found, expected);
}

static void nothing_noted_is_no_sample_at_all(void **state)
{
    (void)state;
    struct sketch sketch = { 0 };
    struct sketch_summary summary = sketch_read(&sketch, &minutes, 1000);
    assert_true(summary.count == 0 && summary.p50 == 0);
    assert_true(sketch_quantile(&sketch, 0.5) == 0);
}

/* 1, 2, … 1000: the quantiles are known, and a bucket is 19 % wide. */
static void quantiles_are_those_of_the_samples_within_a_bucket(void **state)
{
    (void)state;
    struct sketch sketch = { 0 };
    static const struct decay wide = { 5 * DECAY_MINUTE, 1e6f };
    for (int i = 1; i <= 1000; i++)
        sketch_note(&sketch, &wide, 1000, (i * 7) % 1000 + 1);
    struct sketch_summary summary = sketch_read(&sketch, &wide, 1000);
    assert_near(summary.p50, 500, 0.05);
    assert_near(summary.p90, 900, 0.05);
    assert_near(sketch_quantile(&sketch, 0.99), 990, 0.1);
    assert_near(summary.count, 1000, 0.01);
}

static void one_answer_that_took_a_minute_does_not_move_the_median(void **state)
{
    (void)state;
    struct sketch sketch = { 0 };
    for (int i = 0; i < 20; i++)
        sketch_note(&sketch, &minutes, 1000, 200);
    double before = sketch_read(&sketch, &minutes, 1000).p50;
    sketch_note(&sketch, &minutes, 1000, 60000);
    assert_near(sketch_read(&sketch, &minutes, 1000).p50, before, 0.02);
}

static void what_lies_outside_the_scale_counts_at_its_end(void **state)
{
    (void)state;
    struct sketch sketch = { 0 };
    sketch_note(&sketch, &minutes, 1000, 0);
    sketch_note(&sketch, &minutes, 1000, -5);
    sketch_note(&sketch, &minutes, 1000, NAN);
    sketch_note(&sketch, &minutes, 1000, 1e300);
    struct sketch_summary summary = sketch_read(&sketch, &minutes, 1000);
    assert_near(summary.count, 4, 0.01);
    assert_true(summary.p50 < 1.2 && isfinite(summary.p90));
}

static void samples_halve_with_the_half_life_and_end(void **state)
{
    (void)state;
    struct sketch sketch = { 0 };
    for (int i = 0; i < 40; i++)
        sketch_note(&sketch, &minutes, 1000, 300);
    assert_near(sketch_read(&sketch, &minutes, 1000 + 5 * DECAY_MINUTE).count, 20, 0.01);
    assert_near(sketch_read(&sketch, &minutes, 1000 + 10 * DECAY_MINUTE).count, 10, 0.01);
    assert_true(sketch_read(&sketch, &minutes, 1000 + DECAY_DAY).count == 0);
    /* The buckets themselves fade when somebody writes. */
    sketch_note(&sketch, &minutes, 1000 + 5 * DECAY_MINUTE, 300);
    assert_near(sketch_read(&sketch, &minutes, 1000 + 5 * DECAY_MINUTE).count, 21, 0.01);
}

static void a_change_is_seen_however_many_samples_came_before(void **state)
{
    (void)state;
    struct sketch sketch = { 0 };
    for (int i = 0; i < 100000; i++)
        sketch_note(&sketch, &minutes, 1000, 200);
    assert_true(sketch_read(&sketch, &minutes, 1000).count <= 520);
    for (int i = 0; i < 600; i++)
        sketch_note(&sketch, &minutes, 1000, 5000);
    assert_near(sketch_read(&sketch, &minutes, 1000).p50, 5000, 0.2);
}

static void sums_fade_and_their_mean_stays(void **state)
{
    (void)state;
    struct decayed decayed = { 0 };
    double count;
    assert_true(decayed_mean(&decayed, &minutes, 1000, &count) == 0 && count == 0);
    decayed_add(&decayed, &minutes, 1000, 10, 1);
    decayed_add(&decayed, &minutes, 1000, 30, 1);
    assert_near(decayed_mean(&decayed, &minutes, 1000 + 5 * DECAY_MINUTE, &count), 20, 0.001);
    assert_near(count, 1, 0.001);
    decayed_mean(&decayed, &minutes, 1000 + 30 * DECAY_DAY, &count);
    assert_true(count == 0);
}

static void sums_never_hold_more_samples_than_they_may(void **state)
{
    (void)state;
    static const struct decay few = { DECAY_DAY, 10 };
    struct decayed decayed = { 0 };
    double count;
    for (int i = 0; i < 1000; i++)
        decayed_add(&decayed, &few, 1000, i < 500 ? 1 : 3, 1);
    assert_near(decayed_mean(&decayed, &few, 1000, &count), 3, 0.001);
    assert_near(count, 10, 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_noted_is_no_sample_at_all),
        cmocka_unit_test(quantiles_are_those_of_the_samples_within_a_bucket),
        cmocka_unit_test(one_answer_that_took_a_minute_does_not_move_the_median),
        cmocka_unit_test(what_lies_outside_the_scale_counts_at_its_end),
        cmocka_unit_test(samples_halve_with_the_half_life_and_end),
        cmocka_unit_test(a_change_is_seen_however_many_samples_came_before),
        cmocka_unit_test(sums_fade_and_their_mean_stays),
        cmocka_unit_test(sums_never_hold_more_samples_than_they_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
