/* test_calibrate.c - the curve from predictions to outcomes: it rises, follows what is there, and
 * does not follow noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "train/settle.h"

#define POINTS 1400

/* Predictions from 0.2 to 0.9, in an order of no meaning; `chance` says how often such a one is
 * right. */
static void make(struct point *points, size_t count, float (*chance)(float predicted))
{
    for (size_t i = 0; i < count; i++) {
        size_t place = i * 377 % count;
        float predicted = 0.2f + 0.7f * (float)place / (float)count;
        float thrown = (float)(i * 619 % 1000) / 1000;
        points[i] = (struct point){ predicted, thrown < chance(predicted) ? 1 : 0 };
    }
}

static float as_predicted(float predicted)
{
    return predicted;
}

static float too_bold(float predicted)
{
    return 0.5f + (predicted - 0.5f) / 3;
}

static float in_one_step(float predicted)
{
    return predicted < 0.55f ? 0.2f : 0.8f;
}

static float upside_down(float predicted)
{
    return 1 - predicted;
}

static float never(float predicted)
{
    return predicted * 0;
}

static float always(float predicted)
{
    return 1 + predicted;
}

static const struct row {
    float (*chance)(float);
    float low, high; /* at 0.3 and at 0.8 */
    float within;
} rows[] = {
    { as_predicted, 0.3f, 0.8f, 0.04f }, { too_bold, 0.433f, 0.6f, 0.04f },
    { in_one_step, 0.2f, 0.8f, 0.08f },  { upside_down, 0.45f, 0.45f, 0.05f },
    { never, 0.03f, 0.03f, 0.05f },      { always, 0.97f, 0.97f, 0.05f },
};

static void the_curve_says_how_often_such_predictions_were_right(void **state)
{
    (void)state;
    static struct point points[POINTS];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct predictor_model model = { .knots = 0 };
        make(points, POINTS, rows[i].chance);
        calibration_fit(points, POINTS, &model);
        float low = predictor_calibrate(&model, 0.3f), high = predictor_calibrate(&model, 0.8f);
        if (fabsf(low - rows[i].low) > rows[i].within ||
            fabsf(high - rows[i].high) > rows[i].within)
            fail_msg("row %zu: %.3f and %.3f", i, (double)low, (double)high);
    }
}

static void the_curve_never_falls_and_stays_a_chance(void **state)
{
    (void)state;
    static struct point points[POINTS];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t count = 100; count <= POINTS; count += 325) {
            struct predictor_model model = { .knots = 0 };
            make(points, count, rows[i].chance);
            calibration_fit(points, count, &model);
            assert_true(model.knots >= 2 && model.knots <= PREDICTOR_KNOTS);
            for (size_t k = 0; k < model.knots; k++) {
                assert_true(model.to[k] >= 0 && model.to[k] <= 1);
                assert_true(k == 0 || model.from[k] > model.from[k - 1]);
                assert_true(k == 0 || model.to[k] >= model.to[k - 1]);
            }
        }
    }
}

/* An isotonic curve alone has steps, on which better and worse predictions are equal. */
static void a_better_prediction_stays_better(void **state)
{
    (void)state;
    static struct point points[POINTS];
    struct predictor_model model = { .knots = 0 };
    make(points, POINTS, too_bold);
    calibration_fit(points, POINTS, &model);
    for (size_t k = 1; k < model.knots; k++)
        assert_true(model.to[k] > model.to[k - 1]);
}

static void of_a_few_outcomes_there_is_no_curve(void **state)
{
    (void)state;
    struct point points[99];
    struct predictor_model model = { .knots = 7 };
    make(points, 99, as_predicted);
    calibration_fit(points, 99, &model);
    assert_int_equal(model.knots, 0);
}

static void predictions_that_are_all_the_same_give_no_curve(void **state)
{
    (void)state;
    static struct point points[POINTS];
    struct predictor_model model = { .knots = 0 };
    for (size_t i = 0; i < POINTS; i++)
        points[i] = (struct point){ 0.5f, (float)(i % 2) };
    calibration_fit(points, POINTS, &model);
    assert_int_equal(model.knots, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_curve_says_how_often_such_predictions_were_right),
        cmocka_unit_test(the_curve_never_falls_and_stays_a_chance),
        cmocka_unit_test(a_better_prediction_stays_better),
        cmocka_unit_test(of_a_few_outcomes_there_is_no_curve),
        cmocka_unit_test(predictions_that_are_all_the_same_give_no_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
