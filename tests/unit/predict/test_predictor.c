/* test_predictor.c - the formula on cases worked out by hand; files whole, damaged and foreign. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/request.h"
#include "predict/predictor.h"
#include "predict/scores.h"

#define NEAR(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-5)

/* Two tasks, two models; every bucket has the same idf; one word decides. */
struct small {
    struct arena arena;
    struct predictor predictor;
    struct predictor_model models[2];
    int8_t weights[READING_BUCKETS * PREDICTOR_HEADS_STEP];
    float dense_weights[DENSE_COUNT * PREDICTOR_HEADS_STEP];
    struct reading reading;
};

static int setup(void **state)
{
    struct small *small = calloc(1, sizeof *small);
    struct chat_request request = { .turns = 1 };
    request.user.head = text_of("word");
    arena_init(&small->arena);
    reading_read(&request, &small->reading);
    struct predictor *predictor = &small->predictor;
    *predictor = (struct predictor){ .report = "",
                                     .rows = 10,
                                     .part_used = { true },
                                     .task_count = 2,
                                     .model_count = 2,
                                     .heads = PREDICTOR_HEADS_STEP,
                                     .tasks = { "math", "chat" },
                                     .models = small->models,
                                     .weights = small->weights,
                                     .dense_weights = small->dense_weights,
                                     .trust = { .distance_most = 1 },
                                     .idf_rare = 32,
                                     .temperature = 2 };
    memset(predictor->idf, 16, sizeof predictor->idf);
    small->models[0] = (struct predictor_model){ "strong", 0.8f, 10, { 0.9f, 0.6f }, { 5, 5 } };
    small->models[1] = (struct predictor_model){ "cheap", 0.6f, 10, { 0.5f, 0.7f }, { 5, 5 } };
    *state = small;
    return 0;
}

static int teardown(void **state)
{
    struct small *small = *state;
    arena_clear(&small->arena);
    free(small);
    return 0;
}

static struct assessment assess(const struct small *small)
{
    struct assessment assessment;
    predictor_assess(&small->predictor, &small->reading, &assessment);
    return assessment;
}

static void the_chances_of_tasks_are_a_softmax_of_their_scores(void **state)
{
    struct small *small = *state;
    small->predictor.bias[0] = 0.6f;
    small->predictor.bias[1] = 0.1f;
    struct assessment got = assess(small);
    NEAR(got.chance[0], 1 / (1 + exp(-2 * 0.5)));
    NEAR(got.chance[0] + got.chance[1], 1);
}

static void the_task_part_is_the_chances_times_the_profile_less_the_mean(void **state)
{
    struct small *small = *state;
    struct assessment got = assess(small); /* both tasks at one half */
    NEAR(got.models[0].task, 0.5 * (0.9 - 0.8) + 0.5 * (0.6 - 0.8));
    NEAR(got.models[1].task, 0.5 * (0.5 - 0.6) + 0.5 * (0.7 - 0.6));
}

/* "word" has two terms of equal idf: each weighs 1/√2. */
static void the_residual_is_linear_in_the_terms(void **state)
{
    struct small *small = *state;
    small->predictor.scale[2] = 0.01f;
    small->predictor.trust.task[1] = -0.5f;
    small->predictor.bias[2] = 0.02f;
    small->weights[small->reading.terms[0] * PREDICTOR_HEADS_STEP + 2] = 20;
    struct assessment got = assess(small);
    NEAR(got.models[0].residual, 20 * 0.01 / sqrt(2) + 0.02);
    NEAR(got.models[1].residual, 0);
}

static void dense_numbers_are_standardised_clipped_and_weighted(void **state)
{
    struct small *small = *state;
    float values[4], dense[DENSE_COUNT];
    struct nearness nearness;
    small->reading.dense[3] = 7;
    small->predictor.dense_mean[3] = 5;
    small->predictor.dense_scale[3] = 0.5f;
    predictor_vector(&small->predictor, &small->reading, values, dense, &nearness);
    NEAR(dense[3], 0.05 * 1.0);
    NEAR(nearness.distance, sqrt(1.0 / DENSE_COUNT));
    small->predictor.dense_scale[3] = 50;
    predictor_vector(&small->predictor, &small->reading, values, dense, &nearness);
    NEAR(dense[3], 0.05 * 4.0);
}

static void calibration_runs_straight_between_its_knots(void **state)
{
    (void)state;
    const struct predictor_model model = { .knots = 3,
                                           .from = { 0.2f, 0.4f, 0.8f },
                                           .to = { 0.1f, 0.5f, 0.7f } };
    NEAR(predictor_calibrate(&model, 0.15f), 0.0);
    NEAR(predictor_calibrate(&model, 1.0f), 0.8);
    NEAR(predictor_calibrate(&model, 0.3f), 0.3);
    NEAR(predictor_calibrate(&model, 0.6f), 0.6);
    NEAR(predictor_calibrate(&model, 9.0f), 1);
    const struct predictor_model plain = { .knots = 0 };
    NEAR(predictor_calibrate(&plain, 0.3f), 0.3);
    NEAR(predictor_calibrate(&plain, 1.3f), 1);
}

static void assert_safe(const float means[2], const float deviations[2], double reference,
                        double other)
{
    float safe[2];
    predictor_safe(means, deviations, 2, 0, safe);
    NEAR(safe[0], reference);
    NEAR(safe[1], other);
    assert_true(means[0] + safe[0] * deviations[0] - means[1] - safe[1] * deviations[1] >=
                0.5f * (means[0] - means[1]) - 1e-5f);
}

/* The lead is 0.2: 0.1 of it may be lost. */
static void deviations_are_safe_while_the_best_mean_keeps_half_its_lead(void **state)
{
    (void)state;
    const float means[] = { 0.8f, 0.6f };
    assert_safe(means, (float[]){ 0.1f, -0.2f }, 1, 1);
    assert_safe(means, (float[]){ 0, 0.05f }, 1, 1);
    assert_safe(means, (float[]){ 0, 0.2f }, 1, 0.5);      /* rises by half of what is predicted */
    assert_safe(means, (float[]){ 0.1f, 0.4f }, 1, 0.5);   /* the reference rises as well */
    assert_safe(means, (float[]){ -0.4f, 0 }, 0.25, 1);    /* the reference falls alone */
    assert_safe(means, (float[]){ -0.4f, -0.4f }, 1, 1);   /* both fall */
    assert_safe(means, (float[]){ -0.4f, 0.2f }, 0.25, 0); /* and the other one rises */
}

static void beyond_the_range_of_the_training_nothing_is_earned(void **state)
{
    (void)state;
    const struct predictor_trust trust = { .known_least = 0.5f, .distance_most = 2 };
    static const struct {
        struct nearness nearness;
        double within;
    } rows[] = {
        { { 1, 1 }, 1 },       { { 2, 0.5f }, 1 }, { { 2.25f, 1 }, 0.5 }, { { 2.5f, 1 }, 0 },
        { { 1, 0.45f }, 0.5 }, { { 1, 0.4f }, 0 }, { { 1, 0 }, 0 },       { { 9, 0 }, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        NEAR(predictor_within(&trust, &rows[i].nearness), rows[i].within);
}

static void trust_is_the_larger_of_safe_and_earned(void **state)
{
    struct small *small = *state;
    small->models[1].profile[0] = small->models[1].profile[1] = 1;
    struct assessment got = assess(small);
    NEAR(got.earned, 0);
    NEAR(got.models[1].trust, got.models[1].safe);
    assert_true(got.models[1].trust < 1);
    assert_true(got.models[0].quality > got.models[1].quality);
    small->predictor.trust.bias = 0.01f;
    got = assess(small);
    NEAR(got.earned, 0.5);
    small->predictor.trust.bias = 1;
    got = assess(small);
    NEAR(got.models[1].trust, 1);
    assert_true(got.models[0].quality < got.models[1].quality);
}

/* The gain that is expected is 0.01 and what the likeliest task adds; full trust is 0.02. */
static void a_task_that_strangers_are_taken_for_earns_less(void **state)
{
    struct small *small = *state;
    small->predictor.trust.bias = 0.01f;
    small->predictor.trust.task[1] = -0.006f;
    small->predictor.bias[0] = 1;
    NEAR(assess(small).earned, 0.5);
    small->predictor.bias[1] = 2;
    NEAR(assess(small).earned, 0.2);
}

static void without_trust_the_means_are_left_exactly(void **state)
{
    struct small *small = *state;
    small->models[0] = (struct predictor_model){ "strong", 0.7f, 10, { 0.7f, 0.7f }, { 5, 5 } };
    small->models[1].mean = 0.7f; /* no lead, nothing safe to believe */
    small->models[1].profile[0] = small->models[1].profile[1] = 1;
    struct assessment got = assess(small);
    assert_true(got.models[1].trust == 0);
    assert_true(got.models[0].quality == 0.7f && got.models[1].quality == 0.7f);
}

static void a_model_never_seen_is_not_found(void **state)
{
    struct small *small = *state;
    assert_int_equal(predictor_find_model(&small->predictor, text_of("cheap")), 1);
    assert_int_equal(predictor_find_model(&small->predictor, text_of("other")), -1);
}

static void a_file_gives_back_what_was_written(void **state)
{
    struct small *small = *state;
    struct buffer bytes;
    const char *why = NULL;
    small->predictor.bias[2] = 0.3f;
    small->predictor.scale[2] = 0.01f;
    small->weights[small->reading.terms[0] * PREDICTOR_HEADS_STEP + 2] = -90;
    small->predictor.report = "a report";
    buffer_init(&bytes, PREDICTOR_FILE_MAX);
    assert_true(predictor_print(&small->predictor, &bytes));
    struct predictor *read = predictor_parse(buffer_text(&bytes), &small->arena, &why);
    assert_non_null(read);
    assert_string_equal(read->report, "a report");
    assert_string_equal(read->digest, small->predictor.digest);
    assert_memory_equal(&read->trust, &small->predictor.trust, sizeof read->trust);
    struct assessment one = assess(small), two;
    predictor_assess(read, &small->reading, &two);
    assert_memory_equal(one.models, two.models, 2 * sizeof one.models[0]);
    buffer_clear(&bytes);
}

static void a_file_carries_the_prompts_that_promises_are_reckoned_from(void **state)
{
    struct small *small = *state;
    struct buffer bytes;
    const char *why = NULL;
    const uint32_t tokens_in[] = { 12, 70000 };
    const uint16_t quality[] = { 0, 65535, 258, 32767 };
    const uint8_t task[] = { 0, 7 }, score[] = { 254, SAMPLE_SCORE_NONE, 0, 127 };
    small->predictor.sample = (struct predictor_sample){ 2, tokens_in, task, quality, score };
    small->models[1].length = 1.5f;
    buffer_init(&bytes, PREDICTOR_FILE_MAX);
    assert_true(predictor_print(&small->predictor, &bytes));
    struct predictor *read = predictor_parse(buffer_text(&bytes), &small->arena, &why);
    assert_non_null(read);
    assert_int_equal(read->sample.rows, 2);
    assert_memory_equal(read->sample.tokens_in, tokens_in, sizeof tokens_in);
    assert_memory_equal(read->sample.task, task, sizeof task);
    assert_memory_equal(read->sample.quality, quality, sizeof quality);
    assert_memory_equal(read->sample.score, score, sizeof score);
    assert_true(read->models[1].length == 1.5f);
    buffer_clear(&bytes);
}

static const char *why_refused(struct small *small, struct text bytes)
{
    const char *why = NULL;
    assert_null(predictor_parse(bytes, &small->arena, &why));
    return why;
}

static void damaged_foreign_and_outdated_files_are_refused_with_the_reason(void **state)
{
    struct small *small = *state;
    struct buffer bytes;
    buffer_init(&bytes, PREDICTOR_FILE_MAX);
    assert_true(predictor_print(&small->predictor, &bytes));
    const struct {
        size_t at; /* the byte that is changed */
        const char *why;
    } rows[] = {
        { 0, "it is not a predictor made by `bourse train`" },
        { 17, "it is of another version of the format; train it anew" },
        { 21, "it was trained on another recipe of features; train it anew" },
        { 5000, "it is damaged: its digest is not that of its content" },
        { bytes.len - 1, "it is damaged: its digest is not that of its content" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bytes.data[rows[i].at] ^= 0x40;
        assert_string_equal(why_refused(small, buffer_text(&bytes)), rows[i].why);
        bytes.data[rows[i].at] ^= 0x40;
    }
    for (size_t len = 0; len < bytes.len; len += 997)
        assert_non_null(why_refused(small, (struct text){ bytes.data, len }));
    assert_non_null(why_refused(small, text_of("models:\n  a: {}\n")));
    buffer_clear(&bytes);
}

static void a_number_out_of_range_is_refused_whatever_the_digest(void **state)
{
    struct small *small = *state;
    const float bad[] = { NAN, INFINITY, 1e30f, -0.5f };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buffer bytes;
        buffer_init(&bytes, PREDICTOR_FILE_MAX);
        small->models[1].profile[1] = bad[i];
        assert_true(predictor_print(&small->predictor, &bytes));
        assert_non_null(why_refused(small, buffer_text(&bytes)));
        buffer_clear(&bytes);
    }
}

/* Weights and numbers of every size and sign, from a generator of odd steps. */
static void fill_with_anything(struct small *small, float values[READING_TERMS_MAX],
                               float dense[DENSE_COUNT])
{
    uint32_t state = 12345;
#define NEXT() (state = state * 1664525u + 1013904223u, (float)(int32_t)state / 1e9f)
    for (size_t i = 0; i < sizeof small->weights; i++)
        small->weights[i] = (int8_t)(NEXT() * 50);
    for (size_t i = 0; i < DENSE_COUNT * PREDICTOR_HEADS_STEP; i++)
        small->dense_weights[i] = NEXT();
    for (size_t i = 0; i < PREDICTOR_HEADS_STEP; i++) {
        small->predictor.scale[i] = NEXT() / 100;
        small->predictor.bias[i] = NEXT();
    }
    for (size_t i = 0; i < 777; i++) {
        small->reading.terms[i] = (uint16_t)(i * 7919 % READING_BUCKETS);
        values[i] = NEXT();
    }
    for (int part = 0; part < PART_COUNT; part++)
        small->reading.ends[part] = 777;
    for (size_t i = 0; i < DENSE_COUNT; i++)
        dense[i] = NEXT();
#undef NEXT
}

static void wide_sums_have_the_bits_of_plain_ones(void **state)
{
    struct small *small = *state;
    static float values[READING_TERMS_MAX];
    float dense[DENSE_COUNT], plain[PREDICTOR_HEADS_STEP], wide[PREDICTOR_HEADS_STEP];
    if (!scores_step_wide())
        skip();
    fill_with_anything(small, values, dense);
    scores_step_plain(&small->predictor, &small->reading, values, dense, 0, plain);
    scores_step_wide()(&small->predictor, &small->reading, values, dense, 0, wide);
    assert_memory_equal(plain, wide, sizeof plain);
    assert_true(plain[0] != plain[15]);
}

int main(void)
{
#define WITH_SMALL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SMALL(the_chances_of_tasks_are_a_softmax_of_their_scores),
        WITH_SMALL(the_task_part_is_the_chances_times_the_profile_less_the_mean),
        WITH_SMALL(the_residual_is_linear_in_the_terms),
        WITH_SMALL(dense_numbers_are_standardised_clipped_and_weighted),
        WITH_SMALL(wide_sums_have_the_bits_of_plain_ones),
        cmocka_unit_test(calibration_runs_straight_between_its_knots),
        cmocka_unit_test(deviations_are_safe_while_the_best_mean_keeps_half_its_lead),
        cmocka_unit_test(beyond_the_range_of_the_training_nothing_is_earned),
        WITH_SMALL(trust_is_the_larger_of_safe_and_earned),
        WITH_SMALL(a_task_that_strangers_are_taken_for_earns_less),
        WITH_SMALL(without_trust_the_means_are_left_exactly),
        WITH_SMALL(a_model_never_seen_is_not_found),
        WITH_SMALL(a_file_gives_back_what_was_written),
        WITH_SMALL(a_file_carries_the_prompts_that_promises_are_reckoned_from),
        WITH_SMALL(damaged_foreign_and_outdated_files_are_refused_with_the_reason),
        WITH_SMALL(a_number_out_of_range_is_refused_whatever_the_digest),
    };
    return cmocka_run_group_tests_name("predict/predictor", tests, NULL, NULL);
}
