/* test_wishes.c - what a request itself may ask of the router. */
#include "world.h"

#define AUTO WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny], objective: balanced}\n"

static void the_models_of_the_body_are_tried_exactly_in_their_order(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    const struct objective *preset;
    world.question.route = policy_find(&world.policy, &world.catalog, text_of("tiny"), &preset);
    world.request.fallbacks =
        (struct chat_names){ (struct text[]){ TEXT("big"), TEXT("nobody"), TEXT("south/mid") }, 3 };
    assert_string_equal(world_order(&world), "tiny big mid");
    world_free(&world);
}

static void the_order_of_providers_comes_before_the_score(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    assert_string_equal(world_order(&world), "tiny mid big");
    world.request.wishes.order = (struct chat_names){ (struct text[]){ TEXT("north") }, 1 };
    assert_string_equal(world_order(&world), "big tiny mid");
    world.request.wishes.has_allow_fallbacks = true;
    assert_string_equal(world_order(&world), "big");
    world_free(&world);
}

static void the_requests_own_numbers_take_the_place_of_the_routes(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    world.request.answer_value = 10;
    assert_string_equal(world_order(&world), "big mid tiny");
    assert_string_equal(world.decision.objective.name, "custom");
    world.request.answer_value = -1;
    world.request.wishes.sort = SORT_PRICE;
    assert_string_equal(world_order(&world), "tiny mid big");
    assert_string_equal(world.decision.objective.name, "cheapest");
    world_free(&world);
}

static void a_request_can_lower_a_limit_but_not_lift_it(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny], "
                                    "constraints: {max_cost: 0.005}}\n");
    world.request.max_cost = 1;
    assert_string_equal(world_order(&world), "tiny mid");
    world.request.max_cost = 0.001;
    assert_string_equal(world_order(&world), "tiny");
    world_free(&world);
}

static void a_suffix_sets_the_objective_for_one_request(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid], objective: best}\n");
    const struct objective **preset = &world.question.preset;
    policy_find(&world.policy, &world.catalog, text_of("auto:floor"), preset);
    assert_string_equal(world_order(&world), "mid big");
    assert_string_equal(world.decision.objective.name, "cheapest");
    *preset = NULL;
    assert_string_equal(world_order(&world), "big mid");
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_models_of_the_body_are_tried_exactly_in_their_order),
        cmocka_unit_test(the_order_of_providers_comes_before_the_score),
        cmocka_unit_test(the_requests_own_numbers_take_the_place_of_the_routes),
        cmocka_unit_test(a_request_can_lower_a_limit_but_not_lift_it),
        cmocka_unit_test(a_suffix_sets_the_objective_for_one_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
