/* test_request.c - what of a long text is looked at: both its ends, and nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chat/request.h"

static const struct row {
    const char *head, *tail; /* as the scan kept them */
    size_t max;
    const char *within_head, *within_tail;
} rows[] = {
    { "", "", 4, "", "" },
    { "abcd", "", 4, "abcd", "" },
    { "ab", "yz", 4, "ab", "yz" },
    { "abcdefgh", "", 4, "ab", "gh" },
    { "abcde", "", 4, "ab", "de" },
    { "abcdefgh", "", 7, "abc", "fgh" },
    { "abcd", "wxyz", 4, "ab", "yz" },
    { "abcd", "z", 4, "ab", "z" },
    { "a", "uvwxyz", 4, "a", "yz" },
    { "abcd", "wxyz", 0, "", "" },
};

static void of_a_text_above_the_maximum_both_ends_are_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct excerpt excerpt = { text_of(row->head), text_of(row->tail), 1000 };
        struct excerpt within = excerpt_within(&excerpt, row->max);
        if (!text_is(within.head, row->within_head) || !text_is(within.tail, row->within_tail))
            fail_msg("%s...%s within %zu: %.*s...%.*s", row->head, row->tail, row->max,
                     (int)within.head.len, within.head.data, (int)within.tail.len,
                     within.tail.data);
        assert_int_equal(within.total, 1000);
    }
}

static void what_is_kept_is_never_above_the_maximum(void **state)
{
    (void)state;
    const char *text = "abcdefghijklmnopqrstuvwxyz";
    for (size_t head = 0; head <= 12; head++) {
        for (size_t tail = 0; tail <= 12; tail++) {
            struct excerpt excerpt = { { text, head }, { text + 13, tail }, 26 };
            for (size_t max = 0; max < 26; max++) {
                struct excerpt within = excerpt_within(&excerpt, max);
                assert_true(within.head.len + within.tail.len <= max);
                assert_true(within.head.len <= head);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_text_above_the_maximum_both_ends_are_kept),
        cmocka_unit_test(what_is_kept_is_never_above_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
