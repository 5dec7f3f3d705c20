/* test_live.c - what was noted is read back, and fades. */
#include "state/live.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_noted_and_halve_in_five_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
