/* test_router.c - the decision: its formula, its order, and who is ruled out. */
#include <math.h>

#include "world.h"

#define ROUTE "routes:\n  auto: {candidates: [big, mid, tiny], objective: "
#define AUTO  WORLD_MODELS ROUTE "balanced}\n"

static void assert_near(double found, double expected)
{
    if (fabs(found - expected) > 1e-9 + fabs(expected) * 1e-9)
        fail_msg("%.12g instead of %.12g", found, expected);
}

static void every_term_of_the_value_is_as_by_hand(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    world_decide(&world);
    const struct candidate *mid = world_candidate(&world, "mid");
    /* 1,000 tokens in, 150 out for chat; 400 ms and 80 tokens a second; Beta(19, 1). */
    double cost = 1000 * 2e-6 + 150 * 8e-6, seconds = 0.4 + 150 / 80.0;
    double value = 0.95 * 0.02 * 0.7 - cost - 0.0005 * seconds;
    value -= 0.05 / 0.95 * (cost + 0.0005 * 0.4);
    assert_near(mid->quality, 0.7);
    assert_near(mid->cost, cost);
    assert_near(mid->seconds, seconds);
    assert_near(mid->success_rate, 0.95);
    assert_near(mid->value, value);
    assert_int_equal(mid->quality_source, SOURCE_YAML);
    assert_int_equal(mid->latency_source, SOURCE_YAML);
    assert_int_equal(mid->price_source, SOURCE_YAML);
    world_free(&world);
}

static void quality_is_the_profile_weighted_by_the_chances_of_tasks(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    struct model *big =
        &world.catalog.models[catalog_find_model(&world.catalog, text_of("big"))->index];
    big->quality[TASK_MATH] = 0.5;
    world.features.task_probability[TASK_CHAT] = 0.25f;
    world.features.task_probability[TASK_MATH] = 0.75f;
    world_decide(&world);
    assert_near(world_candidate(&world, "big")->quality, 0.25 * 0.9 + 0.75 * 0.5);
    world_free(&world);
}

static void without_samples_the_prior_speaks_and_few_samples_move_it_little(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    struct figures *figures = world_figures(&world, "tiny");
    static const struct {
        double count, expected;
        enum term_source source;
    } rows[] = {
        { 0, 100, SOURCE_YAML },
        { 5, (100 * 5 + 900 * 5) / 10.0, SOURCE_BLENDED },
        { 95, (100 * 5 + 900 * 95) / 100.0, SOURCE_MEASURED },
    };
    figures->first_token_ms = 900;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        figures->first_token_count = rows[i].count;
        world_decide(&world);
        const struct candidate *tiny = world_candidate(&world, "tiny");
        assert_near(tiny->first_token_ms, rows[i].expected);
        assert_int_equal(tiny->latency_source, rows[i].source);
        assert_near(tiny->tokens_per_second, 200);
    }
    world_free(&world);
}

static void a_quality_that_equals_its_limit_reaches_it(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS ROUTE "cheapest, constraints: {min_quality: 0.7}}\n");
    for (int task = 0; task < TASK_COUNT; task++)
        world.features.task_probability[task] = 1.0f / TASK_COUNT;
    assert_string_equal(world_order(&world), "mid big");
    world_free(&world);
}

static void a_model_that_fails_falls_behind(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS ROUTE "{answer_value: 1}}\n");
    assert_string_equal(world_order(&world), "big mid tiny");
    world_figures(&world, "big")->failures = 30;
    assert_string_equal(world_order(&world), "mid tiny big");
    world_free(&world);
}

static void presets_choose_as_their_names_say(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *order;
    } rows[] = {
        { WORLD_MODELS ROUTE "best}\n", "big mid tiny" },
        { WORLD_MODELS ROUTE "cheapest}\n", "tiny mid big" },
        { WORLD_MODELS ROUTE "fastest}\n", "tiny mid big" },
        { WORLD_MODELS ROUTE "{answer_value: 10}}\n", "big mid tiny" },
        { WORLD_MODELS ROUTE "{answer_value: 0.001}}\n", "tiny mid big" },
        { WORLD_MODELS ROUTE "{quality_target: 75%}}\n", "mid big" },
        { WORLD_MODELS ROUTE "{quality_target: 100%}}\n", "big" },
        { WORLD_MODELS ROUTE "{quality_target: 10%}}\n", "tiny mid big" },
        { WORLD_MODELS ROUTE "cheapest, constraints: {min_quality: 0.6}}\n", "mid big" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        world_init(&world, rows[i].yaml);
        assert_string_equal(world_order(&world), rows[i].order);
        world_free(&world);
    }
}

static void best_lets_value_decide_between_nearly_equal_qualities(void **state)
{
    (void)state;
    struct world world;
    world_init(
        &world, WORLD_MODELS
        "  twin: {provider: south, price: {input: 1, output: 1}, quality: {default: 0.905}}\n"
        "routes:\n  auto: {candidates: [big, twin], objective: best}\n");
    assert_string_equal(world_order(&world), "twin big");
    world_free(&world);
}

static void another_candidate_never_changes_the_order_of_two(void **state)
{
    (void)state;
    static const char *const objectives[] = { "balanced", "best", "cheapest", "fastest" };
    static const char *const candidates[] = { "big, mid", "tiny, big, mid", "big, tiny, mid" };
    for (size_t i = 0; i < 4; i++) {
        int before = -1;
        for (size_t j = 0; j < 3; j++) {
            struct world world;
            char yaml[4000];
            snprintf(yaml, sizeof yaml, "%sroutes:\n  auto: {candidates: [%s], objective: %s}\n",
                     WORLD_MODELS, candidates[j], objectives[i]);
            world_init(&world, yaml);
            world_decide(&world);
            int big_first = world_candidate(&world, "big") < world_candidate(&world, "mid");
            assert_true(before < 0 || before == big_first);
            before = big_first;
            world_free(&world);
        }
    }
}

static size_t place_of(struct world *world, const char *name)
{
    world_decide(world);
    return (size_t)(world_candidate(world, name) - world->decision.candidates);
}

static void a_higher_price_never_raises_a_rank(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    struct model *mid =
        &world.catalog.models[catalog_find_model(&world.catalog, text_of("mid"))->index];
    size_t before = 0;
    for (double price = 0; price < 200; price += 2.5) {
        mid->price.input = price;
        size_t place = place_of(&world, "mid");
        assert_true(place >= before);
        before = place;
    }
    assert_int_equal(before, 2);
    world_free(&world);
}

static void an_unknown_price_is_never_free(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS
               "  murky: {provider: south, quality: {default: 0.5}}\n"
               "routes:\n  auto: {candidates: [murky, big, mid, tiny], objective: cheapest}\n");
    world_decide(&world);
    const struct candidate *murky = world_candidate(&world, "murky");
    assert_near(murky->cost, world_candidate(&world, "big")->cost);
    assert_int_equal(murky->price_source, SOURCE_ASSUMED);
    world.request.max_cost = 100;
    world_decide(&world);
    assert_int_equal(world_candidate(&world, "murky")->ruled_out, RULED_OUT_UNKNOWN_PRICE);
    world_free(&world);
}

struct out_row {
    const char *what;
    void (*arrange)(struct world *world);
    const char *out;
    enum ruled_out reason;
    const char *order;
};

static void ask_long(struct world *world)
{
    world->features.tokens_in = 6500;
    world->features.tokens_in_safe = 8100;
}

static void ask_long_answer(struct world *world)
{
    world->request.max_output_tokens = 4000;
}

static void ask_room_for_answer(struct world *world)
{
    world->features.tokens_in_safe = 6500;
    world->request.max_output_tokens = 1600;
}

static void ask_vision(struct world *world)
{
    world->request.needs = NEED_VISION | NEED_TOOLS;
}

static void ask_cheap(struct world *world)
{
    world->request.max_cost = 0.005;
}

static void ask_other_provider(struct world *world)
{
    static struct text names[] = { TEXT("NORTH") };
    world->request.wishes.ignore = (struct chat_names){ names, 1 };
}

static void ask_low_price(struct world *world)
{
    world->request.wishes.max_price_out = 8;
}

static void ask_single(struct world *world)
{
    world->request.wishes.has_allow_fallbacks = true;
}

static void who_cannot_or_may_not_is_ruled_out_with_a_reason(void **state)
{
    (void)state;
    static const struct out_row rows[] = {
        { "too long", ask_long, "tiny", RULED_OUT_CONTEXT, "mid big" },
        { "answer too long", ask_long_answer, "tiny", RULED_OUT_MAX_OUTPUT, "mid big" },
        { "no room for the answer", ask_room_for_answer, "tiny", RULED_OUT_CONTEXT, "mid big" },
        { "vision", ask_vision, "mid", RULED_OUT_CAPABILITY, "big" },
        { "max_cost", ask_cheap, "big", RULED_OUT_MAX_COST, "tiny mid" },
        { "ignore", ask_other_provider, "big", RULED_OUT_WISH, "tiny mid" },
        { "max_price", ask_low_price, "big", RULED_OUT_WISH, "tiny mid" },
        { "allow_fallbacks: false", ask_single, "mid", RULED_OUT_WISH, "tiny" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        world_init(&world, AUTO);
        rows[i].arrange(&world);
        const char *order = world_order(&world);
        if (strcmp(order, rows[i].order))
            fail_msg("%s: %s instead of %s", rows[i].what, order, rows[i].order);
        const struct candidate *out = world_candidate(&world, rows[i].out);
        assert_int_equal(out->ruled_out, rows[i].reason);
        assert_non_null(out->detail);
        assert_int_equal(world.decision.count, 3);
        world_free(&world);
    }
}

static void unknown_capabilities_and_windows_rule_nobody_out(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "  plain: {provider: south, price: {input: 1, output: 1}}\n"
                                    "routes:\n  auto: {candidates: [plain]}\n");
    world.request.needs = NEED_VISION | NEED_AUDIO;
    world.features.tokens_in_safe = 10000000;
    assert_string_equal(world_order(&world), "plain");
    world_free(&world);
}

static void a_provider_whose_key_is_missing_is_ruled_out_where_keys_are_required(void **state)
{
    (void)state;
    struct world world;
    world_init(&world,
               "providers:\n"
               "  far: {base_url: 'http://127.0.0.1:1/v1', api_key: 'env:BOURSE_NOT_SET_9'}\n"
               "models:\n  m: {provider: far, price: {input: 1, output: 1}}\n"
               "routes:\n  auto: {candidates: [m]}\n");
    assert_string_equal(world_order(&world), "m");
    world.question.keys_required = true;
    assert_string_equal(world_order(&world), "");
    assert_int_equal(world_candidate(&world, "m")->ruled_out, RULED_OUT_NO_KEY);
    world_free(&world);
}

static void an_empty_shortlist_says_why(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    world.features.tokens_in_safe = 500000;
    world_decide(&world);
    assert_int_equal(world.decision.fail, FAIL_CONTEXT_LENGTH);
    assert_non_null(strstr(world.decision.message, "maximum context length"));
    assert_non_null(strstr(world.decision.message, "128,000"));
    world.request.needs = NEED_AUDIO;
    world.features.tokens_in_safe = 20000;
    world_decide(&world);
    assert_int_equal(world.decision.fail, FAIL_NO_CANDIDATE);
    assert_non_null(strstr(world.decision.message, "big: cannot do: audio"));
    world_free(&world);
}

static void the_same_question_has_the_same_answer(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    world_decide(&world);
    struct decision first = world.decision;
    world_decide(&world);
    assert_int_equal(first.count, world.decision.count);
    assert_memory_equal(first.candidates, world.decision.candidates,
                        first.count * sizeof *first.candidates);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_term_of_the_value_is_as_by_hand),
        cmocka_unit_test(quality_is_the_profile_weighted_by_the_chances_of_tasks),
        cmocka_unit_test(without_samples_the_prior_speaks_and_few_samples_move_it_little),
        cmocka_unit_test(a_quality_that_equals_its_limit_reaches_it),
        cmocka_unit_test(a_model_that_fails_falls_behind),
        cmocka_unit_test(presets_choose_as_their_names_say),
        cmocka_unit_test(best_lets_value_decide_between_nearly_equal_qualities),
        cmocka_unit_test(another_candidate_never_changes_the_order_of_two),
        cmocka_unit_test(a_higher_price_never_raises_a_rank),
        cmocka_unit_test(an_unknown_price_is_never_free),
        cmocka_unit_test(who_cannot_or_may_not_is_ruled_out_with_a_reason),
        cmocka_unit_test(unknown_capabilities_and_windows_rule_nobody_out),
        cmocka_unit_test(a_provider_whose_key_is_missing_is_ruled_out_where_keys_are_required),
        cmocka_unit_test(an_empty_shortlist_says_why),
        cmocka_unit_test(the_same_question_has_the_same_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
