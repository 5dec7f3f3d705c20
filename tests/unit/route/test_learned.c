/* test_learned.c - a route with a trained predictor: its terms in the decision, who it does not
 * know, and that the rules of the score hold with it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "predict/predictor.h"
#include "world.h"

#define NEAR(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-5)

/* Knows big and mid, tells nothing apart but by their means, and that everything is mathematics. */
struct oracle {
    struct predictor predictor;
    struct predictor_model models[2];
    int8_t weights[READING_BUCKETS * PREDICTOR_HEADS_STEP];
    float dense_weights[DENSE_COUNT * PREDICTOR_HEADS_STEP];
};

static struct oracle *oracle_new(void)
{
    struct oracle *oracle = calloc(1, sizeof *oracle);
    assert_non_null(oracle);
    oracle->models[0] = (struct predictor_model){ "big", 0.8f, 50, { 0.7f, 0.9f }, { 25, 25 } };
    oracle->models[1] = (struct predictor_model){ "mid", 0.75f, 50, { 0.8f, 0.5f }, { 25, 25 } };
    oracle->predictor = (struct predictor){ .report = "",
                                            .part_used = { true },
                                            .task_count = 2,
                                            .model_count = 2,
                                            .heads = PREDICTOR_HEADS_STEP,
                                            .tasks = { "sums", "songs" },
                                            .models = oracle->models,
                                            .weights = oracle->weights,
                                            .dense_weights = oracle->dense_weights,
                                            .bias = { 1 },
                                            .trust = { .distance_most = 1 },
                                            .temperature = 40 };
    return oracle;
}

#define ROUTE WORLD_MODELS "routes:\n  auto: {candidates: [mid, big, tiny], objective: best}\n"

static const struct candidate *find(const struct decision *decision, const char *name)
{
    for (size_t i = 0; i < decision->count; i++) {
        if (strcmp(decision->candidates[i].model->object.name, name) == 0)
            return &decision->candidates[i];
    }
    fail();
    return NULL;
}

static void ask(struct world *world, const struct oracle *oracle)
{
    world_load(world, ROUTE, NULL);
    assert_int_equal(world->problems.errors, 0);
    policy_learn(&world->policy.routes[0], &oracle->predictor, &world->catalog, &world->arena);
    world->question = (struct question){ .request = &world->request,
                                         .features = &world->features,
                                         .catalog = &world->catalog,
                                         .policy = &world->policy,
                                         .route = &world->policy.routes[0],
                                         .figures = world->figures };
    world->request.user.head = text_of("one and one");
    world->request.max_output_tokens = -1;
    world->request.answer_value = world->request.second_cost = world->request.max_cost = -1;
    world->request.wishes.max_price_in = world->request.wishes.max_price_out = -1;
    features_read(&world->request, &world->features);
    router_decide(&world->question, &world->arena, &world->decision);
}

static void the_terms_of_the_predictor_stand_in_the_decision(void **state)
{
    (void)state;
    struct world world;
    struct oracle *oracle = oracle_new();
    oracle->predictor.trust.bias = 1;
    ask(&world, oracle);
    const struct candidate *mid = find(&world.decision, "mid");
    assert_int_equal(mid->quality_source, SOURCE_LEARNED);
    NEAR(mid->learned.mean, 0.75);
    NEAR(mid->learned.task, 0.05);
    NEAR(mid->learned.calibrated, 0.8);
    NEAR(mid->learned.trust, 1);
    NEAR(mid->quality, 0.8);
    assert_string_equal(world.decision.learned.name[0], "sums");
    assert_string_equal(world.decision.candidates[0].model->object.name, "mid");
    world_free(&world);
    free(oracle);
}

/* Predicted better, but trusted no further than the best mean keeps half of its lead. */
static void without_earned_trust_the_best_mean_stays_first(void **state)
{
    (void)state;
    struct world world;
    struct oracle *oracle = oracle_new();
    ask(&world, oracle);
    const struct candidate *big = find(&world.decision, "big"), *mid = find(&world.decision, "mid");
    NEAR(big->quality - mid->quality, 0.025);
    assert_string_equal(world.decision.candidates[0].model->object.name, "big");
    world_free(&world);
    free(oracle);
}

static void a_model_that_the_predictor_does_not_know_keeps_its_profile(void **state)
{
    (void)state;
    struct world world;
    struct oracle *oracle = oracle_new();
    ask(&world, oracle);
    const struct candidate *tiny = find(&world.decision, "tiny");
    assert_int_equal(tiny->quality_source, SOURCE_YAML);
    NEAR(tiny->quality, 0.5);
    world_free(&world);
    free(oracle);
}

/* The trust is reckoned over the file's models, whoever is a candidate. */
static void a_candidate_more_does_not_change_the_quality_of_the_others(void **state)
{
    (void)state;
    struct world all, few;
    struct oracle *oracle = oracle_new();
    ask(&all, oracle);
    ask(&few, oracle);
    struct route route = few.policy.routes[0];
    route.candidate_count = 1; /* mid alone */
    few.question.route = &route;
    router_decide(&few.question, &few.arena, &few.decision);
    NEAR(find(&few.decision, "mid")->quality, find(&all.decision, "mid")->quality);
    world_free(&all);
    world_free(&few);
    free(oracle);
}

static void the_explanation_and_its_copy_carry_the_terms(void **state)
{
    (void)state;
    struct world world;
    struct oracle *oracle = oracle_new();
    ask(&world, oracle);
    struct decision *copy = decision_copy(&world.decision);
    json_t *one = decision_to_json(&world.decision, "d"), *two = decision_to_json(copy, "d");
    assert_true(json_equal(one, two));
    json_t *first = json_array_get(json_object_get(one, "candidates"), 0);
    json_t *quality = json_object_get(first, "quality");
    assert_string_equal(json_string_value(json_object_get(quality, "source")), "predictor");
    NEAR(json_real_value(json_object_get(json_object_get(quality, "predictor"), "mean")), 0.8);
    assert_true(json_is_object(json_object_get(json_object_get(one, "predictor"), "tasks")));
    json_decref(one);
    json_decref(two);
    free(copy);
    world_free(&world);
    free(oracle);
}

static void a_file_is_read_with_the_configuration(void **state)
{
    (void)state;
    char path[] = "/tmp/bourse-test-XXXXXX";
    struct oracle *oracle = oracle_new();
    struct buffer bytes;
    struct world world;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    buffer_init(&bytes, PREDICTOR_FILE_MAX);
    assert_true(predictor_print(&oracle->predictor, &bytes));
    assert_int_equal(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
    close(fd);
    char yaml[4096];
    snprintf(yaml, sizeof yaml, "%sroutes: {a: {candidates: [big, tiny], predictor: %s}}\n",
             WORLD_MODELS, path);
    world_load(&world, yaml, NULL);
    assert_int_equal(world.problems.errors, 0);
    assert_int_equal(world.problems.warnings, 1); /* it knows nothing of tiny */
    assert_non_null(world.policy.routes[0].learned);
    world_free(&world);
    unlink(path);
    buffer_clear(&bytes);
    free(oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_terms_of_the_predictor_stand_in_the_decision),
        cmocka_unit_test(without_earned_trust_the_best_mean_stays_first),
        cmocka_unit_test(a_model_that_the_predictor_does_not_know_keeps_its_profile),
        cmocka_unit_test(a_candidate_more_does_not_change_the_quality_of_the_others),
        cmocka_unit_test(the_explanation_and_its_copy_carry_the_terms),
        cmocka_unit_test(a_file_is_read_with_the_configuration),
    };
    return cmocka_run_group_tests_name("route/learned", tests, NULL, NULL);
}
