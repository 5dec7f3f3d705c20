/* test_builtin.c - the builtin predictor on prompts that it was not trained on, and what rules and
 * predictor make of odd ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/outcomes.h"
#include "predict/predictor.h"
#include "route/features.h"

#define HELD_OUT     "config/predictor/heldout.jsonl"
#define UNSPACED     "config/predictor/heldout-unspaced.jsonl"
#define EXAMPLES     "config/predictor/examples.jsonl"
#define SHARE_MIN    80 /* per cent recognised, over all */
#define TASK_MIN     60 /* and of each task */
#define UNSPACED_MIN 75 /* over all, of those in Chinese, Japanese and Thai */
#define HELD_MIN     15 /* prompts of a task that are held out */
#define SHIPPED_MAX  ((size_t)300 << 10)

static void read_outcomes(struct outcomes *outcomes, struct arena *arena, const char *path)
{
    const char *why = NULL;
    outcomes_init(outcomes, arena);
    if (!outcomes_read_file(outcomes, path, &why))
        fail_msg("%s", why);
    outcomes_finish(outcomes);
}

static enum task task_of(const struct outcome_row *row)
{
    int task = 0;
    while (task < TASK_COUNT && strcmp(task_name((enum task)task), row->category) != 0)
        task++;
    assert_true(task < TASK_COUNT);
    return (enum task)task;
}

static enum task task_read(const struct outcome_row *row)
{
    const char *why;
    struct chat_request request;
    struct features features;
    struct arena arena;
    arena_init(&arena);
    assert_true(outcome_request(row, &arena, &request, &why));
    features_read(&request, &features);
    arena_clear(&arena);
    return features.task;
}

static void tasks_of_prompts_never_trained_on_are_recognised(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes outcomes;
    size_t rows[TASK_COUNT] = { 0 }, right[TASK_COUNT] = { 0 }, all_right = 0;
    arena_init(&arena);
    read_outcomes(&outcomes, &arena, HELD_OUT);
    for (size_t i = 0; i < outcomes.row_count; i++) {
        enum task task = task_of(&outcomes.rows[i]);
        bool hit = task_read(&outcomes.rows[i]) == task;
        rows[task]++;
        right[task] += hit;
        all_right += hit;
    }
    assert_true(all_right * 100 >= outcomes.row_count * SHARE_MIN);
    for (int task = 0; task < TASK_COUNT; task++) {
        assert_true(rows[task] >= HELD_MIN);
        if (right[task] * 100 < rows[task] * TASK_MIN)
            fail_msg("%s: %zu of %zu", task_name((enum task)task), right[task], rows[task]);
    }
    arena_clear(&arena);
}

/* Nothing but scripts without spaces: no cue word of the rules helps. */
static void tasks_are_recognised_where_words_are_not_parted_by_spaces(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes outcomes;
    size_t right = 0;
    arena_init(&arena);
    read_outcomes(&outcomes, &arena, UNSPACED);
    assert_int_equal(outcomes.row_count, 6 * TASK_COUNT);
    for (size_t i = 0; i < outcomes.row_count; i++)
        right += task_read(&outcomes.rows[i]) == task_of(&outcomes.rows[i]);
    if (right * 100 < outcomes.row_count * UNSPACED_MIN)
        fail_msg("%zu of %zu", right, outcomes.row_count);
    arena_clear(&arena);
}

static void no_held_out_prompt_is_among_the_examples(void **state)
{
    (void)state;
    static const char *const paths[] = { HELD_OUT, UNSPACED };
    struct arena arena;
    struct outcomes held[2], examples;
    arena_init(&arena);
    read_outcomes(&examples, &arena, EXAMPLES);
    for (size_t path = 0; path < 2; path++) {
        read_outcomes(&held[path], &arena, paths[path]);
        for (size_t i = 0; i < held[path].row_count; i++)
            for (size_t k = 0; k < examples.row_count; k++)
                assert_false(text_equal(held[path].rows[i].body, examples.rows[k].body));
    }
    arena_clear(&arena);
}

static void the_builtin_predictor_is_small_and_knows_our_tasks_and_no_models(void **state)
{
    (void)state;
    struct buffer printed;
    struct predictor copy = *predictor_builtin();
    buffer_init(&printed, PREDICTOR_FILE_MAX);
    assert_int_equal(copy.model_count, 0);
    assert_int_equal(copy.task_count, TASK_COUNT);
    assert_true(predictor_print(&copy, &printed));
    assert_true(printed.len <= SHIPPED_MAX);
    buffer_clear(&printed);
}

static void the_builtin_predictor_was_trained_on_the_examples_as_they_are(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes examples;
    arena_init(&arena);
    read_outcomes(&examples, &arena, EXAMPLES);
    assert_string_equal(predictor_builtin()->data_digest, examples.digest);
    assert_int_equal(predictor_builtin()->rows, examples.row_count);
    arena_clear(&arena);
}

static enum task task_of_request(const char *user, uint32_t has)
{
    struct chat_request request = { .turns = 1, .n = 1, .max_output_tokens = -1, .has = has };
    struct features features;
    request.user.head = text_of(user);
    request.user.total = request.user.head.len;
    features_read(&request, &features);
    return features.task;
}

static void structure_moves_a_task_but_does_not_dictate_it(void **state)
{
    (void)state;
    static const char code[] = "Write a Python function that reverses a linked list, with pytest "
                               "unit tests.\n```python\ndef reverse(head):\n    pass\n```";
    assert_int_equal(task_of_request("Is it raining in Berlin?", 0), TASK_KNOWLEDGE);
    assert_int_equal(task_of_request("Is it raining in Berlin?", HAS_TOOLS), TASK_TOOL_USE);
    assert_int_equal(task_of_request(code, HAS_TOOLS), TASK_CODING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_of_prompts_never_trained_on_are_recognised),
        cmocka_unit_test(tasks_are_recognised_where_words_are_not_parted_by_spaces),
        cmocka_unit_test(no_held_out_prompt_is_among_the_examples),
        cmocka_unit_test(the_builtin_predictor_is_small_and_knows_our_tasks_and_no_models),
        cmocka_unit_test(the_builtin_predictor_was_trained_on_the_examples_as_they_are),
        cmocka_unit_test(structure_moves_a_task_but_does_not_dictate_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
