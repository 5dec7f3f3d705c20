/* test_explore.c - who is tried although somebody else is better, how often, and who never. */
#include "world.h"

#define ROUTE "routes:\n  auto: {candidates: [big, mid, tiny], objective: {answer_value: 0.1}, "

static void init(struct world *world, const char *rest)
{
    char yaml[4000];
    snprintf(yaml, sizeof yaml, "%s" ROUTE "%s}\n", WORLD_MODELS, rest);
    world_init(world, yaml);
    world->question.may_explore = true;
}

/* Of 10,000 requests, those that were explored, and where to. */
static int explored(struct world *world, const char *name)
{
    int count = 0;
    for (uint64_t dice = 1; dice <= 10000; dice++) {
        world->question.dice = dice;
        world_decide(world);
        count += world->decision.explored &&
                 strcmp(world->decision.candidates[0].model->object.name, name) == 0;
    }
    return count;
}

static void a_share_of_the_requests_goes_to_who_is_known_least(void **state)
{
    (void)state;
    struct world world;
    init(&world, "explore: 2%, explore_max_cost: 1");
    world_decide(&world);
    assert_string_equal(world.decision.candidates[0].model->object.name, "big");
    world_figures(&world, "big")->successes = 90;
    world_figures(&world, "tiny")->successes = 50;
    assert_in_range(explored(&world, "mid"), 150, 250);
    assert_int_equal(explored(&world, "tiny"), 0);
    world_figures(&world, "mid")->successes = 60;
    assert_in_range(explored(&world, "tiny"), 150, 250);
    /* Failures are knowledge as well: who always fails is not tried for ever. */
    world_figures(&world, "tiny")->failures = 50;
    assert_in_range(explored(&world, "mid"), 150, 250);
    world_free(&world);
}

static void the_others_stay_in_their_order_behind_the_explored_one(void **state)
{
    (void)state;
    struct world world;
    init(&world, "explore: 100%, explore_max_cost: 1");
    assert_string_equal(world_order(&world), "big mid tiny");
    assert_false(world.decision.explored); /* all are known equally little: the best is as good */
    world_figures(&world, "big")->token_ratio_count = 3;
    world_figures(&world, "mid")->token_ratio_count = 2;
    assert_string_equal(world_order(&world), "tiny big mid");
    assert_true(world.decision.explored);
    router_flips(&world.decision);
    assert_int_equal(world.decision.flip_count, 0);
    world_free(&world);
}

static void off_where_nothing_is_said(void **state)
{
    (void)state;
    struct world world;
    init(&world, "attempts: 2");
    world_figures(&world, "big")->successes = 90;
    assert_int_equal(explored(&world, "mid") + explored(&world, "tiny"), 0);
    world_free(&world);
}

static void nobody_is_explored_who_costs_more_than_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        bool big;
    } rows[] = {
        { "explore: 100%, objective: cheapest", false }, /* a hundred times the best */
        { "explore: 100%, objective: cheapest, explore_max_cost: 0.015", false },
        { "explore: 100%, objective: cheapest, explore_max_cost: 0.017", true },
        { "explore: 100%, objective: cheapest, explore_max_cost: 0", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        char yaml[4000];
        snprintf(yaml, sizeof yaml, "%sroutes:\n  auto: {candidates: [big, tiny], %s}\n",
                 WORLD_MODELS, rows[i].rest);
        world_init(&world, yaml);
        world.question.may_explore = true;
        world_figures(&world, "tiny")->successes = 90;
        world_decide(&world);
        /* 1,000 tokens in at 10 and 150 out at 40: $0.016 */
        if (world.decision.explored != rows[i].big)
            fail_msg("%s: explored is %d", rows[i].rest, world.decision.explored);
        world_free(&world);
    }
}

static void an_unknown_price_is_no_low_price(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS
               "  murky: {provider: south, quality: {default: 0.5}}\n"
               "routes:\n  auto: {candidates: [big, murky], explore: 100%, explore_max_cost: 9}\n");
    world.question.may_explore = true;
    world_figures(&world, "big")->successes = 90;
    world_decide(&world);
    assert_false(world.decision.explored);
    world_free(&world);
}

struct bound_row {
    const char *what, *rest;
    void (*arrange)(struct world *world);
};

static void dry_run(struct world *world)
{
    world->question.may_explore = false;
}

static void embeddings(struct world *world)
{
    world->request.endpoint = ENDPOINT_EMBEDDINGS;
}

static void alone_among_fallbacks(struct world *world)
{
    static struct text names[] = { TEXT("mid") };
    world->question.route = &world->policy.model_routes[0];
    world->request.fallbacks = (struct chat_names){ names, 1 };
}

static void nobody_is_explored_where_somebody_else_has_decided(void **state)
{
    (void)state;
    static const struct bound_row rows[] = {
        { "only", "rules: [{only: [big, mid]}]", NULL },
        { "split", "rules: [{split: {big: 100%}}]", NULL },
        { "dry run", "attempts: 2", dry_run },
        { "embeddings", "attempts: 2", embeddings },
        { "the request's order", "attempts: 2", alone_among_fallbacks },
        { "excluded", "rules: [{exclude: [mid, tiny]}]", NULL },
        { "denied by its abilities", "constraints: {min_quality: 0.8}", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        char rest[400];
        snprintf(rest, sizeof rest, "explore: 100%%, explore_max_cost: 1, %s", rows[i].rest);
        init(&world, rest);
        world_figures(&world, "big")->successes = 90;
        if (rows[i].arrange)
            rows[i].arrange(&world);
        world_decide(&world);
        if (world.decision.explored)
            fail_msg("%s: explored", rows[i].what);
        world_free(&world);
    }
}

static void a_route_inherits_what_it_does_not_say_of_exploring(void **state)
{
    (void)state;
    struct world world;
    world_init(&world,
               WORLD_MODELS "routes:\n"
                            "  auto: {candidates: [big], explore: 3%, explore_max_cost: 1}\n"
                            "  heir: {extends: auto}\n"
                            "  free: {extends: auto, explore: 0%}\n"
                            "  plain: {candidates: [big]}\n");
    const struct route *heir = map_find(&world.policy.routes_by_name, text_of("heir"));
    const struct route *free = map_find(&world.policy.routes_by_name, text_of("free"));
    const struct route *plain = map_find(&world.policy.routes_by_name, text_of("plain"));
    assert_true(heir->explore == 0.03 && heir->explore_max_cost == 1);
    assert_true(free->explore == 0 && free->explore_max_cost == 1);
    assert_true(plain->explore == 0 && plain->explore_max_cost == -1);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_the_requests_goes_to_who_is_known_least),
        cmocka_unit_test(the_others_stay_in_their_order_behind_the_explored_one),
        cmocka_unit_test(off_where_nothing_is_said),
        cmocka_unit_test(nobody_is_explored_who_costs_more_than_is_allowed),
        cmocka_unit_test(an_unknown_price_is_no_low_price),
        cmocka_unit_test(nobody_is_explored_where_somebody_else_has_decided),
        cmocka_unit_test(a_route_inherits_what_it_does_not_say_of_exploring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
