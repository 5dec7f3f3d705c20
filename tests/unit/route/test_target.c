/* test_target.c - a quality target as an answer value, worked out by hand on two kinds of prompts.
 *
 * Each prompt has 1,000 tokens, each answer the usual length for chat. Nothing was measured: an
 * attempt succeeds 19 times in 20, so a value is 0.95 · answer value · quality − 20/19 · cost. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "predict/predictor.h"
#include "world.h"

#define NEAR(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-4)
/* Outcomes are kept in steps of a 254th. */
#define KEPT(a, b) assert_true(fabs((double)(a) - (double)(b)) < 3e-3)

#define PROMPTS 200

/* Qualities as expected and as they came, of easy prompts and of hard ones, of which there are as
 * many. */
struct kinds {
    double easy_big, easy_mid, hard_big, hard_mid;
};

static const struct kinds usual = { 0.9, 0.8, 0.9, 0.5 };

struct oracle {
    struct predictor predictor;
    struct predictor_model models[2]; /* big, mid */
    int8_t weights[READING_BUCKETS * PREDICTOR_HEADS_STEP];
    float dense_weights[DENSE_COUNT * PREDICTOR_HEADS_STEP];
    uint32_t tokens_in[PROMPTS];
    uint8_t task[PROMPTS], score[PROMPTS * 2];
    uint16_t quality[PROMPTS * 2];
};

static double of_kind(const struct kinds *kinds, size_t i)
{
    const double cells[] = { kinds->easy_big, kinds->easy_mid, kinds->hard_big, kinds->hard_mid };
    return cells[i % 4];
}

static struct oracle *oracle_new(const struct kinds *expected, const struct kinds *came)
{
    struct oracle *oracle = calloc(1, sizeof *oracle);
    assert_non_null(oracle);
    oracle->models[0] = (struct predictor_model){ .name = "big", .mean = 0.9f, .rows = 200 };
    oracle->models[1] = (struct predictor_model){ .name = "mid", .mean = 0.65f, .rows = 200 };
    for (size_t i = 0; i < PROMPTS; i++) {
        oracle->tokens_in[i] = 1000;
        oracle->task[i] = TASK_CHAT;
    }
    for (size_t i = 0; i < 2 * (size_t)PROMPTS; i++) {
        oracle->quality[i] = (uint16_t)lround(of_kind(expected, i) * SAMPLE_QUALITY_ONE);
        oracle->score[i] =
            came ? (uint8_t)lround(of_kind(came, i) * SAMPLE_SCORE_ONE) : SAMPLE_SCORE_NONE;
    }
    oracle->predictor = (struct predictor){ .report = "",
                                            .part_used = { true },
                                            .model_count = 2,
                                            .heads = PREDICTOR_HEADS_STEP,
                                            .models = oracle->models,
                                            .weights = oracle->weights,
                                            .dense_weights = oracle->dense_weights,
                                            .trust = { .distance_most = 1 },
                                            .temperature = 10,
                                            .sample = { PROMPTS, oracle->tokens_in, oracle->task,
                                                        oracle->quality, oracle->score } };
    return oracle;
}

#define ROUTE(objective)                                                                           \
    WORLD_MODELS "routes:\n  auto: {candidates: [mid, big], objective: " objective "}\n"

static struct objective settled(const struct oracle *oracle, const char *yaml)
{
    struct world world;
    world_init(&world, yaml);
    struct route *route = &world.policy.routes[0];
    policy_learn(route, &oracle->predictor, &world.catalog, &world.arena);
    struct objective objective =
        policy_settled(&route->objective, route, &world.policy, &world.catalog, NULL);
    world_free(&world);
    return objective;
}

/* Where big overtakes mid on a prompt on which it is better by so much. */
static double level_at(double better)
{
    double tokens_out = floor(task_usual_tokens(TASK_CHAT));
    double dearer = (1000 * (10 - 2) + tokens_out * (40 - 8)) / 1e6;
    return dearer * 20 / 19 / (0.95 * better);
}

static void a_target_becomes_the_least_answer_value_that_keeps_it(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_new(&usual, &usual);
    const struct {
        const char *yaml;
        double answer_value, kept;
    } rows[] = {
        /* mid for all keeps 0.65 of 0.9 */
        { ROUTE("{quality_target: 70%}"), 0, 0.65 / 0.9 },
        /* big for the hard ones keeps 0.85 of 0.9 */
        { ROUTE("{quality_target: 73%}"), level_at(0.4), 0.85 / 0.9 },
        { ROUTE("{quality_target: 94%}"), level_at(0.4), 0.85 / 0.9 },
        /* and for the easy ones, all of it */
        { ROUTE("{quality_target: 95%}"), level_at(0.1), 1 },
        { ROUTE("{quality_target: 100%}"), level_at(0.1), 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct objective objective = settled(oracle, rows[i].yaml);
        assert_int_equal(objective.kind, OBJECTIVE_VALUE);
        assert_int_equal(objective.target_prompts, PROMPTS);
        NEAR(objective.answer_value, rows[i].answer_value);
        assert_true(objective.answer_value >= rows[i].answer_value * (1 - 1e-3));
        KEPT(objective.target_kept, rows[i].kept);
    }
    free(oracle);
}

/* mid did better on hard prompts than was expected of it: 0.9, so that it counts as 0.7 there. */
static void what_came_counts_as_much_as_what_was_expected(void **state)
{
    (void)state;
    const struct kinds came = { 0.9, 0.8, 0.9, 0.9 };
    struct oracle *oracle = oracle_new(&usual, &came);
    struct objective objective = settled(oracle, ROUTE("{quality_target: 83%}"));
    KEPT(objective.target_kept, 0.75 / 0.9);
    NEAR(objective.answer_value, 0);
    free(oracle);
}

static void an_outcome_that_is_missing_is_what_was_expected(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_new(&usual, NULL);
    struct objective objective = settled(oracle, ROUTE("{quality_target: 94%}"));
    NEAR(objective.answer_value, level_at(0.4));
    KEPT(objective.target_kept, 0.85 / 0.9);
    free(oracle);
}

/* On easy prompts mid is expected to be better and is not: no answer value moves it from there. */
static void of_a_target_out_of_reach_as_much_is_kept_as_can_be(void **state)
{
    (void)state;
    const struct kinds expected = { 0.9, 0.95, 0.9, 0.5 }, came = { 0.9, 0.65, 0.9, 0.5 };
    struct oracle *oracle = oracle_new(&expected, &came);
    struct objective objective = settled(oracle, ROUTE("{quality_target: 100%}"));
    NEAR(objective.answer_value, level_at(0.4));
    KEPT(objective.target_kept, 0.85 / 0.9);
    free(oracle);
}

/* Longer answers of mid make it dearer, and what they cost counts when the target is reckoned. */
static void how_long_a_models_answers_are_is_part_of_their_price(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_new(&usual, &usual);
    oracle->models[1].length = 3;
    double usual_out = task_usual_tokens(TASK_CHAT);
    double dearer = (1000 * (10 - 2) + usual_out * (40 - 3 * 8)) / 1e6;
    struct objective objective = settled(oracle, ROUTE("{quality_target: 94%}"));
    NEAR(objective.answer_value, dearer * 20 / 19 / (0.95 * 0.4));
    free(oracle);
}

static void without_prompts_of_all_candidates_it_holds_for_each_request(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_new(&usual, &usual);
    struct objective objective =
        settled(oracle, WORLD_MODELS "routes:\n  auto: {candidates: [mid, big, tiny], objective: "
                                     "{quality_target: 94%}}\n");
    assert_int_equal(objective.kind, OBJECTIVE_QUALITY_TARGET);
    oracle->predictor.sample.rows = 99;
    objective = settled(oracle, ROUTE("{quality_target: 94%}"));
    assert_int_equal(objective.kind, OBJECTIVE_QUALITY_TARGET);
    assert_int_equal(objective.target_prompts, 0);
    free(oracle);
}

static void other_objectives_stay_as_they_are(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_new(&usual, &usual);
    struct objective objective = settled(oracle, ROUTE("best"));
    assert_int_equal(objective.kind, OBJECTIVE_BEST);
    assert_int_equal(objective.target_prompts, 0);
    free(oracle);
}

static void write_file(struct oracle *oracle, char *path)
{
    struct buffer bytes;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    buffer_init(&bytes, PREDICTOR_FILE_MAX);
    assert_true(predictor_print(&oracle->predictor, &bytes));
    assert_int_equal(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
    close(fd);
    buffer_clear(&bytes);
}

/* Two routes share a rule; each has the answer value of its own candidates in it. */
#define RULED                                                                                       \
    WORLD_MODELS                                                                                    \
    "routes:\n"                                                                                     \
    "  auto: {candidates: [mid, big], objective: {quality_target: 95%%}, predictor: %s, rules: [\n" \
    "    {name: frugal, when: {turns: 1}, objective: {quality_target: 94%%}}]}\n"                   \
    "  alone: {extends: auto, candidates: [big]}\n"

static void with_the_configuration_routes_and_their_rules_are_settled(void **state)
{
    (void)state;
    char path[] = "/tmp/bourse-test-XXXXXX", yaml[4096];
    struct oracle *oracle = oracle_new(&usual, &usual);
    struct world world;
    write_file(oracle, path);
    snprintf(yaml, sizeof yaml, RULED, path);
    world_init(&world, yaml);
    const struct route *alone = map_find(&world.policy.routes_by_name, text_of("alone"));
    NEAR(world.question.route->objective.answer_value, level_at(0.1));
    NEAR(world_decide(&world)->objective.answer_value, level_at(0.4));
    assert_string_equal(world.decision.matched[0], "frugal");
    world.question.route = alone;
    NEAR(world_decide(&world)->objective.answer_value, 0);
    world_free(&world);
    unlink(path);
    free(oracle);
}

static void the_explanation_says_what_the_target_became_and_from_how_many_prompts(void **state)
{
    (void)state;
    char path[] = "/tmp/bourse-test-XXXXXX", yaml[4096];
    struct oracle *oracle = oracle_new(&usual, &usual);
    struct world world;
    write_file(oracle, path);
    snprintf(yaml, sizeof yaml,
             WORLD_MODELS "routes: {auto: {candidates: [mid, big], predictor: %s, "
                          "objective: {quality_target: 94%%}}}\n",
             path);
    world_init(&world, yaml);
    json_t *document = decision_to_json(world_decide(&world), NULL);
    json_t *objective = json_object_get(document, "objective");
    json_t *over = json_object_get(objective, "quality_target_over");
    NEAR(json_real_value(json_object_get(objective, "quality_target")), 0.94);
    NEAR(json_real_value(json_object_get(objective, "answer_value")), level_at(0.4));
    assert_int_equal(json_integer_value(json_object_get(over, "prompts")), PROMPTS);
    KEPT(json_real_value(json_object_get(over, "kept")), 0.85 / 0.9);
    json_decref(document);
    struct buffer out;
    buffer_init(&out, 100000);
    decision_print(&world.decision, &out);
    assert_non_null(strstr(arena_string_of(&world.arena, buffer_text(&out)),
                           "to keep 94.0% of the best single model's quality, by 200 prompts of "
                           "the training, an answer is worth $0.0"));
    buffer_clear(&out);
    world_free(&world);
    unlink(path);
    free(oracle);
}

/* Its own number for a second goes with the answer value; what is kept then nobody knows. */
static void a_request_with_numbers_of_its_own_is_not_promised_anything(void **state)
{
    (void)state;
    char path[] = "/tmp/bourse-test-XXXXXX", yaml[4096];
    struct oracle *oracle = oracle_new(&usual, &usual);
    struct world world;
    write_file(oracle, path);
    snprintf(yaml, sizeof yaml,
             WORLD_MODELS "routes: {auto: {candidates: [mid, big], predictor: %s, "
                          "objective: {quality_target: 94%%}}}\n",
             path);
    world_init(&world, yaml);
    world.request.second_cost = 0.001;
    const struct decision *decision = world_decide(&world);
    NEAR(decision->objective.answer_value, level_at(0.4));
    assert_int_equal(decision->objective.target_prompts, 0);
    world_free(&world);
    unlink(path);
    free(oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_becomes_the_least_answer_value_that_keeps_it),
        cmocka_unit_test(what_came_counts_as_much_as_what_was_expected),
        cmocka_unit_test(an_outcome_that_is_missing_is_what_was_expected),
        cmocka_unit_test(of_a_target_out_of_reach_as_much_is_kept_as_can_be),
        cmocka_unit_test(how_long_a_models_answers_are_is_part_of_their_price),
        cmocka_unit_test(without_prompts_of_all_candidates_it_holds_for_each_request),
        cmocka_unit_test(other_objectives_stay_as_they_are),
        cmocka_unit_test(with_the_configuration_routes_and_their_rules_are_settled),
        cmocka_unit_test(the_explanation_says_what_the_target_became_and_from_how_many_prompts),
        cmocka_unit_test(a_request_with_numbers_of_its_own_is_not_promised_anything),
    };
    return cmocka_run_group_tests_name("route/target", tests, NULL, NULL);
}
