/* test_memory.c - curl's small blocks: what is given back is taken again, up to a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "upstream/memory.h"

static struct memory_shelf shelf;

static int use_shelf(void **state)
{
    (void)state;
    memory_use(&shelf);
    return 0;
}

static int clear_shelf(void **state)
{
    (void)state;
    memory_clear(&shelf);
    return shelf.kept == 0 ? 0 : 1;
}

static void a_block_is_taken_again_by_the_next_of_its_size(void **state)
{
    (void)state;
    void *block = memory_take(40);
    memory_give(block);
    assert_int_equal(shelf.kept, 64);
    void *other = memory_take(70);
    assert_ptr_not_equal(other, block);
    assert_ptr_equal(memory_take(64), block);
    assert_int_equal(shelf.kept, 0);
    memory_give(block);
    memory_give(other);
}

static void every_size_has_room_for_what_was_asked(void **state)
{
    (void)state;
    for (size_t size = 0; size < 2 * MEMORY_STEP * MEMORY_SIZES; size += 7) {
        char *first = memory_take(size);
        memset(first, 'x', size);
        assert_int_equal((uintptr_t)first % _Alignof(max_align_t), 0);
        memory_give(first);
        char *again = memory_take(size);
        memset(again, 'y', size);
        memory_give(again);
    }
}

static void zeroed_memory_is_zero_although_it_was_used(void **state)
{
    (void)state;
    char *used = memory_take(96);
    memset(used, 'x', 96);
    memory_give(used);
    char *zeroed = memory_take_zeroed(3, 32);
    assert_ptr_equal(zeroed, used);
    for (int i = 0; i < 96; i++)
        assert_int_equal(zeroed[i], 0);
    memory_give(zeroed);
}

static void a_product_or_a_size_beyond_memory_is_refused(void **state)
{
    (void)state;
    assert_null(memory_take_zeroed(SIZE_MAX / 2, 3));
    assert_null(memory_take(SIZE_MAX - 8));
}

static void a_block_that_grows_keeps_what_it_held(void **state)
{
    (void)state;
    char *block = memory_resize(NULL, 10);
    snprintf(block, 10, "something");
    for (size_t size = 20; size < 100000; size *= 3) {
        block = memory_resize(block, size);
        assert_string_equal(block, "something");
        block[size - 1] = 'x';
    }
    memory_give(block);
}

static void a_block_that_shrinks_stays_where_it_is(void **state)
{
    (void)state;
    char *block = memory_take(200);
    assert_ptr_equal(memory_resize(block, 20), block);
    memory_give(block);
    assert_int_equal(shelf.kept, 224);
}

static void a_copy_is_a_string_of_its_own(void **state)
{
    (void)state;
    char text[] = "said";
    char *copy = memory_copy(text);
    text[0] = 'p';
    assert_string_equal(copy, "said");
    memory_give(copy);
    memory_give(NULL);
}

static void a_shelf_keeps_no_more_than_its_bound(void **state)
{
    (void)state;
    enum { BLOCKS = 200 };
    void *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = memory_take(1000);
    for (int i = 0; i < BLOCKS; i++)
        memory_give(blocks[i]);
    assert_in_range(shelf.kept, MEMORY_KEPT_MAX - 1024, MEMORY_KEPT_MAX);
}

static void *give_in_a_thread_without_a_shelf(void *block)
{
    memory_give(block);
    return NULL;
}

static void another_thread_may_free_what_this_one_took(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_create(&thread, NULL, give_in_a_thread_without_a_shelf, memory_take(50));
    pthread_join(thread, NULL);
    assert_int_equal(shelf.kept, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, use_shelf, clear_shelf)
        TEST(a_block_is_taken_again_by_the_next_of_its_size),
        TEST(every_size_has_room_for_what_was_asked),
        TEST(zeroed_memory_is_zero_although_it_was_used),
        TEST(a_product_or_a_size_beyond_memory_is_refused),
        TEST(a_block_that_grows_keeps_what_it_held),
        TEST(a_block_that_shrinks_stays_where_it_is),
        TEST(a_copy_is_a_string_of_its_own),
        TEST(a_shelf_keeps_no_more_than_its_bound),
        TEST(another_thread_may_free_what_this_one_took),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
