/* test_faults.c - a model's name asks for a fault, and for how much of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mock/faults.h"
#include "mock/mock.h"

static void a_name_and_its_number_lead_to_the_fault(void **state)
{
    static const struct {
        const char *name;
        enum fault_kind kind;
        int number;
    } rows[] = {
        { "mock", FAULT_NONE, 0 },
        { "gpt-5", FAULT_NONE, 0 },
        { "", FAULT_NONE, 0 },
        { "mock-429", FAULT_STATUS, 0 },
        { "mock-429-5", FAULT_NONE, 0 }, /* it has no number */
        { "mock-429-retry-after", FAULT_STATUS, 1 },
        { "mock-429-retry-after-7", FAULT_STATUS, 7 },
        { "mock-429-once-retry-after-2", FAULT_STATUS, 2 },
        { "mock-slow-20", FAULT_SLOW, 20 },
        { "mock-slow-first", FAULT_SLOW_FIRST, 1000 },
        { "mock-slow-first-20", FAULT_SLOW_FIRST, 20 },
        { "mock-slow-", FAULT_NONE, 0 },
        { "mock-slow-x", FAULT_NONE, 0 },
        { "mock-huge-event-1000000000000", FAULT_HUGE_EVENT, 100 }, /* the most */
        { "mock-endless", FAULT_ENDLESS, 10 },
        { "mock-flap-3", FAULT_STATUS, 3 },
        { "mock-gzip", FAULT_GZIP, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault_wish wish = fault_find(text_of(rows[i].name));
        assert_int_equal(wish.fault->kind, rows[i].kind);
        assert_int_equal(wish.number, rows[i].number);
    }
}

static void every_name_leads_to_its_own_row_and_says_what_it_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < faults_count; i++) {
        assert_ptr_equal(fault_find(text_of(faults[i].name)).fault, &faults[i]);
        assert_true(strlen(faults[i].doc) > 2);
        assert_true(!faults[i].numbered || faults[i].fallback <= faults[i].most);
        assert_true(!faults[i].retry_after || faults[i].numbered);
    }
}

static void mixed_faults_come_in_turn_and_each_of_them_does(void **state)
{
    size_t mixed = 0, seen = 0;
    (void)state;
    for (size_t i = 0; i < faults_count; i++)
        mixed += faults[i].mixed;
    assert_true(mixed > 5);
    for (size_t turn = 0; turn < mixed; turn++)
        seen |= (size_t)1 << (fault_in_turn((unsigned)turn).fault - faults);
    assert_int_equal(__builtin_popcountl(seen), mixed);
    assert_ptr_equal(fault_in_turn((unsigned)mixed).fault, fault_in_turn(0).fault);
}

static void the_printed_list_has_every_name(void **state)
{
    struct buffer out;
    (void)state;
    buffer_init(&out, 1 << 20);
    mock_print_faults(&out);
    assert_true(buffer_append(&out, "", 1));
    for (size_t i = 0; i < faults_count; i++)
        assert_non_null(strstr(out.data, faults[i].name));
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_and_its_number_lead_to_the_fault),
        cmocka_unit_test(every_name_leads_to_its_own_row_and_says_what_it_does),
        cmocka_unit_test(mixed_faults_come_in_turn_and_each_of_them_does),
        cmocka_unit_test(the_printed_list_has_every_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
