/* test_retry.c - what follows a failed attempt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/retry.h"

/* A first failure of the first of two candidates, with everything in its favour. */
static struct retry_case usual(enum fail fail)
{
    return (struct retry_case){ .fail = fail,
                                .attempts = 1,
                                .most = 4,
                                .tries = 1,
                                .has_next = true,
                                .prefers_wait = true,
                                .may_repeat = true,
                                .retry_after_ms = -1,
                                .max_wait_ms = 5000,
                                .time_left_ms = INT64_MAX };
}

static enum retry_what follows(const struct retry_case *failed)
{
    return retry_decide(failed).what;
}

static void each_failure_is_followed_by_what_its_row_says(void **state)
{
    (void)state;
    static const struct {
        enum fail fail;
        enum retry_what first, second, alone; /* at once; after a second try; with nobody else */
    } rows[] = {
        { FAIL_PROVIDER_ERROR, RETRY_SAME, RETRY_NEXT, RETRY_SAME },
        { FAIL_PROVIDER_TIMEOUT, RETRY_SAME, RETRY_NEXT, RETRY_SAME },
        { FAIL_RESET, RETRY_SAME, RETRY_NEXT, RETRY_SAME },
        { FAIL_RATE_LIMITED, RETRY_NEXT, RETRY_NEXT, RETRY_SAME },
        { FAIL_CONNECT, RETRY_NEXT, RETRY_NEXT, RETRY_SAME },
        { FAIL_DNS, RETRY_NEXT, RETRY_NEXT, RETRY_SAME },
        { FAIL_PROVIDER_GARBAGE, RETRY_NEXT, RETRY_NEXT, RETRY_SAME },
        { FAIL_FIRST_TOKEN_TIMEOUT, RETRY_NEXT, RETRY_NEXT, RETRY_GIVE_UP },
        { FAIL_TLS, RETRY_NEXT, RETRY_NEXT, RETRY_GIVE_UP },
        { FAIL_PROVIDER_AUTH, RETRY_NEXT, RETRY_NEXT, RETRY_GIVE_UP },
        { FAIL_PROVIDER_CONTEXT, RETRY_NEXT, RETRY_NEXT, RETRY_GIVE_UP },
        { FAIL_PROVIDER_REFUSED, RETRY_GIVE_UP, RETRY_GIVE_UP, RETRY_GIVE_UP },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct retry_case failed = usual(rows[i].fail);
        assert_int_equal(follows(&failed), rows[i].first);
        failed.attempts = failed.tries = 2;
        assert_int_equal(follows(&failed), rows[i].second);
        failed.has_next = false;
        assert_int_equal(follows(&failed), rows[i].alone);
    }
}

static void the_budget_of_attempts_ends_everything(void **state)
{
    (void)state;
    struct retry_case failed = usual(FAIL_PROVIDER_ERROR);
    failed.attempts = failed.most;
    assert_int_equal(follows(&failed), RETRY_GIVE_UP);
}

static void the_last_attempt_goes_to_another_candidate(void **state)
{
    (void)state;
    struct retry_case failed = usual(FAIL_PROVIDER_ERROR);
    failed.most = 2;
    assert_int_equal(follows(&failed), RETRY_NEXT);
    failed.has_next = false;
    assert_int_equal(follows(&failed), RETRY_SAME);
}

static void a_wait_that_was_named_is_kept(void **state)
{
    (void)state;
    struct retry_case failed = usual(FAIL_RATE_LIMITED);
    failed.retry_after_ms = 2000;
    for (failed.dice = 0; failed.dice < 5000; failed.dice += 37) {
        struct retry_step step = retry_decide(&failed);
        assert_int_equal(step.what, RETRY_SAME);
        assert_in_range(step.wait_ms, 2000, 2100);
    }
}

static void a_wait_that_is_too_long_leads_on_or_ends(void **state)
{
    (void)state;
    struct retry_case failed = usual(FAIL_RATE_LIMITED);
    failed.retry_after_ms = 5001;
    assert_int_equal(follows(&failed), RETRY_NEXT);
    failed.has_next = false;
    assert_int_equal(follows(&failed), RETRY_GIVE_UP);
}

static void nobody_waits_longer_than_the_client_does(void **state)
{
    (void)state;
    struct retry_case failed = usual(FAIL_RATE_LIMITED);
    failed.retry_after_ms = 2000;
    failed.time_left_ms = 1500;
    assert_int_equal(follows(&failed), RETRY_NEXT);
    failed.has_next = false;
    assert_int_equal(follows(&failed), RETRY_GIVE_UP);
    failed.time_left_ms = 0;
    failed.retry_after_ms = -1;
    assert_int_equal(follows(&failed), RETRY_GIVE_UP);
}

static void without_a_named_wait_the_jitter_is_full_and_doubles(void **state)
{
    (void)state;
    struct retry_case failed = usual(FAIL_PROVIDER_ERROR);
    failed.has_next = false;
    failed.most = 16;
    for (int tries = 1; tries <= 8; tries++) {
        int64_t most = 200 << (tries - 1), largest = 0;
        most = most < 8000 ? most : 8000;
        failed.tries = failed.attempts = tries;
        for (failed.dice = 0; failed.dice < 10000; failed.dice += 7) {
            int64_t wait_ms = retry_decide(&failed).wait_ms;
            assert_in_range(wait_ms, 0, most);
            largest = wait_ms > largest ? wait_ms : largest;
        }
        assert_true(largest > most * 9 / 10);
    }
}

static void a_provider_whose_budget_of_retries_is_spent_is_not_asked_again(void **state)
{
    (void)state;
    struct retry_case failed = usual(FAIL_PROVIDER_ERROR);
    failed.may_repeat = false;
    assert_int_equal(follows(&failed), RETRY_NEXT);
    failed.has_next = false;
    assert_int_equal(follows(&failed), RETRY_GIVE_UP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_is_followed_by_what_its_row_says),
        cmocka_unit_test(the_budget_of_attempts_ends_everything),
        cmocka_unit_test(the_last_attempt_goes_to_another_candidate),
        cmocka_unit_test(a_wait_that_was_named_is_kept),
        cmocka_unit_test(a_wait_that_is_too_long_leads_on_or_ends),
        cmocka_unit_test(nobody_waits_longer_than_the_client_does),
        cmocka_unit_test(without_a_named_wait_the_jitter_is_full_and_doubles),
        cmocka_unit_test(a_provider_whose_budget_of_retries_is_spent_is_not_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
