/* test_eval.c - figures of merit worked out by hand, and a predictor that fails safe on real data.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure/eval.h"
#include "measure/figures_of_merit.h"

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-9)
#define SMALL      "tests/data/outcomes-small.jsonl"

static void the_hull_leaves_out_what_is_dearer_and_worse(void **state)
{
    (void)state;
    struct merit_point points[] = { { 1, 0.2 }, { 3, 0.6 }, { 2, 0.3 }, { 4, 0.5 } };
    /* From (1, 0.2) straight to (3, 0.6), then flat to 4. */
    NEAR(merit_aiq(points, 4, 1, 4), (2 * 0.4 + 1 * 0.6) / 3);
}

static void one_point_is_a_flat_hull(void **state)
{
    (void)state;
    struct merit_point point[] = { { 2, 0.5 } };
    NEAR(merit_aiq(point, 1, 1, 3), 0.5);
    NEAR(merit_aiq(point, 1, 2, 2), 0.5);
}

/* Ten prompts, the strong model is better at two of them and equal at the others. */
static void a_perfect_order_recovers_all_with_few_strong_calls(void **state)
{
    (void)state;
    double weak[10] = { 0 }, strong[10] = { 1, 1 }, lift[10] = { 1, 1 };
    double apgr, cpt50, cpt80;
    merit_of_pair(&(struct merit_pair){ weak, strong, lift, 10 }, &apgr, &cpt50, &cpt80);
    NEAR(cpt50, 0.1);
    NEAR(cpt80, 0.2);
    NEAR(apgr, (0.5 + 8 + 0.5) / 10); /* PGR 0, 0.5, then 1 at nine of eleven points */
}

/* No order: the strong one gains the same everywhere, so PGR is the share of its calls. */
static void an_even_gain_is_one_half(void **state)
{
    (void)state;
    double weak[20] = { 0 }, strong[20], lift[20] = { 0 };
    double apgr, cpt50, cpt80;
    for (int i = 0; i < 20; i++)
        strong[i] = 0.3;
    merit_of_pair(&(struct merit_pair){ weak, strong, lift, 20 }, &apgr, &cpt50, &cpt80);
    NEAR(apgr, 0.5);
    NEAR(cpt50, 0.5);
    NEAR(cpt80, 0.8);
}

static void the_interval_of_a_constant_has_no_width(void **state)
{
    (void)state;
    const double values[] = { 0.4, 0.4, 0.4, 0.4 };
    struct eval_mean mean = merit_mean(values, 4);
    NEAR(mean.mean, 0.4);
    NEAR(mean.low, 0.4);
    NEAR(mean.high, 0.4);
}

static struct eval_result *evaluate_with(struct outcomes *outcomes, const char *leave_out,
                                         uint64_t seed, struct arena *arena)
{
    const char *why = NULL;
    const struct eval_plan plan = {
        .folds = 3, .seed = seed, .leave_out = leave_out, .objective = objective_preset("best")
    };
    outcomes_init(outcomes, arena);
    assert_true(outcomes_read_file(outcomes, SMALL, &why));
    outcomes_finish(outcomes);
    struct eval_result *result = eval_run(outcomes, &plan, arena, &why);
    assert_non_null(result);
    return result;
}

static struct eval_result *evaluate(struct outcomes *outcomes, const char *leave_out,
                                    struct arena *arena)
{
    return evaluate_with(outcomes, leave_out, EVAL_SEED, arena);
}

/* Whole kinds of prompts that training never saw: not worse than the best constant by more than
 * half a percent. */
static void a_kind_never_seen_gets_what_the_best_constant_gets(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes outcomes;
    arena_init(&arena);
    struct eval_result *result = evaluate(&outcomes, "all", &arena);
    assert_int_equal(result->part_count, 6);
    assert_int_equal(result->rows, 420);
    assert_true(result->gain.mean >= -0.005);
    arena_clear(&arena);
}

static void kinds_that_were_seen_cost_less_at_the_same_quality(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes outcomes;
    arena_init(&arena);
    struct eval_result *result = evaluate(&outcomes, NULL, &arena);
    assert_true(result->gain.mean >= -0.005);
    assert_true(result->saved[0].saved > 0.2);
    assert_true(result->target_quality.mean > 0.95 && result->target_saved > 0.2);
    assert_true(result->aiq > result->aiq_constants && result->aiq < result->aiq_oracle);
    arena_clear(&arena);
}

static void another_seed_is_another_split_and_the_same_seed_the_same(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes outcomes[3];
    const uint64_t seeds[] = { 5, 5, 6 };
    size_t rows[3][3];
    arena_init(&arena);
    for (size_t i = 0; i < 3; i++) {
        struct eval_result *result = evaluate_with(&outcomes[i], NULL, seeds[i], &arena);
        assert_int_equal(result->part_count, 3);
        assert_int_equal(result->rows, 420);
        for (size_t part = 0; part < 3; part++)
            rows[i][part] = result->parts[part].rows;
    }
    assert_memory_equal(rows[0], rows[1], sizeof rows[0]);
    assert_memory_not_equal(rows[0], rows[2], sizeof rows[0]);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hull_leaves_out_what_is_dearer_and_worse),
        cmocka_unit_test(one_point_is_a_flat_hull),
        cmocka_unit_test(a_perfect_order_recovers_all_with_few_strong_calls),
        cmocka_unit_test(an_even_gain_is_one_half),
        cmocka_unit_test(the_interval_of_a_constant_has_no_width),
        cmocka_unit_test(a_kind_never_seen_gets_what_the_best_constant_gets),
        cmocka_unit_test(another_seed_is_another_split_and_the_same_seed_the_same),
        cmocka_unit_test(kinds_that_were_seen_cost_less_at_the_same_quality),
    };
    return cmocka_run_group_tests_name("measure/eval", tests, NULL, NULL);
}
