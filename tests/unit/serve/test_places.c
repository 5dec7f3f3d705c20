/* test_places.c - no more calls than a provider is given, and who waits longest is next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

#include "serve/places.h"

#define MOST     2
#define THREADS  4
#define PER_TURN 20000

struct fixture {
    struct places *places;
    struct place *place;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture.places = places_new();
    fixture.place = places_find(fixture.places, text_of("openai"));
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    places_free(((struct fixture *)*state)->places);
    return 0;
}

static void take_all(struct place *place)
{
    for (int i = 0; i < MOST; i++)
        assert_true(place_take(place, MOST));
}

static void a_name_always_leads_to_the_same_place(void **state)
{
    struct fixture *fixture = *state;
    assert_ptr_equal(places_find(fixture->places, text_of("openai")), fixture->place);
    assert_ptr_not_equal(places_find(fixture->places, text_of("azure")), fixture->place);
}

static void there_are_as_many_names_as_places_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    char name[16];
    for (int i = 1; i < PLACES_MAX; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        assert_non_null(places_find(fixture->places, text_of(name)));
    }
    assert_null(places_find(fixture->places, text_of("one too many")));
    assert_non_null(places_find(fixture->places, text_of("openai")));
}

static void all_places_are_taken_and_one_that_is_given_back_is_taken_again(void **state)
{
    struct place *place = ((struct fixture *)*state)->place;
    take_all(place);
    assert_false(place_has_room(place, MOST));
    assert_false(place_take(place, MOST));
    place_give_back(place);
    assert_true(place_has_room(place, MOST));
    assert_true(place_take(place, MOST));
    assert_false(place_take(place, MOST));
}

static void who_comes_later_does_not_overtake_who_waits(void **state)
{
    struct place *place = ((struct fixture *)*state)->place;
    struct waiter waiter;
    take_all(place);
    assert_true(place_wait(place, 3, &waiter, 100));
    place_give_back(place);
    assert_false(place_has_room(place, MOST));
    assert_false(place_take(place, MOST));
    assert_ptr_equal(place_serve(place, 3, MOST), &waiter);
    assert_int_equal(place_whose_turn(place), -1);
}

static void it_is_the_turn_of_the_worker_whose_first_one_waits_longest(void **state)
{
    struct place *place = ((struct fixture *)*state)->place;
    struct waiter first, second, third;
    take_all(place);
    assert_true(place_wait(place, 2, &first, 100));
    assert_true(place_wait(place, 0, &second, 101));
    assert_true(place_wait(place, 2, &third, 102));
    place_give_back(place);
    assert_int_equal(place_whose_turn(place), 2);
    assert_null(place_serve(place, 0, MOST));
    assert_ptr_equal(place_serve(place, 2, MOST), &first);
    place_give_back(place);
    assert_null(place_serve(place, 2, MOST));
    assert_ptr_equal(place_serve(place, 0, MOST), &second);
    assert_null(place_serve(place, 2, MOST)); /* its turn, but all are taken */
    place_give_back(place);
    assert_ptr_equal(place_serve(place, 2, MOST), &third);
}

static void who_leaves_is_forgotten_wherever_he_stands(void **state)
{
    struct place *place = ((struct fixture *)*state)->place;
    for (int leaves = 0; leaves < 3; leaves++) {
        struct waiter waiters[3], late;
        for (int i = 0; i < 3; i++)
            assert_true(place_wait(place, 1, &waiters[i], 100 + i));
        place_leave(place, 1, &waiters[leaves]);
        assert_true(place_wait(place, 1, &late, 200));
        for (int i = 0; i < 3; i++)
            if (i != leaves)
                assert_ptr_equal(place_serve(place, 1, 100), &waiters[i]);
        assert_ptr_equal(place_serve(place, 1, 100), &late);
        assert_null(place_serve(place, 1, 100));
    }
}

static void a_line_has_an_end(void **state)
{
    static struct waiter waiters[WAITERS_MAX + 1];
    struct place *place = ((struct fixture *)*state)->place;
    for (int i = 0; i < WAITERS_MAX; i++)
        assert_true(place_wait(place, 0, &waiters[i], 1 + i));
    assert_false(place_wait(place, 0, &waiters[WAITERS_MAX], 5000));
    assert_true(place_wait(place, 1, &waiters[WAITERS_MAX], 5000));
}

static _Atomic int inside;
static _Atomic int most_inside;

static void *come_and_go(void *owner)
{
    struct place *place = owner;
    for (int i = 0; i < PER_TURN; i++) {
        if (!place_take(place, MOST))
            continue;
        int now = atomic_fetch_add(&inside, 1) + 1;
        if (now > atomic_load(&most_inside))
            atomic_store(&most_inside, now);
        atomic_fetch_sub(&inside, 1);
        place_give_back(place);
    }
    return NULL;
}

static void threads_together_never_have_more_places_than_there_are(void **state)
{
    struct place *place = ((struct fixture *)*state)->place;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, place), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(atomic_load(&most_inside), 1, MOST);
    assert_int_equal(atomic_load(&place->inflight), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_always_leads_to_the_same_place),
        TEST(there_are_as_many_names_as_places_and_no_more),
        TEST(all_places_are_taken_and_one_that_is_given_back_is_taken_again),
        TEST(who_comes_later_does_not_overtake_who_waits),
        TEST(it_is_the_turn_of_the_worker_whose_first_one_waits_longest),
        TEST(who_leaves_is_forgotten_wherever_he_stands),
        TEST(a_line_has_an_end),
        TEST(threads_together_never_have_more_places_than_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
