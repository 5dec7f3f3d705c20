/* test_sessions.c - a session is found by who noted it, until it is forgotten or displaced. */
#include "state/sessions.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

struct scene {
    struct live *live;
    struct live_model *one, *two;
    struct sessions *sessions;
};

static struct scene set_up(void)
{
    struct live *live = live_new();
    return (struct scene){ live, live_slot(live, "one", "p"), live_slot(live, "two", "p"),
                           sessions_new() };
}

static void tear_down(struct scene *scene)
{
    sessions_free(scene->sessions);
    live_free(scene->live);
}

static bool finds(const struct scene *scene, uint64_t key, int64_t now_ms,
                  struct session_trace *ret_trace)
{
    return sessions_find(scene->sessions, scene->live, key, now_ms, ret_trace);
}

static void a_session_is_found_with_its_model_its_tokens_and_its_age(void **state)
{
    (void)state;
    struct scene scene = set_up();
    struct session_trace trace;
    uint64_t key = sessions_key(scene.sessions, "team", text_of("s-1"));
    assert_false(finds(&scene, key, 1000, &trace));
    sessions_note(scene.sessions, key, scene.two, 4000, 5000);
    assert_true(finds(&scene, key, 65000, &trace));
    assert_ptr_equal(trace.slot, scene.two);
    assert_int_equal(trace.tokens, 4000);
    assert_int_equal(trace.age_ms, 60000);
    sessions_note(scene.sessions, key, scene.one, 99000000, 65000);
    assert_true(finds(&scene, key, 65000, &trace));
    assert_ptr_equal(trace.slot, scene.one);
    assert_in_range(trace.tokens, 16000000, 99000000);
    tear_down(&scene);
}

static void callers_do_not_share_sessions_and_no_session_is_none(void **state)
{
    (void)state;
    struct scene scene = set_up();
    struct session_trace trace;
    struct text name = text_of("s-1"), none = { NULL, 0 };
    sessions_note(scene.sessions, sessions_key(scene.sessions, "team", name), scene.one, 10, 0);
    assert_false(finds(&scene, sessions_key(scene.sessions, "other", name), 0, &trace));
    assert_false(finds(&scene, sessions_key(scene.sessions, NULL, name), 0, &trace));
    assert_false(finds(&scene, sessions_key(scene.sessions, "team", text_of("s-2")), 0, &trace));
    assert_int_equal(sessions_key(scene.sessions, "team", none), 0);
    sessions_note(scene.sessions, 0, scene.one, 10, 0);
    assert_false(finds(&scene, 0, 0, &trace));
    tear_down(&scene);
}

static void a_model_that_fails_loses_its_sessions_and_no_others(void **state)
{
    (void)state;
    struct scene scene = set_up();
    struct session_trace trace;
    uint64_t key = sessions_key(scene.sessions, NULL, text_of("s"));
    sessions_note(scene.sessions, key, scene.one, 10, 0);
    sessions_forget(scene.sessions, key, scene.two);
    assert_true(finds(&scene, key, 0, &trace));
    sessions_forget(scene.sessions, key, scene.one);
    assert_false(finds(&scene, key, 0, &trace));
    tear_down(&scene);
}

#define MANY 300000

static uint64_t key_of(const struct scene *scene, int number)
{
    char name[32];
    snprintf(name, sizeof(name), "session %d", number);
    return sessions_key(scene->sessions, NULL, text_of(name));
}

static void more_sessions_than_there_is_room_for_displace_the_oldest(void **state)
{
    (void)state;
    struct scene scene = set_up();
    struct session_trace trace;
    int old = 0, recent = 0;
    for (int i = 0; i < MANY; i++)
        sessions_note(scene.sessions, key_of(&scene, i), scene.one, 100, (int64_t)i * 1000);
    for (int i = 0; i < 10000; i++) {
        old += finds(&scene, key_of(&scene, i), 0, &trace);
        recent += finds(&scene, key_of(&scene, MANY - 1 - i), 0, &trace);
    }
    assert_in_range(old, 0, 100);
    assert_in_range(recent, 9500, 10000);
    tear_down(&scene);
}

static void *write_always(void *context)
{
    struct scene *scene = context;
    for (int i = 0; i < 200000; i++)
        sessions_note(scene->sessions, key_of(scene, i % 8), i % 2 ? scene->one : scene->two,
                      i % 2 ? 1600 : 3200, 1000);
    return NULL;
}

/* One always writes 1,600 tokens and the other 3,200: no mixture may be seen. */
static void what_is_read_while_others_write_is_never_half_of_two(void **state)
{
    (void)state;
    struct scene scene = set_up();
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_always, &scene), 0);
    int found = 0;
    for (int i = 0; i < 200000; i++) {
        struct session_trace trace;
        if (!finds(&scene, key_of(&scene, i % 8), 1000, &trace))
            continue;
        found++;
        assert_int_equal(trace.tokens, trace.slot == scene.one ? 1600 : 3200);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(found > 0);
    tear_down(&scene);
}

static void every_session_can_be_taken_over_by_another_table(void **state)
{
    (void)state;
    struct scene scene = set_up(), heir = set_up();
    struct session_trace trace;
    for (int i = 0; i < 1000; i++)
        sessions_note(scene.sessions, key_of(&scene, i), scene.two, 32, 5000);
    sessions_take_seed(heir.sessions, sessions_seed(scene.sessions));
    for (size_t place = 0; place < SESSIONS_MAX; place++) {
        uint64_t key = sessions_at(scene.sessions, scene.live, place, 5000, &trace);
        if (key)
            sessions_note(heir.sessions, key, heir.two, trace.tokens, 5000);
    }
    for (int i = 0; i < 1000; i++)
        assert_true(finds(&heir, key_of(&heir, i), 5000, &trace) && trace.tokens == 32);
    tear_down(&scene);
    tear_down(&heir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_found_with_its_model_its_tokens_and_its_age),
        cmocka_unit_test(callers_do_not_share_sessions_and_no_session_is_none),
        cmocka_unit_test(a_model_that_fails_loses_its_sessions_and_no_others),
        cmocka_unit_test(more_sessions_than_there_is_room_for_displace_the_oldest),
        cmocka_unit_test(what_is_read_while_others_write_is_never_half_of_two),
        cmocka_unit_test(every_session_can_be_taken_over_by_another_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
