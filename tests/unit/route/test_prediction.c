/* test_prediction.c - what is expected of a candidate, by hand: priors, and what moves them. */
#include <math.h>

#include "world.h"

#define AUTO WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny]}\n"

static void assert_near(double found, double expected)
{
    if (fabs(found - expected) > 1e-9 + fabs(expected) * 1e-9)
        fail_msg("%.12g instead of %.12g", found, expected);
}

/* Decides with the figures of `mid` and gives its terms. */
static const struct candidate *mid_with(struct world *world, const struct figures *figures)
{
    *world_figures(world, "mid") = *figures;
    world_decide(world);
    return world_candidate(world, "mid");
}

static void the_length_of_an_answer_is_learnt_by_model_and_by_task(void **state)
{
    (void)state;
    static const struct {
        struct figures figures;
        int64_t max, expected;
    } rows[] = {
        { { .output_count = 0 }, -1, 150 },                            /* usual for chat */
        { { .verbosity = 2, .verbosity_count = 5 }, -1, 225 },         /* half of the way */
        { { .output_tokens = 650, .output_count = 5 }, -1, 400 },      /* as far */
        { { .output_tokens = 650, .output_count = 5 }, 100, 100 },     /* max_tokens */
        { { .output_tokens = 90000, .output_count = 1e6 }, -1, 8000 }, /* what it can give */
        { { 0, .verbosity = 2, .verbosity_count = 5, .output_tokens = 625, .output_count = 15 },
          -1,
          525 }, /* (225 · 5 + 625 · 15) / 20 */
    };
    struct world world;
    world_init(&world, AUTO);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world.request.max_output_tokens = rows[i].max;
        const struct candidate *mid = mid_with(&world, &rows[i].figures);
        assert_int_equal(mid->tokens_out, rows[i].expected);
        assert_near(mid->cost, 1000 * 2e-6 + (double)rows[i].expected * 8e-6);
    }
    world_free(&world);
}

static void tokens_are_calibrated_for_cost_and_for_the_window(void **state)
{
    (void)state;
    static const struct {
        double ratio, spread, count;
        int64_t likely, safe;
    } rows[] = {
        { 0, 0, 0, 1000, 1300 },
        { 1.5, 0.1, 15, 1375, 1514 },  /* (1300 · 20 + 1800 · 15) / 35 */
        { 1.5, 0.1, 20, 1400, 1550 },  /* half of the way from 1300 to 1800 */
        { 1.5, 0.1, 1e9, 1500, 1800 }, /* up: as far as it knows */
        { 0.5, 0, 20, 600, 900 },      /* down: half of the way to 500, */
        { 0.5, 0, 1e9, 500, 900 },     /* and never more */
        { 2, 0, 5, 1500, 1500 },       /* at least what is expected: 1440 would be less */
    };
    struct world world;
    world_init(&world, AUTO);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct figures figures = { .token_ratio = rows[i].ratio,
                                         .token_ratio_spread = rows[i].spread,
                                         .token_ratio_count = rows[i].count };
        const struct candidate *mid = mid_with(&world, &figures);
        assert_in_range(mid->tokens_in, rows[i].likely - 1, rows[i].likely);
        assert_in_range(mid->tokens_in_safe, rows[i].safe - 1, rows[i].safe);
    }
    world_free(&world);
}

static void a_model_that_counts_more_tokens_than_others_needs_a_larger_window(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    world.features.tokens_in = 5000;
    world.features.tokens_in_safe = 6500;
    assert_string_equal(world_order(&world), "tiny mid big");
    struct figures *tiny = world_figures(&world, "tiny");
    tiny->token_ratio = 1.8;
    tiny->token_ratio_count = 200;
    assert_string_equal(world_order(&world), "mid big");
    assert_int_equal(world_candidate(&world, "tiny")->ruled_out, RULED_OUT_CONTEXT);
    world_free(&world);
}

static void pictures_are_not_calibrated(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    world.features.tokens_in = 1800;
    world.features.tokens_images = 800;
    world.features.tokens_images_safe = 1600;
    world.features.tokens_in_safe = 2900;
    const struct figures figures = { .token_ratio = 1.5, .token_ratio_count = 1e9 };
    const struct candidate *mid = mid_with(&world, &figures);
    assert_in_range(mid->tokens_in, 2299, 2300);
    assert_in_range(mid->tokens_in_safe, 3099, 3100);
    world_free(&world);
}

static void a_whole_reply_takes_as_long_as_whole_replies_took(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, AUTO);
    const double unseen = 0.4 + 150 / 80.0;
    const struct figures figures = { .whole_tokens_per_second = 25,
                                     .whole_speed_count = 15,
                                     .whole_ms = 3000,
                                     .whole_ms_count = 15 };
    assert_near(mid_with(&world, &figures)->seconds, (unseen * 5 + 150 / 25.0 * 15) / 20);
    assert_near(world_candidate(&world, "mid")->latency_count, 15);
    /* Embeddings write nothing: then the time of the whole counts. */
    world.request.endpoint = ENDPOINT_EMBEDDINGS;
    assert_near(mid_with(&world, &figures)->seconds, (0.4 * 5 + 3.0 * 15) / 20);
    world.request.endpoint = ENDPOINT_CHAT;
    world.request.stream = true;
    assert_near(mid_with(&world, &figures)->seconds, unseen);
    world_free(&world);
}

static void
late_is_what_nine_of_ten_are_not_and_nothing_is_late_of_which_nothing_is_known(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, "providers:\n  p: {base_url: 'http://127.0.0.1:1/v1'}\n"
                       "models:\n  mid: {provider: p, latency: {first_token: 400ms}}\n"
                       "  dark: {provider: p}\nroutes:\n  auto: {candidates: [mid, dark]}\n");
    const struct figures figures = { .first_token_p90_ms = 100,
                                     .first_token_count = 15,
                                     .whole_p90_ms = 900,
                                     .whole_ms_count = 15,
                                     .whole_ms = 700 };
    world.request.stream = true;
    assert_near(mid_with(&world, &(struct figures){ 0 })->late_ms, 800);
    assert_near(mid_with(&world, &figures)->late_ms, (800 * 5 + 100 * 15) / 20.0);
    assert_near(world_candidate(&world, "dark")->late_ms, -1);
    *world_figures(&world, "dark") = figures;
    assert_near(mid_with(&world, &figures)->late_ms, (800 * 5 + 100 * 15) / 20.0);
    assert_near(world_candidate(&world, "dark")->late_ms, (2000 * 5 + 100 * 15) / 20.0);
    world.request.stream = false;
    world.request.max_output_tokens = 0;
    const struct figures wholes = { .whole_p90_ms = 900, .whole_ms_count = 15, .whole_ms = 700 };
    assert_near(mid_with(&world, &wholes)->late_ms, (800 * 5 + 900 * 15) / 20.0);
    world_free(&world);
}

static size_t place_of(struct world *world, const char *name)
{
    world_decide(world);
    return (size_t)(world_candidate(world, name) - world->decision.candidates);
}

static void more_failures_never_raise_a_value_or_a_rank(void **state)
{
    (void)state;
    static const char *const objectives[] = { "balanced",          "best",
                                              "cheapest",          "fastest",
                                              "{answer_value: 1}", "{quality_target: 70%}" };
    for (size_t i = 0; i < sizeof objectives / sizeof objectives[0]; i++) {
        for (int successes = 0; successes < 200; successes += 50) {
            struct world world;
            char yaml[4000];
            snprintf(yaml, sizeof yaml,
                     "%sroutes:\n  auto: {candidates: [big, mid, tiny], objective: %s}\n",
                     WORLD_MODELS, objectives[i]);
            world_init(&world, yaml);
            world_figures(&world, "mid")->successes = successes;
            size_t place = 0;
            double value = INFINITY;
            for (int failures = 0; failures < 400; failures += 7) {
                world_figures(&world, "mid")->failures = failures;
                size_t now = place_of(&world, "mid");
                double worth = world_candidate(&world, "mid")->value;
                assert_true(now >= place && worth < value);
                place = now;
                value = worth;
            }
            world_free(&world);
        }
    }
}

static void the_chance_of_success_is_shrunk_to_its_prior(void **state)
{
    (void)state;
    static const struct {
        double successes, failures, rate;
    } rows[] = { { 0, 0, 0.95 }, { 0, 1, 19 / 21.0 }, { 20, 0, 39 / 40.0 }, { 10, 10, 29 / 40.0 } };
    struct world world;
    world_init(&world, AUTO);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct figures figures = { .successes = rows[i].successes,
                                         .failures = rows[i].failures };
        assert_near(mid_with(&world, &figures)->success_rate, rows[i].rate);
    }
    world_free(&world);
}

#define CACHING                                                                                    \
    "providers:\n"                                                                                 \
    "  keeps: {base_url: 'http://127.0.0.1:1/v1', prompt_cache: 10m}\n"                            \
    "  never: {base_url: 'http://127.0.0.1:2/v1', prompt_cache: 0}\n"                              \
    "models:\n"                                                                                    \
    "  a: {provider: keeps, price: {input: 10, cached_input: 1, output: 10}}\n"                    \
    "  b: {provider: keeps, price: {input: 10, cached_input: 1, output: 10}}\n"                    \
    "  c: {provider: never, price: {input: 10, cached_input: 1, output: 10}}\n"                    \
    "  d: {provider: keeps, price: {input: 10, output: 10}}\n"                                     \
    "routes:\n  auto: {candidates: [a, b, c, d], objective: cheapest}\n"

static void a_session_makes_the_model_that_knows_it_cheaper_while_the_cache_lives(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct figures figures;
        int64_t cached;
    } rows[] = {
        { "just now, four fifths are hit", { .session_tokens = 4000 }, 3200 },
        { "after its life: half", { .session_tokens = 4000, .session_age_ms = 600000 }, 1600 },
        { "long after", { .session_tokens = 4000, .session_age_ms = 86400000 }, 0 },
        { "never more than is asked", { .session_tokens = 90000 }, 4000 },
        { "too short to be cached", { .session_tokens = 1000 }, 0 },
        { "hits that do not come",
          { .session_tokens = 4000, .cache_hits = 0, .cache_hits_count = 15 },
          800 },
        { "hits that always come",
          { .session_tokens = 4000, .cache_hits = 1, .cache_hits_count = 15 },
          3800 },
    };
    struct world world;
    world_init(&world, CACHING);
    world.features.tokens_in = 5000;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *world_figures(&world, "b") = rows[i].figures;
        world_decide(&world);
        const struct candidate *b = world_candidate(&world, "b");
        if (b->tokens_cached != rows[i].cached)
            fail_msg("%s: %d", rows[i].what, (int)b->tokens_cached);
        assert_near(b->cached_saving, (double)rows[i].cached * 9e-6);
        assert_near(b->cost, world_candidate(&world, "a")->cost - b->cached_saving);
        assert_string_equal(world.decision.candidates[0].model->object.name,
                            rows[i].cached ? "b" : "a");
    }
    world_free(&world);
}

static void nothing_is_saved_where_nothing_is_cached_or_no_price_is_said(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, CACHING);
    world.features.tokens_in = 5000;
    world_figures(&world, "c")->session_tokens = 4000;
    world_figures(&world, "d")->session_tokens = 4000;
    world_decide(&world);
    assert_int_equal(world_candidate(&world, "c")->tokens_cached, 0);
    assert_near(world_candidate(&world, "d")->cost, world_candidate(&world, "a")->cost);
    assert_near(world_candidate(&world, "d")->cached_saving, 0);
    world_free(&world);
}

static void ratings_move_the_quality_at_most_half_of_the_way(void **state)
{
    (void)state;
    static const struct {
        double score, count, quality, share;
    } rows[] = {
        { 0, 0, 0.7, 0 },        { 1, 5, 0.76, 0.2 }, /* (0.7 · 20 + 1 · 5) / 25 */
        { 0, 5, 0.56, 0.2 },                          /* 0.7 · 20 / 25 */
        { 0, 20, 0.35, 0.5 },                         /* half of the way */
        { 0, 1000, 0.35, 0.5 },                       /* and no further */
        { 0.7, 1000, 0.7, 0.5 },
    };
    struct world world;
    world_init(&world, AUTO);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct figures figures = { .feedback = rows[i].score,
                                         .feedback_count = rows[i].count };
        const struct candidate *mid = mid_with(&world, &figures);
        assert_near(mid->quality, rows[i].quality);
        assert_near(mid->feedback_share, rows[i].share);
        assert_near(mid->quality_profile, 0.7);
    }
    world_free(&world);
}

static void a_better_rating_never_lowers_a_rank(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS
               "routes:\n  auto: {candidates: [big, mid, tiny], objective: {answer_value: 1}}\n");
    struct figures *mid = world_figures(&world, "mid");
    mid->feedback_count = 15;
    size_t place = 3;
    for (int score = 0; score <= 100; score++) {
        mid->feedback = score / 100.0;
        size_t now = place_of(&world, "mid");
        assert_true(now <= place);
        place = now;
    }
    assert_int_equal(place, 1);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_length_of_an_answer_is_learnt_by_model_and_by_task),
        cmocka_unit_test(tokens_are_calibrated_for_cost_and_for_the_window),
        cmocka_unit_test(a_model_that_counts_more_tokens_than_others_needs_a_larger_window),
        cmocka_unit_test(pictures_are_not_calibrated),
        cmocka_unit_test(a_whole_reply_takes_as_long_as_whole_replies_took),
        cmocka_unit_test(
            late_is_what_nine_of_ten_are_not_and_nothing_is_late_of_which_nothing_is_known),
        cmocka_unit_test(more_failures_never_raise_a_value_or_a_rank),
        cmocka_unit_test(the_chance_of_success_is_shrunk_to_its_prior),
        cmocka_unit_test(a_session_makes_the_model_that_knows_it_cheaper_while_the_cache_lives),
        cmocka_unit_test(ratings_move_the_quality_at_most_half_of_the_way),
        cmocka_unit_test(a_better_rating_never_lowers_a_rank),
        cmocka_unit_test(nothing_is_saved_where_nothing_is_cached_or_no_price_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
