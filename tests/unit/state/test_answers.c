/* test_answers.c - an answer can be rated once, by who asked for it, while it is among the last. */
#include "state/answers.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

struct scene {
    struct live *live;
    struct live_model *slot;
    struct answers *answers;
    struct rated rated;
};

static struct scene set_up(void)
{
    struct live *live = live_new();
    live_slot(live, "first", "p");
    return (struct scene){ live, live_slot(live, "m", "p"), answers_new(), { NULL, 0 } };
}

static void tear_down(struct scene *scene)
{
    answers_free(scene->answers);
    live_free(scene->live);
}

static void keep(struct scene *scene, const char *decision, const char *request, const char *caller)
{
    const struct answer answer = { decision, request, caller, scene->slot, TASK_MATH };
    answers_keep(scene->answers, &answer);
}

static enum rating rate(struct scene *scene, const char *id, const char *caller)
{
    return answers_rate(scene->answers, scene->live, text_of(id), caller, &scene->rated);
}

static void an_answer_is_rated_once_by_either_of_its_ids(void **state)
{
    (void)state;
    struct scene scene = set_up();
    keep(&scene, "dec_1", "req_1", "team");
    keep(&scene, "dec_2", "req_2", NULL);
    assert_int_equal(rate(&scene, "dec_1", "team"), RATING_TAKEN);
    assert_ptr_equal(scene.rated.slot, scene.slot);
    assert_int_equal(scene.rated.task, TASK_MATH);
    assert_int_equal(rate(&scene, "dec_1", "team"), RATING_AGAIN);
    assert_int_equal(rate(&scene, "req_1", "team"), RATING_AGAIN);
    assert_int_equal(rate(&scene, "req_2", NULL), RATING_TAKEN);
    tear_down(&scene);
}

static void what_others_asked_for_is_unknown_and_stays_unrated(void **state)
{
    (void)state;
    struct scene scene = set_up();
    assert_int_equal(rate(&scene, "dec_1", "team"), RATING_UNKNOWN);
    assert_int_equal(rate(&scene, "", NULL), RATING_UNKNOWN);
    keep(&scene, "dec_1", "req_1", "team");
    assert_int_equal(rate(&scene, "dec_1", "other"), RATING_UNKNOWN);
    assert_int_equal(rate(&scene, "dec_1", NULL), RATING_UNKNOWN);
    assert_int_equal(rate(&scene, "dec_", "team"), RATING_UNKNOWN);
    assert_int_equal(rate(&scene, "dec_1", "team"), RATING_TAKEN);
    tear_down(&scene);
}

static void keep_number(struct scene *scene, int number)
{
    char decision[32], request[32];
    snprintf(decision, sizeof(decision), "dec_%d", number);
    snprintf(request, sizeof(request), "req_%d", number);
    keep(scene, decision, request, "team");
}

static void only_the_last_answers_are_known(void **state)
{
    (void)state;
    struct scene scene = set_up();
    for (int i = 0; i <= ANSWERS_MAX; i++)
        keep_number(&scene, i);
    assert_int_equal(rate(&scene, "dec_0", "team"), RATING_UNKNOWN);
    assert_int_equal(rate(&scene, "dec_1", "team"), RATING_TAKEN);
    assert_int_equal(rate(&scene, "dec_16384", "team"), RATING_TAKEN);
    tear_down(&scene);
}

struct racing {
    struct scene *scene;
    int taken;
};

static void *rate_all(void *context)
{
    struct racing *racing = context;
    for (int i = 0; i < 200; i++) {
        char id[32];
        struct rated rated;
        snprintf(id, sizeof(id), "dec_%d", i);
        racing->taken += answers_rate(racing->scene->answers, racing->scene->live, text_of(id),
                                      "team", &rated) == RATING_TAKEN;
    }
    return NULL;
}

static void *keep_more(void *context)
{
    struct racing *racing = context;
    for (int i = 1000; i < 9000; i++)
        keep_number(racing->scene, i);
    return NULL;
}

static void of_two_who_rate_at_the_same_time_one_is_heard(void **state)
{
    (void)state;
    struct scene scene = set_up();
    for (int i = 0; i < 200; i++)
        keep_number(&scene, i);
    struct racing racing[3] = { { &scene, 0 }, { &scene, 0 }, { &scene, 0 } };
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i ? rate_all : keep_more, &racing[i]),
                         0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(racing[1].taken + racing[2].taken, 200);
    tear_down(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_rated_once_by_either_of_its_ids),
        cmocka_unit_test(what_others_asked_for_is_unknown_and_stays_unrated),
        cmocka_unit_test(only_the_last_answers_are_known),
        cmocka_unit_test(of_two_who_rate_at_the_same_time_one_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
