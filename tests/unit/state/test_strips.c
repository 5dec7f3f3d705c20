/* test_strips.c - blocks that are cut off strips: whole, close together, and used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "state/strips.h"

#define HELD  250
#define TURNS 5000

static bool is_full_of(const struct block *block, int byte)
{
    for (size_t i = 0; i < block->room; i++)
        if (((const unsigned char *)block->bytes)[i] != byte)
            return false;
    return true;
}

/* Some are much longer than most, and some longer than a strip. */
static size_t room_of(int turn)
{
    return turn % 97 == 0 ? 50000 : (size_t)(turn * 31 % 4000);
}

static void blocks_of_any_size_stay_whole_while_others_come_and_go(void **state)
{
    (void)state;
    struct strips strips = { 0 };
    struct block held[HELD] = { { 0 } };
    for (int turn = 0; turn < TURNS; turn++) {
        struct block *block = &held[turn % HELD];
        if (block->bytes)
            assert_true(is_full_of(block, (turn - HELD) % 251));
        strips_give(&strips, block);
        assert_null(block->bytes);
        assert_true(strips_cut(&strips, room_of(turn), block));
        assert_true(block->room >= room_of(turn));
        assert_int_equal((uintptr_t)block->bytes % _Alignof(max_align_t), 0);
        memset(block->bytes, turn % 251, block->room);
    }
    for (int i = 0; i < HELD; i++)
        strips_give(&strips, &held[i]);
    strips_clear(&strips);
}

static void the_end_of_a_block_that_was_too_long_serves_the_next(void **state)
{
    (void)state;
    struct strips strips = { 0 };
    struct block first, second, third;
    assert_true(strips_cut(&strips, 1000, &first));
    strips_shorten(&first, 100);
    assert_true(strips_cut(&strips, 1000, &second));
    assert_ptr_equal(second.bytes, (char *)first.bytes + first.room);
    strips_shorten(&first, 10); /* another was cut behind it */
    assert_true(strips_cut(&strips, 1000, &third));
    assert_ptr_equal(third.bytes, (char *)second.bytes + second.room);
    strips_give(&strips, &first);
    strips_give(&strips, &second);
    strips_give(&strips, &third);
    strips_clear(&strips);
}

static void a_strip_that_is_empty_is_used_again(void **state)
{
    (void)state;
    struct strips strips = { 0 };
    struct block block = { 0 };
    assert_true(strips_cut(&strips, 20000, &block));
    const struct strip *first = block.strip;
    strips_give(&strips, &block);
    assert_true(strips_cut(&strips, 20000, &block));
    assert_ptr_equal(block.strip, first);
    struct block another = { 0 };
    assert_true(strips_cut(&strips, 20000, &another));
    assert_ptr_not_equal(another.strip, first);
    strips_give(&strips, &block);
    assert_true(strips_cut(&strips, 20000, &block));
    assert_ptr_equal(block.strip, first);
    strips_give(&strips, &block);
    strips_give(&strips, &another);
    strips_clear(&strips);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_any_size_stay_whole_while_others_come_and_go),
        cmocka_unit_test(the_end_of_a_block_that_was_too_long_serves_the_next),
        cmocka_unit_test(a_strip_that_is_empty_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
