/* test_body_spares.c - large buffers are used again, and given back when nobody needs them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serve/body_spares.h"

#define BODY_MAX ((size_t)64 << 20)

static void fill(struct buffer *buffer, size_t len)
{
    buffer_init(buffer, BODY_MAX);
    assert_true(buffer_reserve(buffer, len));
    memset(buffer->data, 'x', len);
    buffer->len = len;
}

static void take_one_of(struct body_spares *spares, size_t len, int64_t now_ms)
{
    struct buffer buffer;
    fill(&buffer, len);
    body_spares_take(spares, &buffer, now_ms);
    assert_null(buffer.data);
    assert_int_equal(buffer.room, 0);
    assert_int_equal(buffer.max, BODY_MAX);
}

static void a_body_grows_into_a_spare_and_keeps_its_bytes(void **state)
{
    (void)state;
    struct timers timers;
    struct body_spares spares;
    struct buffer body;
    timers_init(&timers, 0);
    body_spares_init(&spares, &timers);
    take_one_of(&spares, 1000000, 0);
    const char *memory = spares.buffers[0].data;

    fill(&body, BODY_SPARE_SMALLEST);
    body_spares_grow(&spares, &body, 1);
    assert_ptr_equal(body.data, memory);
    assert_int_equal(body.len, BODY_SPARE_SMALLEST);
    assert_int_equal(body.data[BODY_SPARE_SMALLEST - 1], 'x');
    assert_int_equal(body.max, BODY_MAX);
    assert_int_equal(spares.count, 0);
    buffer_clear(&body);
    body_spares_clear(&spares);
}

static void a_spare_is_not_moved_into_without_need(void **state)
{
    (void)state;
    static const struct {
        size_t spare, len, more, max;
    } rows[] = {
        { 1000000, 1000, 2000, BODY_MAX },                              /* still small */
        { 1000000, BODY_SPARE_SMALLEST + 1, 2, BODY_MAX },              /* it fits where it is */
        { 1000000, 900000, 300000, BODY_MAX },                          /* the spare is too small */
        { 1000000, BODY_SPARE_SMALLEST, 1, BODY_SPARE_SMALLEST + 100 }, /* above its maximum */
        { 9 * BODY_SPARE_SMALLEST, BODY_SPARE_SMALLEST, 1, BODY_MAX },  /* far too large */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct timers timers;
        struct body_spares spares;
        struct buffer body;
        timers_init(&timers, 0);
        body_spares_init(&spares, &timers);
        take_one_of(&spares, rows[i].spare, 0);
        fill(&body, rows[i].len);
        body.max = rows[i].max;
        const char *memory = body.data;
        body_spares_grow(&spares, &body, rows[i].more);
        assert_ptr_equal(body.data, memory);
        assert_int_equal(spares.count, 1);
        buffer_clear(&body);
        body_spares_clear(&spares);
    }
}

static void what_is_small_or_huge_or_too_many_is_not_kept(void **state)
{
    (void)state;
    struct timers timers;
    struct body_spares spares;
    timers_init(&timers, 0);
    body_spares_init(&spares, &timers);
    take_one_of(&spares, 1000, 0);
    take_one_of(&spares, BODY_SPARE_LARGEST + 1, 0);
    assert_int_equal(spares.count, 0);
    for (size_t i = 0; i < BODY_SPARES_MAX + 1; i++)
        take_one_of(&spares, BODY_SPARE_SMALLEST, 0);
    assert_int_equal(spares.count, BODY_SPARES_MAX);
    body_spares_clear(&spares);
}

/* Two are there, one of which is used all the time. */
static void what_nobody_needed_for_a_while_is_given_back(void **state)
{
    (void)state;
    struct timers timers;
    struct body_spares spares;
    timers_init(&timers, 0);
    body_spares_init(&spares, &timers);
    take_one_of(&spares, 1000000, 0);
    take_one_of(&spares, 1000000, 0);
    for (int64_t now_ms = 10; now_ms < 3 * BODY_SPARES_KEPT_MS; now_ms += 10) {
        struct buffer body;
        fill(&body, BODY_SPARE_SMALLEST);
        body_spares_grow(&spares, &body, 1);
        assert_true(body.room > 2 * BODY_SPARE_SMALLEST);
        body_spares_take(&spares, &body, now_ms);
        timers_turn(&timers, now_ms);
    }
    assert_int_equal(spares.count, 1);
    timers_turn(&timers, 5 * BODY_SPARES_KEPT_MS);
    timers_turn(&timers, 7 * BODY_SPARES_KEPT_MS);
    assert_int_equal(spares.count, 0);
    assert_int_equal(timers.armed, 0);
    body_spares_clear(&spares);
}

/* One that took all at once would make everybody wait. */
static void a_huge_body_goes_slice_by_slice(void **state)
{
    (void)state;
    struct timers timers;
    struct body_spares spares;
    size_t ticks = 0;
    timers_init(&timers, 0);
    body_spares_init(&spares, &timers);
    take_one_of(&spares, 16 * BODY_SLICE, 0);
    assert_int_equal(spares.count, 0);
    while (spares.going_count > 0 && ticks < 100) {
        assert_int_equal(spares.going[0].room, (16 - ticks) * BODY_SLICE);
        timers_turn(&timers, (int64_t)(++ticks * TIMERS_TICK_MS));
    }
    assert_int_equal(ticks, 16);
    assert_int_equal(timers.armed, 0);
    body_spares_clear(&spares);
}

static void more_huge_bodies_than_have_room_go_at_once(void **state)
{
    (void)state;
    struct timers timers;
    struct body_spares spares;
    timers_init(&timers, 0);
    body_spares_init(&spares, &timers);
    for (size_t i = 0; i < BODIES_GOING_MAX + 2; i++)
        take_one_of(&spares, BODY_SPARE_LARGEST + 1, 0);
    assert_int_equal(spares.going_count, BODIES_GOING_MAX);
    body_spares_clear(&spares);
    assert_int_equal(spares.going_count, 0);
    assert_int_equal(timers.armed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_grows_into_a_spare_and_keeps_its_bytes),
        cmocka_unit_test(a_spare_is_not_moved_into_without_need),
        cmocka_unit_test(what_is_small_or_huge_or_too_many_is_not_kept),
        cmocka_unit_test(what_nobody_needed_for_a_while_is_given_back),
        cmocka_unit_test(a_huge_body_goes_slice_by_slice),
        cmocka_unit_test(more_huge_bodies_than_have_room_go_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
