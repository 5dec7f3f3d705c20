/* test_policy.c - what a policy's YAML may say, what is wrong with it, and which route a name
 * means. */
#include "world.h"

#define ROUTES WORLD_MODELS "routes:\n"

struct problem_row {
    const char *yaml;
    const char *told; /* part of what is printed; NULL: nothing may be said */
};

static void told(const struct problem_row *rows, size_t count, bool errors)
{
    for (size_t i = 0; i < count; i++) {
        struct world world;
        world_load(&world, rows[i].yaml, NULL);
        const char *printed = world_problems(&world);
        if (rows[i].told && !strstr(printed, rows[i].told))
            fail_msg("\"%s\" is not said:\n%s\n%s", rows[i].told, printed, rows[i].yaml);
        if (!rows[i].told && *printed)
            fail_msg("said of what is fine:\n%s", printed);
        assert_int_equal(world.problems.errors > 0, errors && rows[i].told);
        world_free(&world);
    }
}

static void errors_are_told_with_the_nearest_word(void **state)
{
    (void)state;
    static const struct problem_row rows[] = {
        { ROUTES "  a: {candidates: [big, mdi]}\n", "there is no model \"mdi\" (did you mean" },
        { ROUTES "  a: {candidates: [big, big]}\n", "named twice" },
        { ROUTES "  a: {objective: best}\n", "no candidates" },
        { ROUTES "  a: {candidates: [big, mid], objective: bset}\n", "did you mean" },
        { ROUTES "  a: {candidates: [big, mid], objective: {second_cost: 1}}\n",
          "either answer_value or quality_target" },
        { ROUTES "  a: {candidates: [big, mid], objective: {answer_valu: 1}}\n", "answer_valu" },
        { ROUTES "  a: {candidates: [big, mid], predictor: oracle}\n",
          "expected builtin, off or a file of `bourse train`, but oracle: it cannot be read" },
        { ROUTES "  a: {extends: b, candidates: [big, mid]}\n  bb: {candidates: [big, mid]}\n",
          "there is no route \"b\"" },
        { ROUTES "  a: {extends: b}\n  b: {extends: a}\n", "circle" },
        { ROUTES "  a: {extends: a}\n", "circle" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{only: [bgi]}]}\n",
          "there is no model \"bgi\"" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{split: {big: 60%, mid: 50%}}]}\n",
          "more than everything" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {text: invoice}, only: [big]}]}\n",
          "expected a /regular expression/" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {text: '/(/'}, only: [big]}]}\n",
          "not a regular expression" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {tokens_in: many}, only: [big]}]}\n",
          "expected a comparison" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {tokens_in: 9-1}, only: [big]}]}\n",
          "expected a comparison" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {hour: 25}, only: [big]}]}\n",
          "expected hours" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {task: codng}, only: [big]}]}\n",
          "did you mean" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {tsak: coding}, only: [big]}]}\n",
          "tsak" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {not: [x]}, only: [big]}]}\n",
          "expected a mapping of conditions" },
        { ROUTES "  a: {candidates: [big, mid], attempts: 0}\n", "attempts" },
    };
    told(rows, sizeof rows / sizeof rows[0], true);
}

static void what_is_hardly_meant_so_is_warned_of(void **state)
{
    (void)state;
    static const struct problem_row rows[] = {
        { ROUTES "  a: {candidates: [big, mid]}\n", NULL },
        { ROUTES "  a: {candidates: [big]}\n", "one candidate" },
        { ROUTES "  a: {candidates: [big, mid], hedge: on}\n", NULL },
        { ROUTES "  a: {candidates: [big, mid], attempts: 1}\n", NULL },
        { ROUTES "  a: {candidates: [big, mid], hedge: on, attempts: 1}\n", "allows one only" },
        { ROUTES "  a: {candidates: [big, mid], hedge: on, hedge_share: 0%}\n", "hardly anybody" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{only: [tiny]}]}\n",
          "names no candidate of the route" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{exclude: [big, mid]}]}\n",
          "leaves no candidate" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{prefer: {tiny: 0.1}}]}\n",
          "no candidate of the route" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{only: big, stop: true}, {only: mid}]}\n",
          "\"rule 2\" can never match" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {task: math}}]}\n", "does nothing" },
        { ROUTES
          "  a: {candidates: [big, mid], rules: [{when: {tokens_in: '> 200000'}, only: [big]}]}\n",
          "can never matter" },
        { ROUTES "  a: {candidates: [big, mid], rules: [{when: {tokens_in: '> 100', all: "
                 "[{tokens_in: '< 50'}]}, only: [big]}]}\n",
          "exclude each other" },
    };
    told(rows, sizeof rows / sizeof rows[0], false);
}

static void a_route_takes_what_it_does_not_say_from_the_one_it_extends(void **state)
{
    (void)state;
    struct world world;
    world_load(
        &world,
        ROUTES
        "  c: {extends: b, candidates: [tiny, mid]}\n"
        "  b: {extends: a, objective: best}\n"
        "  a: {candidates: [big, mid], attempts: 7, objective: cheapest, max_wait: 9s, max_inflight: 3, hedge: on,\n"
        "      constraints: {max_cost: 0.5}, rules: [{exclude: mid}]}\n",
        NULL);
    assert_string_equal(world_problems(&world), "");
    const struct route *c = map_find(&world.policy.routes_by_name, text_of("c"));
    assert_string_equal(c->objective.name, "best");
    assert_int_equal(c->attempts, 7);
    assert_int_equal(c->max_wait_ms, 9000);
    assert_int_equal(c->max_inflight, 3);
    assert_int_equal(c->hedge, HEDGE_ON);
    assert_int_equal(c->rule_count, 1);
    assert_true(c->constraints.max_cost == 0.5);
    assert_true(c->constraints.min_quality == -1);
    assert_int_equal(c->candidate_count, 2);
    assert_string_equal(c->candidates[0]->object.name, "tiny");
    world_free(&world);
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    struct world world;
    world_load(&world, ROUTES "  a: {candidates: [big, mid]}\n", NULL);
    const struct route *a = map_find(&world.policy.routes_by_name, text_of("a"));
    assert_string_equal(a->objective.name, "balanced");
    assert_int_equal(a->attempts, 4);
    assert_int_equal(a->max_wait_ms, 5000);
    assert_int_equal(a->max_inflight, 0);
    assert_int_equal(a->hedge, HEDGE_OFF);
    assert_float_equal(a->hedge_share, 0.1, 1e-9);
    assert_int_equal(a->keep_alive_comments_ms, 15000);
    assert_int_equal(a->stream_failover, FAILOVER_CONTINUE);
    assert_int_equal(a->sticky, STICKY_SESSION);
    assert_true(a->constraints.max_cost == -1);
    assert_true(a->constraints.max_first_token_ms == -1);
    world_free(&world);
}

struct name_row {
    const char *asked, *route, *preset;
};

static void a_name_leads_to_a_route_a_model_or_the_default(void **state)
{
    (void)state;
    static const struct name_row rows[] = {
        { "auto", "auto", NULL },
        { "auto:floor", "auto", "cheapest" },
        { "auto:nitro", "auto", "fastest" },
        { "big", "big", NULL },
        { "big:floor", "big", "cheapest" },
        { "north/big", "big", NULL },
        { "south/mid:nitro", "mid", "fastest" },
        { "tiny", "tiny", NULL },
        { "nobody", "auto", NULL },
    };
    struct world world;
    world_load(&world,
               ROUTES "  auto: {candidates: [big, mid]}\n  tiny: {candidates: [mid, big]}\n",
               "auto");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct objective *preset;
        const struct route *route =
            policy_find(&world.policy, &world.catalog, text_of(rows[i].asked), &preset);
        assert_non_null(route);
        assert_string_equal(route->object.name, rows[i].route);
        if (rows[i].preset)
            assert_string_equal(preset->name, rows[i].preset);
        else
            assert_null(preset);
    }
    world_free(&world);
}

static void a_route_named_like_a_model_wins(void **state)
{
    (void)state;
    struct world world;
    world_load(&world, ROUTES "  tiny: {candidates: [mid, big]}\n", NULL);
    const struct objective *preset;
    const struct route *route =
        policy_find(&world.policy, &world.catalog, text_of("tiny"), &preset);
    assert_int_equal(route->candidate_count, 2);
    assert_null(policy_find(&world.policy, &world.catalog, text_of("nobody"), &preset));
    assert_null(policy_find(&world.policy, &world.catalog, text_of(":floor"), &preset));
    world_free(&world);
}

static void a_default_route_must_exist(void **state)
{
    (void)state;
    struct world world;
    world_load(&world, ROUTES "  auto: {candidates: [mid, big]}\n", "atuo");
    assert_non_null(strstr(world_problems(&world), "default_route"));
    assert_non_null(strstr(world_problems(&world), "did you mean \"auto\""));
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_told_with_the_nearest_word),
        cmocka_unit_test(what_is_hardly_meant_so_is_warned_of),
        cmocka_unit_test(a_route_takes_what_it_does_not_say_from_the_one_it_extends),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(a_name_leads_to_a_route_a_model_or_the_default),
        cmocka_unit_test(a_route_named_like_a_model_wins),
        cmocka_unit_test(a_default_route_must_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
