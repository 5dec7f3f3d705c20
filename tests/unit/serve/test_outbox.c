/* test_outbox.c - bytes come out as they went in, and the memory of a burst serves the next one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serve/outbox.h"

#define MAX      ((size_t)128 << 10)
#define BURST    ((size_t)40 << 10)
#define TOGETHER ((size_t)4 << 20)

struct scene {
    struct gauge buffered;
    struct outbox_spares spares;
    struct outbox outbox;
    char burst[BURST];
};

static void open_scene(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    outbox_init(&scene->outbox, MAX / 2, MAX, &scene->buffered, TOGETHER, &scene->spares);
    for (size_t i = 0; i < BURST; i++)
        scene->burst[i] = (char)('a' + i % 23);
}

static struct text burst_of(struct scene *scene, size_t len)
{
    return (struct text){ scene->burst, len };
}

static void close_scene(struct scene *scene)
{
    outbox_clear(&scene->outbox);
    outbox_spares_clear(&scene->spares);
    assert_int_equal(gauge_read(&scene->buffered), 0);
}

static void assert_comes_out(struct scene *scene, struct text wanted)
{
    char *taken = malloc(MAX);
    size_t len = 0, piece;
    while ((piece = outbox_take(&scene->outbox, taken + len, 1000)) > 0)
        len += piece;
    assert_true(text_equal((struct text){ taken, len }, wanted));
    free(taken);
}

static void what_went_in_comes_out_also_when_memory_is_used_again(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene);
    for (int round = 0; round < 3; round++) {
        assert_true(outbox_add(&scene.outbox, burst_of(&scene, 100)));
        struct text rest = { scene.burst + 100, BURST - 100 };
        assert_true(outbox_add(&scene.outbox, rest));
        assert_comes_out(&scene, burst_of(&scene, BURST));
        outbox_clear(&scene.outbox);
        assert_int_equal(gauge_read(&scene.buffered), 0);
    }
    close_scene(&scene);
}

static void a_burst_takes_the_memory_that_another_has_left(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene);
    outbox_add(&scene.outbox, burst_of(&scene, BURST));
    const char *memory = scene.outbox.bytes.data;
    outbox_clear(&scene.outbox);
    assert_int_equal(scene.spares.count, 1);
    outbox_add(&scene.outbox, burst_of(&scene, 200));
    assert_int_equal(scene.spares.count, 1);
    outbox_add(&scene.outbox, burst_of(&scene, BURST));
    assert_int_equal(scene.spares.count, 0);
    assert_ptr_equal(scene.outbox.bytes.data, memory);
    assert_int_equal(gauge_read(&scene.buffered), OUTBOX_SPARE_ROOM);
    close_scene(&scene);
}

static void no_more_memory_is_kept_than_the_maximum_says(void **state)
{
    (void)state;
    static struct scene scene;
    struct outbox many[OUTBOX_SPARES_MAX + 3];
    open_scene(&scene);
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
        outbox_init(&many[i], MAX, MAX, &scene.buffered, TOGETHER, &scene.spares);
        outbox_add(&many[i], burst_of(&scene, BURST));
    }
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
        outbox_clear(&many[i]);
    assert_int_equal(scene.spares.count, OUTBOX_SPARES_MAX);
    close_scene(&scene);
}

static void more_than_fits_is_refused_and_what_waits_stays(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene);
    for (int i = 0; i < 3; i++)
        assert_true(outbox_add(&scene.outbox, burst_of(&scene, BURST)));
    assert_false(outbox_add(&scene.outbox, burst_of(&scene, BURST)));
    assert_int_equal(outbox_waiting(&scene.outbox), 3 * BURST);
    assert_true(outbox_is_high(&scene.outbox));
    close_scene(&scene);
}

static void each_has_to_do_with_less_when_all_together_hold_much(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene);
    outbox_add(&scene.outbox, burst_of(&scene, BURST));
    assert_false(outbox_is_high(&scene.outbox));
    gauge_add(&scene.buffered, TOGETHER / 2);
    assert_true(outbox_is_high(&scene.outbox));
    assert_false(outbox_is_low(&scene.outbox));
    gauge_add(&scene.buffered, -(int64_t)TOGETHER / 2);
    assert_false(outbox_is_high(&scene.outbox));
    close_scene(&scene);
}

static void what_is_held_back_waits_for_its_release_or_is_forgotten(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene);
    assert_true(outbox_hold(&scene.outbox, text_of("held ")));
    assert_true(outbox_add(&scene.outbox, text_of("said ")));
    assert_true(outbox_hold(&scene.outbox, text_of("back")));
    assert_int_equal(outbox_waiting(&scene.outbox), 5);
    assert_comes_out(&scene, text_of("said "));
    assert_true(outbox_add(&scene.outbox, text_of("more ")));
    outbox_release(&scene.outbox);
    assert_comes_out(&scene, text_of("more held back"));
    assert_true(outbox_add(&scene.outbox, text_of("kept")));
    assert_true(outbox_hold(&scene.outbox, text_of("forgotten")));
    outbox_drop_held(&scene.outbox);
    assert_comes_out(&scene, text_of("kept"));
    close_scene(&scene);
}

static void what_is_put_in_front_comes_out_first(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene);
    outbox_add(&scene.outbox, text_of("world"));
    assert_true(outbox_prepend(&scene.outbox, text_of("hello ")));
    assert_comes_out(&scene, text_of("hello world"));
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_in_comes_out_also_when_memory_is_used_again),
        cmocka_unit_test(a_burst_takes_the_memory_that_another_has_left),
        cmocka_unit_test(no_more_memory_is_kept_than_the_maximum_says),
        cmocka_unit_test(more_than_fits_is_refused_and_what_waits_stays),
        cmocka_unit_test(each_has_to_do_with_less_when_all_together_hold_much),
        cmocka_unit_test(what_is_held_back_waits_for_its_release_or_is_forgotten),
        cmocka_unit_test(what_is_put_in_front_comes_out_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
