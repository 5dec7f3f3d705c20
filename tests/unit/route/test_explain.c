/* test_explain.c - the explanation, its flips, and copies of decisions. */
#include <math.h>
#include <stdlib.h>

#include "route/explain.h"
#include "world.h"

#define ROUTE "routes:\n  auto: {candidates: [big, mid, tiny], objective: "

static const char *const objectives[] = {
    "balanced",
    "best",
    "cheapest",
    "fastest",
    "{answer_value: 0.05, second_cost: 0.001}",
    "{answer_value: 0.2, second_cost: 0}",
    "{quality_target: 75%}",
    "{quality_target: 50%}",
    "{quality_target: 99%}",
};

static void init_objective(struct world *world, const char *objective)
{
    char yaml[4000];
    snprintf(yaml, sizeof yaml, "%s" ROUTE "%s}\n", WORLD_MODELS, objective);
    world_init(world, yaml);
}

static double *number_of(struct objective *objective, const char *name)
{
    if (strcmp(name, "answer_value") == 0)
        return &objective->answer_value;
    if (strcmp(name, "second_cost") == 0)
        return &objective->second_cost;
    assert_string_equal(name, "quality_target");
    return &objective->quality_target;
}

/* Who is first when the route's own objective has this number instead. */
static const struct model *first_with(struct world *world, const char *name, double number)
{
    struct route route = *world->question.route;
    struct question question = world->question;
    struct decision decision;
    *number_of(&route.objective, name) = number;
    question.route = &route;
    router_decide(&question, &world->arena, &decision);
    return decision.candidates[0].model;
}

static void just_beyond_a_flip_another_is_first_and_just_before_it_not(void **state)
{
    (void)state;
    size_t flips = 0, targets = 0;
    for (size_t i = 0; i < sizeof objectives / sizeof objectives[0]; i++) {
        struct world world;
        init_objective(&world, objectives[i]);
        world_decide(&world);
        const struct model *first = world.decision.candidates[0].model;
        router_flips(&world.decision);
        for (size_t j = 0; j < world.decision.flip_count; j++, flips++) {
            const struct flip *flip = &world.decision.flips[j];
            double step = (flip->to - flip->from) * 1e-6;
            assert_ptr_equal(first_with(&world, flip->number, flip->to - step), first);
            assert_ptr_equal(first_with(&world, flip->number, flip->to + step), flip->model);
            assert_ptr_not_equal(flip->model, first);
            targets += strcmp(flip->number, "quality_target") == 0;
        }
        world_free(&world);
    }
    assert_true(flips >= 8);
    assert_int_equal(targets, 3);
}

static void no_number_between_today_and_the_flip_changes_the_first_place(void **state)
{
    (void)state;
    struct world world;
    init_objective(&world, "{answer_value: 0.05, second_cost: 0.001}");
    world_decide(&world);
    const struct model *first = world.decision.candidates[0].model;
    router_flips(&world.decision);
    assert_true(world.decision.flip_count > 0);
    const struct flip *flip = &world.decision.flips[0];
    double reach = fabs(flip->to - flip->from) * 0.999;
    for (int i = -50; i <= 50; i++) {
        double number = flip->from + reach * i / 50;
        if (number >= 0)
            assert_ptr_equal(first_with(&world, flip->number, number), first);
    }
    world_free(&world);
}

static void dice_and_lonely_candidates_have_no_flip(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS
               "routes:\n  auto: {candidates: [big, mid], rules: [{split: {big: 100%}}]}\n");
    world_decide(&world);
    router_flips(&world.decision);
    assert_int_equal(world.decision.flip_count, 0);
    world.question.route = &world.policy.model_routes[0];
    world_decide(&world);
    router_flips(&world.decision);
    assert_int_equal(world.decision.flip_count, 0);
    world_free(&world);
}

static char *dump(const struct decision *decision)
{
    json_t *document = decision_to_json(decision, "d-1");
    assert_non_null(document);
    char *text = json_dumps(document, JSON_INDENT(1));
    json_decref(document);
    assert_non_null(text);
    return text;
}

/* A decision with something in every member. */
static void arrange(struct world *world)
{
    world_init(world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny], rules: [\n"
                                   "    {name: canary, split: {mid: 100%}},\n"
                                   "    {name: no big, exclude: big}]}\n");
    world->features.code_language = "python";
    world_figures(world, "mid")->first_token_count = 3;
    world_decide(world);
}

static void a_copy_explains_the_same_after_the_original_is_gone(void **state)
{
    (void)state;
    for (int split = 0; split < 2; split++) {
        struct world world;
        if (split)
            arrange(&world);
        else
            init_objective(&world, "{answer_value: 0.05, second_cost: 0.001}");
        world_decide(&world);
        router_flips(&world.decision);
        char *original = dump(&world.decision);
        struct decision *copy = decision_copy(&world.decision);
        memset(world.decision.candidates, 0xee,
               world.decision.count * sizeof *world.decision.candidates);
        world_free(&world);
        char *copied = dump(copy);
        assert_string_equal(original, copied);
        free(original);
        free(copied);
        free(copy);
    }
}

static void the_document_has_every_term_and_every_reason(void **state)
{
    (void)state;
    struct world world;
    arrange(&world);
    json_t *document = decision_to_json(&world.decision, NULL);
    const char *model, *reason, *source;
    double value, quality, cost, seconds;
    json_int_t place;
    json_t *rules = json_object_get(document, "rules");
    assert_int_equal(json_array_size(rules), 2);
    assert_string_equal(json_string_value(json_array_get(rules, 1)), "no big");
    json_t *first = json_array_get(json_object_get(document, "candidates"), 0);
    assert_int_equal(json_unpack(first, "{s:s, s:I, s:F, s:{s:F}, s:{s:F}, s:{s:F, s:s}}", "model",
                                 &model, "place", &place, "value_usd", &value, "quality",
                                 "expected", &quality, "cost", "expected_usd", &cost, "latency",
                                 "expected_seconds", &seconds, "source", &source),
                     0);
    assert_string_equal(model, "mid");
    assert_int_equal(place, 1);
    assert_true(quality == world.decision.candidates[0].quality);
    assert_true(cost == world.decision.candidates[0].cost);
    assert_true(value == world.decision.candidates[0].value);
    assert_string_equal(source, "blended");
    json_t *last = json_array_get(json_object_get(document, "candidates"), 2);
    assert_int_equal(
        json_unpack(last, "{s:s, s:n, s:s}", "model", &model, "place", "ruled_out", &reason), 0);
    assert_string_equal(model, "big");
    assert_string_equal(reason, "rule");
    assert_string_equal(json_string_value(json_object_get(document, "split")), "canary");
    json_decref(document);
    world_free(&world);
}

static void a_refusal_is_explained_as_well(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS
               "routes:\n  auto: {candidates: [big, mid], rules: [{deny: not today}]}\n");
    world_decide(&world);
    router_flips(&world.decision);
    json_t *document = decision_to_json(&world.decision, "d-2");
    const char *reason, *message;
    assert_int_equal(json_unpack(document, "{s:n, s:{s:s, s:s}}", "model", "error", "reason",
                                 &reason, "message", &message),
                     0);
    assert_string_equal(reason, "denied");
    assert_string_equal(message, "not today");
    json_decref(document);
    world_free(&world);
}

static void the_table_names_all_candidates_and_the_flips(void **state)
{
    (void)state;
    struct world world;
    init_objective(&world, "balanced");
    world.request.needs = NEED_TOOLS;
    world_decide(&world);
    router_flips(&world.decision);
    struct buffer out;
    buffer_init(&out, 10000);
    decision_print(&world.decision, &out);
    const char *printed = arena_string_of(&world.arena, buffer_text(&out));
    static const char *const parts[] = { "route auto, objective balanced",
                                         " 1  mid",
                                         " 2  big",
                                         " -  tiny",
                                         "out, capability: cannot do: tools",
                                         "for the answer, less",
                                         " behind: 0.200 more quality, ",
                                         "would put big first" };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!strstr(printed, parts[i]))
            fail_msg("\"%s\" is not in\n%s", parts[i], printed);
    }
    buffer_clear(&out);
    world_free(&world);
}

/* big costs 0.016, mid 0.0032 and tiny 0.00016; all succeed in 95 %, so two are level where
 * 0.95 · answer_value · (difference of quality) = (1 + 0.05 / 0.95) · (difference of cost). */
static void the_closing_sentence_says_what_more_quality_costs_and_when_it_is_worth_it(void **state)
{
    (void)state;
    static const struct {
        const char *objective, *sentence;
    } rows[] = {
        { "{answer_value: 0.05, second_cost: 0}",
          "mid: 0.70 quality for $0.0032; big would add 0.20 quality for $0.013 more, worth it "
          "above an answer value of $0.071\n" },
        { "{answer_value: 0.01, second_cost: 0}",
          "tiny: 0.50 quality for $0.00016; mid would add 0.20 quality for $0.003 more, worth it "
          "above an answer value of $0.017\n" },
        { "{answer_value: 1, second_cost: 0}",
          "big: 0.90 quality for $0.016; nobody is better, and mid would save $0.013 for 0.20 less "
          "quality, worth it below an answer value of $0.071\n" },
        { "cheapest",
          "tiny: 0.50 quality for $0.00016; mid would add 0.20 quality for $0.003 more, worth it "
          "above an answer value of $0.017\n" },
        { "{quality_target: 100%}", "big: 0.90 quality for $0.016\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        struct buffer out;
        init_objective(&world, rows[i].objective);
        world_decide(&world);
        buffer_init(&out, 10000);
        decision_print(&world.decision, &out);
        buffer_append(&out, "", 1);
        const char *last = strstr(out.data, rows[i].sentence);
        if (!last || strlen(last) != strlen(rows[i].sentence))
            fail_msg("\"%s\" does not close\n%s", rows[i].sentence, out.data);
        buffer_clear(&out);
        world_free(&world);
    }
}

/* big is 0.9 by the YAML, as if from twenty answers; forty ratings of 1 count as twenty more. */
static void ratings_make_a_quality_less_uncertain(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid], objective: best}\n");
    world.figures[catalog_find_model(&world.catalog, text_of("big"))->index].feedback = 1;
    world.figures[catalog_find_model(&world.catalog, text_of("big"))->index].feedback_count = 40;
    json_t *document = decision_to_json(world_decide(&world), NULL);
    json_t *first = json_array_get(json_object_get(document, "candidates"), 0);
    json_t *quality = json_object_get(first, "quality");
    assert_string_equal(json_string_value(json_object_get(first, "model")), "big");
    double uncertainty = json_real_value(json_object_get(quality, "uncertainty"));
    assert_true(fabs(uncertainty - sqrt(0.95 * 0.05 / 40)) < 1e-6);
    json_decref(document);
    world_free(&world);
}

static void money_shows_two_digits_that_say_something(void **state)
{
    (void)state;
    static const struct {
        double usd;
        const char *text;
    } rows[] = {
        { 0, "$0.00" },        { 0.0004, "$0.0004" },      { 0.0061, "$0.0061" },
        { 0.2, "$0.20" },      { 0.00012345, "$0.00012" }, { 0.02, "$0.02" },
        { 0.996, "$1.00" },    { 12.5, "$12.50" },         { 1234, "$1234.00" },
        { -0.013, "-$0.013" }, { 1e-12, "$0.00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[MONEY_SIZE];
        assert_string_equal(money(rows[i].usd, text), rows[i].text);
    }
}

static void lines_that_are_parallel_have_no_flip(void **state)
{
    (void)state;
    struct world world;
    world_init(&world,
               "providers: {p: {base_url: 'http://127.0.0.1:1/v1'}}\n"
               "models:\n"
               "  a: {provider: p, price: {input: 1, output: 3}, quality: {default: 0.83}}\n"
               "  b: {provider: p, price: {input: 7, output: 9}, quality: {default: 0.83}}\n"
               "routes:\n  auto: {candidates: [a, b]}\n");
    world_decide(&world);
    router_flips(&world.decision);
    for (size_t i = 0; i < world.decision.flip_count; i++)
        assert_true(world.decision.flips[i].to <= 1e6);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(just_beyond_a_flip_another_is_first_and_just_before_it_not),
        cmocka_unit_test(no_number_between_today_and_the_flip_changes_the_first_place),
        cmocka_unit_test(dice_and_lonely_candidates_have_no_flip),
        cmocka_unit_test(a_copy_explains_the_same_after_the_original_is_gone),
        cmocka_unit_test(the_document_has_every_term_and_every_reason),
        cmocka_unit_test(a_refusal_is_explained_as_well),
        cmocka_unit_test(the_table_names_all_candidates_and_the_flips),
        cmocka_unit_test(the_closing_sentence_says_what_more_quality_costs_and_when_it_is_worth_it),
        cmocka_unit_test(ratings_make_a_quality_less_uncertain),
        cmocka_unit_test(money_shows_two_digits_that_say_something),
        cmocka_unit_test(lines_that_are_parallel_have_no_flip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
