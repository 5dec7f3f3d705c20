/* test_trainer.c - what is learned from outcomes, and that odd outcomes harm nobody. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/request.h"
#include "train/corpus.h"
#include "train/trainer.h"

static const char *const names[] = { "coder", "poet" };

static void read_text(const char *text, struct reading *reading)
{
    struct chat_request request = { .turns = 1 };
    request.user.head = text_of(text);
    request.user.total = request.user.head.len;
    reading_read(&request, reading);
}

static void add(struct corpus *corpus, const char *text, const char *category, float one, float two)
{
    struct reading reading;
    read_text(text, &reading);
    const struct corpus_row row = { .reading = &reading,
                                    .category = category,
                                    .scores = (float[]){ one, two },
                                    .lengths = (float[]){ NAN, 3 },
                                    .tokens_in = 7,
                                    .task = 2 };
    assert_true(corpus_add(corpus, &row));
}

/* The coder is right about code, the poet about verse, and the coder a little more often. */
static struct corpus *two_trades(size_t rows)
{
    struct corpus *corpus = corpus_new(names, 2);
    for (size_t i = 0; i < rows; i++) {
        char text[128];
        bool code = i % 5 < 3;
        snprintf(text, sizeof text,
                 code ? "fix the function f%zu(x) { return x + %zu; }"
                      : "a verse about autumn rain and the moon, number %zu of %zu",
                 i, i % 7);
        add(corpus, text, code ? "code" : "verse", code, !code);
    }
    return corpus;
}

static struct predictor *train_on(struct corpus *corpus, int threads, struct arena *arena)
{
    struct training_report report;
    const struct training how = { .threads = threads };
    struct predictor *predictor = train(corpus, &how, arena, &report);
    corpus_free(corpus);
    return predictor;
}

static struct assessment ask(const struct predictor *predictor, const char *text)
{
    struct reading reading;
    struct assessment assessment;
    read_text(text, &reading);
    predictor_assess(predictor, &reading, &assessment);
    return assessment;
}

static void each_model_is_predicted_best_at_its_trade(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct predictor *predictor = train_on(two_trades(400), 0, &arena);
    struct assessment code = ask(predictor, "fix the function g(x) { return x + 3; }");
    struct assessment verse = ask(predictor, "a verse about autumn rain, number 5 of 6");
    assert_true(code.models[0].quality > code.models[1].quality + 0.5f);
    assert_true(verse.models[1].calibrated > verse.models[0].calibrated + 0.5f);
    assert_true(fabsf(predictor->models[0].mean - 0.6f) < 0.01f);
    arena_clear(&arena);
}

/* Six kinds of prompts that share half of their words. Which model is right is another matter in
 * each kind, so what was learned of five misleads on the sixth. */
static struct corpus *six_kinds(size_t rows)
{
    static const char *const kinds[] = { "ants", "bees", "cats", "dogs", "elks", "frogs" };
    struct corpus *corpus = corpus_new(names, 2);
    for (size_t i = 0; i < rows; i++) {
        char text[128];
        size_t kind = i % 6;
        snprintf(text, sizeof text, "tell me about %s of the %s, chapter %zu", kinds[kind],
                 i % 4 ? "north" : "south", i % 17);
        bool poet = kind % 2 && i % 5;
        add(corpus, text, kinds[kind], !poet, poet);
    }
    return corpus;
}

/* With the two models in the other order. */
static struct corpus *six_kinds_swapped(size_t rows)
{
    static const char *const swapped[] = { "poet", "coder" };
    struct corpus *corpus = six_kinds(rows);
    corpus->models = swapped;
    for (size_t row = 0; row < corpus->rows; row++) {
        float first = corpus->scores[row * 2];
        corpus->scores[row * 2] = corpus->scores[row * 2 + 1];
        corpus->scores[row * 2 + 1] = first;
    }
    return corpus;
}

static void the_order_of_the_models_changes_nothing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct predictor *one = train_on(six_kinds(900), 0, &arena);
    struct predictor *other = train_on(six_kinds_swapped(900), 0, &arena);
    assert_int_equal(one->reference, 0);
    assert_int_equal(other->reference, 1);
    assert_true(fabsf(one->trust.bias - other->trust.bias) < 0.001f);
    static const char *const texts[] = { "tell me about bees of the north, chapter 3",
                                         "tell me about ants of the north, chapter 5",
                                         "tell me about frogs of the south", "ants and bees" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct assessment first = ask(one, texts[i]), second = ask(other, texts[i]);
        assert_true(fabsf(first.earned - second.earned) < 0.01f);
        assert_true(fabsf(first.models[0].quality - second.models[1].quality) < 0.01f);
        assert_true(fabsf(first.models[1].quality - second.models[0].quality) < 0.01f);
    }
    arena_clear(&arena);
}

/* Of one kind, half are hard for both models; of the others another word tells which is right. */
static struct corpus *hard_and_easy(size_t rows)
{
    struct corpus *corpus = corpus_new(names, 2);
    for (size_t i = 0; i < rows; i++) {
        char text[128];
        bool hard = i % 2, turns = i % 4 < 2, luck = i * 7 % 10 == 0;
        snprintf(text, sizeof text, "a riddle of %s apples %s in basket %zu",
                 hard ? "twisted" : "plain", turns ? "falling" : "lying", i % 13);
        float right = hard ? luck : 1;
        add(corpus, text, "riddle", turns ? right : right / 2, turns ? right / 2 : right);
    }
    return corpus;
}

static void what_is_hard_for_all_and_what_parts_them_are_both_learned(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct predictor *predictor = train_on(hard_and_easy(600), 0, &arena);
    struct assessment plain = ask(predictor, "a riddle of plain apples falling in basket 3");
    struct assessment twisted = ask(predictor, "a riddle of twisted apples falling in basket 3");
    struct assessment lying = ask(predictor, "a riddle of plain apples lying in basket 3");
    for (int m = 0; m < 2; m++)
        assert_true(plain.models[m].calibrated > twisted.models[m].calibrated + 0.3f);
    assert_true(plain.models[0].calibrated > plain.models[1].calibrated + 0.2f);
    assert_true(lying.models[1].calibrated > lying.models[0].calibrated + 0.2f);
    arena_clear(&arena);
}

static void little_is_lost_on_whole_kinds_that_were_left_out(void **state)
{
    (void)state;
    struct arena arena;
    struct training_report report;
    arena_init(&arena);
    struct corpus *corpus = six_kinds(900);
    train(corpus, &(struct training){ .threads = 0 }, &arena, &report);
    corpus_free(corpus);
    assert_int_equal(report.left_out, 6);
    assert_true(report.routed > report.constant + 0.1);
    assert_true(report.routed_left_out >= report.constant_left_out * 0.995);
    arena_clear(&arena);
}

/* Nothing in it was seen: the model with the best mean stays first. */
static void what_is_unlike_the_training_gets_the_best_constant(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct predictor *predictor = train_on(two_trades(400), 0, &arena);
    static const char *const texts[] = { "", "今天天气怎么样", "zxq wvu 77 %% @@", "??????" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct assessment got = ask(predictor, texts[i]);
        assert_true(got.models[0].quality > got.models[1].quality);
    }
    arena_clear(&arena);
}

static void print(struct predictor *predictor, struct buffer *bytes)
{
    buffer_init(bytes, PREDICTOR_FILE_MAX);
    assert_true(predictor_print(predictor, bytes));
}

static void the_file_is_the_same_in_every_run_and_with_any_number_of_threads(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer one, other;
    arena_init(&arena);
    print(train_on(two_trades(200), 1, &arena), &one);
    for (int threads = 1; threads <= 3; threads++) {
        print(train_on(two_trades(200), threads, &arena), &other);
        assert_int_equal(one.len, other.len);
        assert_memory_equal(one.data, other.data, one.len);
        buffer_clear(&other);
    }
    buffer_clear(&one);
    arena_clear(&arena);
}

/* In equal stretches of the rows: where there are fewer than it takes, all of them. */
static void prompts_are_kept_as_those_saw_them_that_were_not_trained_on_them(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct predictor *predictor = train_on(two_trades(200), 0, &arena);
    const struct predictor_sample *sample = &predictor->sample;
    assert_int_equal(sample->rows, 200);
    for (size_t row = 0; row < sample->rows; row++) {
        bool code = row % 5 < 3;
        assert_int_equal(sample->score[2 * row], code ? SAMPLE_SCORE_ONE : 0);
        assert_int_equal(sample->score[2 * row + 1], code ? 0 : SAMPLE_SCORE_ONE);
        assert_int_equal(sample->tokens_in[row], 7);
        assert_int_equal(sample->task[row], 2);
    }
    assert_true(sample->quality[0] > SAMPLE_QUALITY_ONE / 2); /* of code, the coder's */
    predictor = train_on(two_trades(SAMPLE_ROWS_MAX + 300), 0, &arena);
    assert_int_equal(predictor->sample.rows, SAMPLE_ROWS_MAX);
    arena_clear(&arena);
}

/* Of one length nothing was told; the other's answers are three times as long as usual, drawn to
 * the usual length as if by five more. */
static void how_long_answers_are_is_learned_where_it_was_told(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct predictor *predictor = train_on(two_trades(200), 0, &arena);
    assert_true(predictor->models[0].length == 0);
    assert_true(fabsf(predictor->models[1].length - 605.0f / 205.0f) < 1e-5f);
    arena_clear(&arena);
}

static void assert_sane(const struct predictor *predictor)
{
    static const char *const texts[] = { "", "hello", "fix the function" };
    assert_non_null(predictor);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct assessment got = ask(predictor, texts[i]);
        for (size_t m = 0; m < predictor->model_count; m++)
            assert_true(got.models[m].quality >= 0 && got.models[m].quality <= 1);
    }
}

static void one_row_is_enough(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct corpus *corpus = corpus_new(names, 2);
    add(corpus, "hello", NULL, 1, 0);
    assert_sane(train_on(corpus, 0, &arena));
    arena_clear(&arena);
}

static void no_row_is_not(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_null(train_on(corpus_new(names, 2), 0, &arena));
    arena_clear(&arena);
}

static void one_model_or_none_is_enough(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t models = 0; models < 2; models++) {
        struct corpus *corpus = corpus_new(names, models);
        for (int i = 0; i < 60; i++)
            add(corpus, i % 2 ? "count the apples" : "write a letter", i % 2 ? "a" : "b",
                i % 3 == 0, 0);
        assert_sane(train_on(corpus, 0, &arena));
    }
    arena_clear(&arena);
}

static void equal_scores_leave_nothing_to_tell_apart(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (int score = 0; score < 2; score++) {
        struct corpus *corpus = corpus_new(names, 2);
        for (int i = 0; i < 60; i++)
            add(corpus, i % 2 ? "count the apples" : "write a letter", "a", (float)score,
                (float)score);
        struct predictor *predictor = train_on(corpus, 0, &arena);
        assert_sane(predictor);
        struct assessment got = ask(predictor, "count the letters");
        assert_true(fabsf(got.models[0].quality - got.models[1].quality) < 1e-5f);
        assert_true(fabsf(got.models[0].quality - (float)score) < 0.02f);
    }
    arena_clear(&arena);
}

static void a_model_that_is_missing_in_most_rows_is_not_taken_for_the_best(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct corpus *corpus = corpus_new(names, 2);
    for (int i = 0; i < 100; i++)
        add(corpus, i % 2 ? "count the apples" : "write a letter", i % 2 ? "a" : "b",
            (float)(i % 2), i < 5 ? 1 : NAN);
    struct predictor *predictor = train_on(corpus, 0, &arena);
    assert_sane(predictor);
    assert_int_equal(predictor->reference, 0);
    assert_true(predictor->models[1].rows == 5);
    arena_clear(&arena);
}

static void without_categories_texts_are_clustered(void **state)
{
    (void)state;
    struct arena arena;
    struct training_report report;
    const struct training how = { .label_free = true };
    arena_init(&arena);
    struct corpus *corpus = two_trades(400);
    struct predictor *predictor = train(corpus, &how, &arena, &report);
    corpus_free(corpus);
    assert_true(report.groups_are_clusters);
    assert_true(predictor->task_count > 1);
    struct assessment code = ask(predictor, "fix the function g(x) { return x + 3; }");
    assert_true(code.models[0].quality > code.models[1].quality);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_model_is_predicted_best_at_its_trade),
        cmocka_unit_test(what_is_unlike_the_training_gets_the_best_constant),
        cmocka_unit_test(the_file_is_the_same_in_every_run_and_with_any_number_of_threads),
        cmocka_unit_test(prompts_are_kept_as_those_saw_them_that_were_not_trained_on_them),
        cmocka_unit_test(how_long_answers_are_is_learned_where_it_was_told),
        cmocka_unit_test(little_is_lost_on_whole_kinds_that_were_left_out),
        cmocka_unit_test(the_order_of_the_models_changes_nothing),
        cmocka_unit_test(what_is_hard_for_all_and_what_parts_them_are_both_learned),
        cmocka_unit_test(one_row_is_enough),
        cmocka_unit_test(no_row_is_not),
        cmocka_unit_test(one_model_or_none_is_enough),
        cmocka_unit_test(equal_scores_leave_nothing_to_tell_apart),
        cmocka_unit_test(a_model_that_is_missing_in_most_rows_is_not_taken_for_the_best),
        cmocka_unit_test(without_categories_texts_are_clustered),
    };
    return cmocka_run_group_tests_name("train/trainer", tests, NULL, NULL);
}
