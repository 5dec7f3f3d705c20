/* test_breaker.c - when a breaker opens, who is the probe, and when it closes: on a clock made by
 * hand. */
#include "state/breaker.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>

#define START 1000000

/* An attempt that took no time. */
static bool note_at(struct breaker *breaker, enum breaker_verdict verdict, int64_t now_ms)
{
    const struct breaker_note note = {
        .verdict = verdict, .fail = FAIL_PROVIDER_ERROR, .now_ms = now_ms, .started_ms = now_ms
    };
    return breaker_note(breaker, &note);
}

static void note_probe(struct breaker *breaker, enum breaker_verdict verdict, int64_t now_ms)
{
    const struct breaker_note note = { .verdict = verdict,
                                       .fail = FAIL_PROVIDER_ERROR,
                                       .now_ms = now_ms,
                                       .started_ms = now_ms,
                                       .probe = true };
    breaker_note(breaker, &note);
}

static void open_at(struct breaker *breaker, int64_t now_ms)
{
    for (int i = 0; i < 5; i++)
        note_at(breaker, VERDICT_FAULT, now_ms);
    assert_int_equal(breaker_read(breaker, now_ms).state, HEALTH_COOLING);
}

static void it_opens_after_five_faults_in_a_row(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    for (int i = 0; i < 4; i++)
        assert_false(note_at(&breaker, VERDICT_FAULT, START + i));
    assert_int_equal(breaker_ask(&breaker, START + 4), BREAKER_YES);
    assert_true(note_at(&breaker, VERDICT_FAULT, START + 4));
    assert_int_equal(breaker_ask(&breaker, START + 5), BREAKER_NOT_NOW);
    struct health health = breaker_read(&breaker, START + 5);
    assert_int_equal(health.state, HEALTH_COOLING);
    assert_int_equal(health.out_ms, 999);
    assert_int_equal(health.age_ms, 1);
    assert_int_equal(health.why, FAIL_PROVIDER_ERROR);
    assert_int_equal(counter_read(&breaker.opened), 1);
}

static void a_success_between_begins_the_row_anew(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    for (int i = 0; i < 31; i++)
        assert_false(note_at(&breaker, i % 3 == 2 ? VERDICT_FAULT : VERDICT_GOOD, START + i));
    for (int i = 0; i < 4; i++)
        note_at(&breaker, VERDICT_FAULT, START + 30);
    note_at(&breaker, VERDICT_GOOD, START + 30);
    for (int i = 0; i < 4; i++)
        note_at(&breaker, VERDICT_FAULT, START + 30);
    assert_int_equal(breaker_read(&breaker, START + 30).state, HEALTH_WELL);
}

static void it_opens_when_half_of_ten_attempts_failed_within_the_window(void **state)
{
    (void)state;
    struct breaker breaker = { 0 }, slow = { 0 };
    for (int i = 0; i < 9; i++)
        assert_false(note_at(&breaker, i % 2 ? VERDICT_GOOD : VERDICT_FAULT, START + i * 1000));
    assert_false(note_at(&breaker, VERDICT_GOOD, START + 9000));
    assert_true(note_at(&breaker, VERDICT_FAULT, START + 10000));
    for (int i = 0; i < 40; i++) /* one every six seconds: never ten in the window */
        assert_false(note_at(&slow, i % 2 ? VERDICT_GOOD : VERDICT_FAULT, START + i * 6000));
}

static void a_few_faults_among_very_many_attempts_are_few(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    for (int i = 0; i < 70000; i++)
        assert_false(note_at(&breaker, VERDICT_GOOD, START));
    for (int i = 0; i < 20000; i++) {
        assert_false(note_at(&breaker, VERDICT_FAULT, START));
        assert_false(note_at(&breaker, VERDICT_GOOD, START));
    }
}

static void faults_that_made_somebody_wait_count_twice(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    const struct breaker_note note = { .verdict = VERDICT_FAULT,
                                       .fail = FAIL_FIRST_TOKEN_TIMEOUT,
                                       .now_ms = START,
                                       .started_ms = START - 15000,
                                       .wasted_ms = 15000 };
    assert_false(breaker_note(&breaker, &note));
    assert_false(breaker_note(&breaker, &note));
    assert_true(breaker_note(&breaker, &note));
}

static void what_says_nothing_changes_nothing(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    for (int i = 0; i < 100; i++)
        assert_false(note_at(&breaker, VERDICT_NONE, START));
    assert_int_equal(breaker_read(&breaker, START).state, HEALTH_WELL);
    open_at(&breaker, START);
    note_at(&breaker, VERDICT_NONE, START + 5000);
    assert_int_equal(breaker_read(&breaker, START + 5000).state, HEALTH_DUE);
}

static void after_the_pause_one_probe_is_let_through_until_it_has_ended(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    open_at(&breaker, START);
    assert_int_equal(breaker_ask(&breaker, START + 999), BREAKER_NOT_NOW);
    assert_int_equal(breaker_read(&breaker, START + 1000).state, HEALTH_DUE);
    assert_int_equal(breaker_ask(&breaker, START + 1000), BREAKER_PROBE);
    assert_int_equal(breaker_read(&breaker, START + 1000).state, HEALTH_PROBED);
    assert_int_equal(breaker_ask(&breaker, START + 9000), BREAKER_NOT_NOW);
    note_probe(&breaker, VERDICT_NONE, START + 9000); /* its client left: the next may try */
    assert_int_equal(breaker_ask(&breaker, START + 9000), BREAKER_PROBE);
    breaker_release(&breaker);
    assert_int_equal(breaker_ask(&breaker, START + 9000), BREAKER_PROBE);
}

static void each_failed_probe_doubles_the_pause_up_to_a_limit(void **state)
{
    (void)state;
    static const int64_t pauses[] = { 1000, 2000, 4000, 8000, 16000, 20000, 20000 };
    struct breaker breaker = { 0 };
    int64_t now_ms = START;
    open_at(&breaker, now_ms);
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        assert_int_equal(breaker_read(&breaker, now_ms).out_ms, pauses[i]);
        now_ms += pauses[i];
        assert_int_equal(breaker_ask(&breaker, now_ms), BREAKER_PROBE);
        note_probe(&breaker, VERDICT_FAULT, now_ms);
    }
    assert_int_equal(breaker_read(&breaker, now_ms).age_ms, now_ms - START);
    assert_int_equal(counter_read(&breaker.opened), 1);
}

static void where_each_probe_makes_somebody_wait_the_limit_is_a_longer_one(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    int64_t now_ms = START;
    open_at(&breaker, now_ms);
    for (int i = 0; i < 8; i++) {
        now_ms += breaker_read(&breaker, now_ms).out_ms;
        assert_int_equal(breaker_ask(&breaker, now_ms), BREAKER_PROBE);
        breaker_note(&breaker, &(struct breaker_note){ .verdict = VERDICT_FAULT,
                                                       .fail = FAIL_FIRST_TOKEN_TIMEOUT,
                                                       .now_ms = now_ms,
                                                       .started_ms = now_ms - 5000,
                                                       .wasted_ms = 5000,
                                                       .probe = true });
    }
    assert_int_equal(breaker_read(&breaker, now_ms).out_ms, 60000);
}

static void a_probe_that_succeeds_closes_it(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    open_at(&breaker, START);
    assert_int_equal(breaker_ask(&breaker, START + 1000), BREAKER_PROBE);
    note_probe(&breaker, VERDICT_GOOD, START + 1200);
    assert_int_equal(breaker_read(&breaker, START + 1200).state, HEALTH_RECOVERING);
    assert_int_equal(breaker_read(&breaker, START + 6200).state, HEALTH_WELL);
    assert_int_equal(breaker_read(&breaker, START + 6200).why, FAIL_NONE);
}

static void a_success_that_comes_late_closes_it_once_the_pause_is_over(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    open_at(&breaker, START);
    struct breaker_note late = { .verdict = VERDICT_GOOD,
                                 .now_ms = START + 500,
                                 .started_ms = START - 7000 };
    breaker_note(&breaker, &late); /* may be of the time before */
    assert_int_equal(breaker_read(&breaker, START + 500).state, HEALTH_COOLING);
    late.now_ms = START + 1500;
    breaker_note(&breaker, &late);
    assert_int_equal(breaker_read(&breaker, START + 1500).state, HEALTH_RECOVERING);
}

static void a_success_that_is_younger_than_the_opening_closes_it_at_once(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    open_at(&breaker, START);
    note_at(&breaker, VERDICT_GOOD, START + 100);
    assert_int_equal(breaker_read(&breaker, START + 100).state, HEALTH_RECOVERING);
}

static void a_failure_from_before_the_recovery_is_not_held_against_it(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    open_at(&breaker, START);
    note_at(&breaker, VERDICT_GOOD, START + 2000);
    const struct breaker_note stale = { .verdict = VERDICT_FAULT,
                                        .fail = FAIL_FIRST_TOKEN_TIMEOUT,
                                        .now_ms = START + 3000,
                                        .started_ms = START - 12000,
                                        .wasted_ms = 15000 };
    for (int i = 0; i < 50; i++)
        assert_false(breaker_note(&breaker, &stale));
    assert_int_equal(breaker_read(&breaker, START + 3000).state, HEALTH_RECOVERING);
}

static void who_opens_again_soon_has_a_longer_pause_and_later_a_short_one(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    open_at(&breaker, START);
    note_at(&breaker, VERDICT_GOOD, START + 1000);
    open_at(&breaker, START + 7000);
    assert_int_equal(breaker_read(&breaker, START + 7000).out_ms, 2000);
    note_at(&breaker, VERDICT_GOOD, START + 9000);
    open_at(&breaker, START + 69000);
    assert_int_equal(breaker_read(&breaker, START + 69000).out_ms, 1000);
}

static int let_through(struct breaker *breaker, int64_t now_ms, int asked)
{
    int count = 0;
    for (int i = 0; i < asked; i++)
        count += breaker_ask(breaker, now_ms) == BREAKER_YES;
    return count;
}

static void after_recovery_a_growing_share_is_let_through(void **state)
{
    (void)state;
    struct breaker breaker = { 0 }, seldom = { 0 };
    open_at(&breaker, START);
    open_at(&seldom, START);
    note_at(&breaker, VERDICT_GOOD, START + 1000);
    note_at(&seldom, VERDICT_GOOD, START + 1000);
    assert_in_range(let_through(&breaker, START + 1000, 1000), 95, 105);
    assert_in_range(let_through(&breaker, START + 3500, 1000), 490, 510);
    assert_in_range(let_through(&breaker, START + 5750, 1000), 940, 960);
    assert_int_equal(let_through(&breaker, START + 6000, 1000), 1000);
    assert_int_equal(let_through(&seldom, START + 1001, 1), 1); /* the first always */
    open_at(&seldom, START + 2000);
    note_at(&seldom, VERDICT_GOOD, START + 4000);
    assert_int_equal(let_through(&seldom, START + 4001, 1), 1); /* and each time */
}

struct race {
    struct breaker *breaker;
    pthread_barrier_t *barrier;
    int probes;
};

static void *race_for_probes(void *context)
{
    struct race *race = context;
    for (int i = 0; i < 2000; i++) {
        int64_t now_ms = START + 1000 + (int64_t)i * 100000; /* any pause is over by then */
        pthread_barrier_wait(race->barrier);
        bool mine = breaker_ask(race->breaker, now_ms) == BREAKER_PROBE;
        race->probes += mine;
        pthread_barrier_wait(race->barrier);
        if (mine)
            note_probe(race->breaker, VERDICT_FAULT, now_ms);
    }
    return NULL;
}

static void of_threads_that_race_for_the_probe_exactly_one_gets_it(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    pthread_barrier_t barrier;
    pthread_t threads[2];
    struct race races[2];
    open_at(&breaker, START);
    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++) {
        races[i] = (struct race){ &breaker, &barrier, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, race_for_probes, &races[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(races[0].probes + races[1].probes, 2000);
}

/* No barrier between: a probe that fails at once must not be followed by another in the same pause,
 * however the two threads are interleaved. */
static void *race_without_waiting(void *context)
{
    struct race *race = context;
    pthread_barrier_wait(race->barrier);
    for (int i = 0; i < 20000; i++)
        if (breaker_ask(race->breaker, START + 1000) == BREAKER_PROBE) {
            race->probes++;
            note_probe(race->breaker, VERDICT_FAULT, START + 1000);
        }
    return NULL;
}

static void a_probe_that_failed_is_not_followed_by_another_before_its_pause(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    pthread_barrier_t barrier;
    pthread_t threads[2];
    struct race races[2];
    open_at(&breaker, START);
    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++) {
        races[i] = (struct race){ &breaker, &barrier, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, race_without_waiting, &races[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(races[0].probes + races[1].probes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_after_five_faults_in_a_row),
        cmocka_unit_test(a_success_between_begins_the_row_anew),
        cmocka_unit_test(it_opens_when_half_of_ten_attempts_failed_within_the_window),
        cmocka_unit_test(a_few_faults_among_very_many_attempts_are_few),
        cmocka_unit_test(faults_that_made_somebody_wait_count_twice),
        cmocka_unit_test(what_says_nothing_changes_nothing),
        cmocka_unit_test(after_the_pause_one_probe_is_let_through_until_it_has_ended),
        cmocka_unit_test(each_failed_probe_doubles_the_pause_up_to_a_limit),
        cmocka_unit_test(where_each_probe_makes_somebody_wait_the_limit_is_a_longer_one),
        cmocka_unit_test(a_probe_that_succeeds_closes_it),
        cmocka_unit_test(a_success_that_comes_late_closes_it_once_the_pause_is_over),
        cmocka_unit_test(a_success_that_is_younger_than_the_opening_closes_it_at_once),
        cmocka_unit_test(a_failure_from_before_the_recovery_is_not_held_against_it),
        cmocka_unit_test(who_opens_again_soon_has_a_longer_pause_and_later_a_short_one),
        cmocka_unit_test(after_recovery_a_growing_share_is_let_through),
        cmocka_unit_test(of_threads_that_race_for_the_probe_exactly_one_gets_it),
        cmocka_unit_test(a_probe_that_failed_is_not_followed_by_another_before_its_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
