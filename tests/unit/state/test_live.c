/* test_live.c - what was noted is read back, and fades. */
#include "state/live.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

static void assert_near(double found, double expected, double most)
{
    if (!(fabs(found - expected) <= most))
        fail_msg("%g instead of %g", found, expected);
}

/* An attempt that went well: 50 tokens in, of which 25 were estimated; 101 out, 100 a second. */
static struct attempt_outcome good_outcome(int64_t now_ms)
{
    return (struct attempt_outcome){ .now_ms = now_ms,
                                     .first_token_ms = 100,
                                     .duration_ms = 1100,
                                     .pause_ms = -1,
                                     .tokens_estimated = 25,
                                     .streamed = true,
                                     .task = TASK_CODING,
                                     .max_output_tokens = -1,
                                     .usage = { 50, 0, 101, -1 } };
}

static void note(struct live_model *slot, const struct attempt_outcome *outcome)
{
    live_note_start(slot);
    live_note_end(slot, outcome);
}

static struct figures read_coding(const struct live_model *slot, int64_t now_ms, int64_t tokens_in,
                                  bool streamed)
{
    const struct live_view view = { now_ms, tokens_in, TASK_CODING, streamed };
    struct figures figures;
    live_read(slot, &view, &figures);
    return figures;
}

static void figures_are_noted_and_fade(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    assert_ptr_equal(slot, live_slot(live, "m", "p"));
    assert_ptr_not_equal(slot, live_slot(live, "m", "q"));
    struct attempt_outcome outcome = good_outcome(1000);
    note(slot, &outcome);
    struct figures figures = read_coding(slot, 1000 + 300000, 25, true);
    /* A bucket is a fifth wide. Half of the sample is left, and the model as a whole lends one. */
    assert_near(figures.first_token_ms, 100, 10);
    assert_near(figures.tokens_per_second, 100, 10);
    assert_near(figures.first_token_count, 1.5, 0.02);
    assert_near(figures.token_ratio, 2, 0.001);
    assert_near(figures.token_ratio_spread, 0, 0.01);
    assert_near(figures.output_tokens, 101, 0.01);
    assert_near(figures.output_count, 1, 0.01);
    assert_near(figures.verbosity, 101 / 600.0, 0.001);
    assert_near(figures.successes, 0.5, 0.01);
    assert_near(figures.failures, 0, 0);
    assert_int_equal(figures.inflight, 0);
    live_free(live);
}

static void latency_is_told_apart_by_size_of_input_and_by_streaming(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    for (int i = 0; i < 40; i++) {
        struct attempt_outcome small = good_outcome(1000), large = good_outcome(1000);
        large.tokens_estimated = 20000;
        large.first_token_ms = 4000;
        large.duration_ms = 5000;
        note(slot, &small);
        note(slot, &large);
        struct attempt_outcome whole = good_outcome(1000);
        whole.streamed = false;
        whole.first_token_ms = whole.duration_ms = 2000;
        note(slot, &whole);
    }
    struct figures small = read_coding(slot, 1000, 500, true);
    struct figures large = read_coding(slot, 1000, 30000, true);
    struct figures unseen = read_coding(slot, 1000, 500000, true);
    assert_true(small.first_token_ms < 700 && large.first_token_ms > 3000);
    assert_near(small.first_token_count, 50, 1); /* 40, and 10 that are lent */
    assert_near(unseen.first_token_count, 10, 0.1);
    assert_near(small.whole_speed_count, 0, 0);
    struct figures whole = read_coding(slot, 1000, 500, false);
    assert_near(whole.whole_ms, 2000, 200);
    assert_near(whole.whole_tokens_per_second, 50.5, 5); /* 101 in 2 s */
    assert_near(whole.first_token_ms, small.first_token_ms, 0.1);
    live_free(live);
}

static void who_was_outrun_for_being_late_counts_with_the_time_that_it_had(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome outcome = good_outcome(1000);
    outcome.fail = FAIL_OUTRUN;
    outcome.first_token_ms = -1;
    note(slot, &outcome); /* early: it says nothing of how long it would have taken */
    assert_near(read_coding(slot, 1000, 25, true).first_token_count, 0, 0);
    outcome.late_ms = 800;
    note(slot, &outcome);
    struct figures figures = read_coding(slot, 1000, 25, true);
    assert_near(figures.first_token_count, 2, 0.02);
    assert_near(figures.first_token_ms, 800, 80);
    assert_near(figures.successes + figures.failures + figures.speed_count, 0, 0);
    assert_int_equal(figures.inflight, 0);
    live_free(live);
}

static void a_success_rate_reacts_even_after_very_many_requests(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome good = good_outcome(1000), bad = good_outcome(1000);
    bad.fail = FAIL_PROVIDER_ERROR;
    for (int i = 0; i < 100000; i++)
        note(slot, &good);
    for (int i = 0; i < 256; i++) {
        note(slot, &bad);
        note(slot, &good);
    }
    struct figures figures = read_coding(slot, 1000, 25, true);
    double rate = figures.successes / (figures.successes + figures.failures);
    assert_true(rate < 0.6);
    live_free(live);
}

static void failures_in_a_row_count_as_one_trouble_and_only_when_it_is_over(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome good = good_outcome(1000), bad = good_outcome(1000);
    bad.fail = FAIL_PROVIDER_ERROR;
    for (int i = 0; i < 4; i++)
        note(slot, &bad);
    assert_near(read_coding(slot, 1000, 25, true).failures, 0, 0);
    note(slot, &good);
    assert_near(read_coding(slot, 1000, 25, true).failures, 1, 0.01);
    assert_near(read_coding(slot, 1000, 25, true).successes, 1, 0.01);
    live_free(live);
}

static void a_failure_of_the_client_is_no_failure_of_the_model(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome gone = good_outcome(1000);
    gone.fail = FAIL_CLIENT_GONE;
    note(slot, &gone);
    struct figures figures = read_coding(slot, 1000, 25, true);
    assert_near(figures.successes + figures.failures, 0, 0);
    assert_near(figures.output_count, 0, 0);
    live_free(live);
}

static void of_what_is_only_passed_on_nothing_but_success_is_learnt(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome outcome = good_outcome(1000);
    outcome.relayed = true;
    note(slot, &outcome);
    struct figures figures = read_coding(slot, 1000, 25, true);
    assert_near(figures.successes, 1, 0);
    assert_near(figures.first_token_count, 0, 0);
    assert_near(figures.output_count, 0, 0);
    assert_near(figures.token_ratio_count, 0, 0);
    live_free(live);
}

static void an_answer_that_was_cut_never_lowers_the_expected_length(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome cut = good_outcome(1000);
    cut.max_output_tokens = cut.usage.tokens_out = 50;
    note(slot, &cut);
    assert_near(read_coding(slot, 1000, 25, true).output_count, 0, 0);
    cut.max_output_tokens = cut.usage.tokens_out = 5000;
    note(slot, &cut);
    assert_near(read_coding(slot, 1000, 25, true).output_tokens, 5000, 1);
    live_free(live);
}

static void pictures_and_several_choices_are_taken_out_of_what_is_learnt(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome outcome = good_outcome(1000);
    outcome.has_images = true;
    outcome.choices = 2;
    outcome.usage.tokens_out = 400;
    note(slot, &outcome);
    struct figures figures = read_coding(slot, 1000, 25, true);
    assert_near(figures.token_ratio_count, 0, 0);
    assert_near(figures.output_tokens, 200, 0.1);
    live_free(live);
}

#define NOTES 2000

static void *note_often(void *context)
{
    struct live *live = context;
    struct live_model *slot = live_slot(live, "shared", "p");
    struct live_report report;
    for (int i = 0; i < NOTES; i++) {
        struct attempt_outcome outcome = { .fail = i % 2 ? FAIL_NONE : FAIL_PROVIDER_ERROR,
                                           .now_ms = 1000,
                                           .first_token_ms = 100,
                                           .duration_ms = 200,
                                           .pause_ms = -1,
                                           .streamed = true,
                                           .usage = { 10, 0, 5, -1 },
                                           .tokens_estimated = 10,
                                           .cost = 0.001 };
        live_note_start(slot);
        read_coding(slot, 1000, 25, true);
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
    assert_near(report.cost, 3 * NOTES * 0.001, 1e-6);
    assert_near(report.figures.first_token_ms, 100, 10);
    /* Half of the most that counts, and more where threads failed side by side. */
    assert_near(report.figures.successes, 150, 42);
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

static void a_provider_that_asks_for_a_pause_gets_it_but_not_for_ever(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct attempt_outcome outcome = { .fail = FAIL_RATE_LIMITED,
                                       .now_ms = 1000,
                                       .first_token_ms = -1,
                                       .duration_ms = 5,
                                       .pause_ms = 30000,
                                       .usage = USAGE_UNKNOWN,
                                       .cost = -1 };
    note(slot, &outcome);
    assert_int_equal(read_coding(slot, 11000, 25, true).health.out_ms, 20000);
    assert_near(read_coding(slot, 11000, 25, true).first_token_count, 0, 0);
    assert_int_equal(read_coding(slot, 31000, 25, true).health.out_ms, 0);

    outcome.pause_ms = INT64_MAX;
    note(slot, &outcome);
    assert_int_equal(read_coding(slot, 1000, 25, true).health.out_ms, 60 * 60 * 1000);
    live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_noted_and_fade),
        cmocka_unit_test(latency_is_told_apart_by_size_of_input_and_by_streaming),
        cmocka_unit_test(who_was_outrun_for_being_late_counts_with_the_time_that_it_had),
        cmocka_unit_test(a_success_rate_reacts_even_after_very_many_requests),
        cmocka_unit_test(failures_in_a_row_count_as_one_trouble_and_only_when_it_is_over),
        cmocka_unit_test(a_failure_of_the_client_is_no_failure_of_the_model),
        cmocka_unit_test(of_what_is_only_passed_on_nothing_but_success_is_learnt),
        cmocka_unit_test(an_answer_that_was_cut_never_lowers_the_expected_length),
        cmocka_unit_test(pictures_and_several_choices_are_taken_out_of_what_is_learnt),
        cmocka_unit_test(threads_that_note_at_the_same_time_lose_nothing_that_is_counted),
        cmocka_unit_test(names_beyond_the_limit_share_one_slot),
        cmocka_unit_test(a_provider_that_asks_for_a_pause_gets_it_but_not_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
