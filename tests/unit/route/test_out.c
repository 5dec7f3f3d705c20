/* test_out.c - who is out for a while stands behind, and what is said of it. */
#include "world.h"

#define AUTO WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny], objective: balanced}\n"

static void set_out(struct world *world, const char *name, int64_t out_ms)
{
    world_figures(world, name)->health =
        (struct health){ .state = HEALTH_COOLING, .out_ms = out_ms, .why = FAIL_PROVIDER_ERROR };
}

static void who_is_out_stands_behind_who_is_well_and_is_not_ruled_out(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    assert_string_equal(world_order(&world), "tiny mid big");
    set_out(&world, "tiny", 1500);
    assert_string_equal(world_order(&world), "mid big tiny");
    const struct candidate *out = world_candidate(&world, "tiny");
    assert_int_equal(out->ruled_out, RULED_OUT_NOT);
    assert_int_equal(out->health.out_ms, 1500);
    world_free(&world);
}

static void who_may_be_probed_keeps_the_place_that_is_its_due(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    world_figures(&world, "tiny")->health.state = HEALTH_DUE;
    assert_string_equal(world_order(&world), "tiny mid big");
    world_figures(&world, "tiny")->health.state = HEALTH_PROBED;
    assert_string_equal(world_order(&world), "mid big tiny");
    world_free(&world);
}

static void when_all_are_out_the_one_that_recovers_first_is_asked(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    set_out(&world, "big", 300);
    set_out(&world, "mid", 200);
    set_out(&world, "tiny", 900);
    assert_string_equal(world_order(&world), "mid big tiny");
    assert_int_equal(world.decision.fail, FAIL_NONE);
    world_free(&world);
}

static void a_fallback_that_is_well_goes_before_a_first_choice_that_is_out(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [mid]}\n");
    world.request.fallbacks = (struct chat_names){ (struct text[]){ TEXT("big") }, 1 };
    assert_string_equal(world_order(&world), "mid big");
    set_out(&world, "mid", 900);
    assert_string_equal(world_order(&world), "big mid");
    world_free(&world);
}

static void who_is_out_sets_no_quality_that_others_have_to_reach(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny], "
                                    "objective: {quality_target: 95%}}\n");
    assert_string_equal(world_order(&world), "big");
    set_out(&world, "big", 900);
    assert_string_equal(world_order(&world), "mid big");
    world_free(&world);
}

static void a_split_and_an_exploration_choose_nobody_who_is_out(void **state)
{
    (void)state;
    struct world world;
    world_init(&world,
               WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny], explore: 100%,\n"
                            "    rules: [{name: half, split: {tiny: 100%}}]}\n");
    assert_string_equal(world_decide(&world)->split, "half");
    assert_string_equal(world.decision.candidates[0].model->object.name, "tiny");
    set_out(&world, "tiny", 900);
    world.question.may_explore = true;
    assert_null(world_decide(&world)->split);
    assert_string_not_equal(world.decision.candidates[0].model->object.name, "tiny");
    assert_string_equal(world.decision.candidates[2].model->object.name, "tiny");
    world_free(&world);
}

static void the_table_for_people_says_who_is_out_and_why(void **state)
{
    (void)state;
    struct world world;
    struct buffer out;
    world_init(&world, AUTO);
    set_out(&world, "tiny", 1500);
    world_figures(&world, "mid")->health =
        (struct health){ .state = HEALTH_RECOVERING, .share = 0.25 };
    buffer_init(&out, 100000);
    decision_print(world_decide(&world), &out);
    buffer_append(&out, "", 1);
    assert_non_null(strstr(out.data, "    cooling for another 1.5 s: provider_error\n"));
    assert_non_null(strstr(out.data, "    recovering: 25% of the requests are let through\n"));
    buffer_clear(&out);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_out_stands_behind_who_is_well_and_is_not_ruled_out),
        cmocka_unit_test(who_may_be_probed_keeps_the_place_that_is_its_due),
        cmocka_unit_test(when_all_are_out_the_one_that_recovers_first_is_asked),
        cmocka_unit_test(a_fallback_that_is_well_goes_before_a_first_choice_that_is_out),
        cmocka_unit_test(who_is_out_sets_no_quality_that_others_have_to_reach),
        cmocka_unit_test(a_split_and_an_exploration_choose_nobody_who_is_out),
        cmocka_unit_test(the_table_for_people_says_who_is_out_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
