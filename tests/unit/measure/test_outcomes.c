/* test_outcomes.c - outcome data read, and what is wrong with a line told with its place. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure/outcomes.h"

static const char good[] =
    "{\"id\": \"1\", \"category\": \"math\", \"prompt\": \"1+1?\", \"models\": {\"a\": {\"score\": "
    "1, \"cost_usd\": 0.5, \"tokens_in\": 3}, \"b\": {\"score\": 0.25}}}\n"
    "\n"
    "{\"messages\": [{\"role\": \"system\", \"content\": \"be brief\"}, {\"role\": \"user\", "
    "\"content\": \"hi\"}], \"models\": {\"c\": {\"score\": 0}}}\n"
    "{\"prompt\": \"only a task\", \"category\": \"chat\"}\n";

static void prompts_messages_and_examples_without_models_are_read(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes outcomes;
    const char *why = NULL;
    arena_init(&arena);
    outcomes_init(&outcomes, &arena);
    assert_true(outcomes_read_text(&outcomes, text_of(good), "good", &why));
    outcomes_finish(&outcomes);
    assert_int_equal(outcomes.row_count, 3);
    assert_int_equal(outcomes.model_count, 3);
    struct outcome a = outcomes_find(&outcomes.rows[0], 0), c = outcomes_find(&outcomes.rows[0], 2);
    assert_true(a.score == 1 && a.cost == 0.5 && a.tokens_in == 3 && a.tokens_out == -1);
    assert_true(isnan(c.score));
    assert_true(outcomes_find(&outcomes.rows[1], 2).score == 0);
    assert_true(isnan(outcomes_find(&outcomes.rows[2], 0).score));
    struct chat_request request;
    assert_true(outcome_request(&outcomes.rows[1], &arena, &request, &why));
    assert_true(text_is(request.user.head, "hi"));
    assert_true(text_is(request.system.head, "be brief"));
    assert_int_equal(strlen(outcomes.digest), 64);
    arena_clear(&arena);
}

static void a_wrong_line_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *line, *why;
    } rows[] = {
        { "{", "data:2: it is no JSON: " },
        { "[]", "data:2: it is no JSON object" },
        { "{}", "data:2: there is neither a \"prompt\" text nor a list of \"messages\"" },
        { "{\"prompt\": 5}", "data:2: there is neither" },
        { "{\"messages\": {}}", "data:2: there is neither" },
        { "{\"messages\": [5]}", "data:2: it is no request: " },
        { "{\"prompt\": \"x\", \"category\": 5}", "data:2: \"category\" is no short text" },
        { "{\"prompt\": \"x\", \"models\": []}", "data:2: \"models\" is no object" },
        { "{\"prompt\": \"x\", \"models\": {\"a\": {}}}", "data:2: a model's \"score\" is no" },
        { "{\"prompt\": \"x\", \"models\": {\"a\": {\"score\": 1.5}}}", "data:2: a model's" },
        { "{\"prompt\": \"x\", \"models\": {\"a\": {\"score\": 1, \"cost_usd\": -1}}}",
          "data:2: a \"cost_usd\" is no amount" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena;
        struct outcomes outcomes;
        const char *why = NULL;
        arena_init(&arena);
        outcomes_init(&outcomes, &arena);
        const char *text = arena_printf(&arena, "{\"prompt\": \"fine\"}\n%s\n", rows[i].line);
        assert_false(outcomes_read_text(&outcomes, text_of(text), "data", &why));
        assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
        arena_clear(&arena);
    }
}

static void a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct arena arena;
    struct outcomes outcomes;
    const char *why = NULL;
    arena_init(&arena);
    outcomes_init(&outcomes, &arena);
    assert_false(outcomes_read_file(&outcomes, "/nowhere/x.jsonl", &why));
    assert_string_equal(why, "/nowhere/x.jsonl: the file cannot be opened");
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompts_messages_and_examples_without_models_are_read),
        cmocka_unit_test(a_wrong_line_is_refused_with_its_place),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests_name("measure/outcomes", tests, NULL, NULL);
}
