/* test_features.c - the task, the languages and the size that are read off a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/features.h"

static struct chat_request request_of(const char *user)
{
    struct chat_request request = { .turns = 1, .n = 1, .max_output_tokens = -1 };
    request.user.head = text_of(user);
    request.user.total = request.user.head.len;
    request.chars_ascii = request.user.head.len;
    return request;
}

static struct features features_of(const char *user)
{
    struct chat_request request = request_of(user);
    struct features features;
    features_read(&request, &features);
    return features;
}

static const char *name_of(enum task task)
{
    static const char *const names[TASK_COUNT] = { "chat",       "coding",      "math",
                                                   "reasoning",  "knowledge",   "writing",
                                                   "extraction", "translation", "summarization",
                                                   "rag",        "tool_use" };
    return names[task];
}

static void the_task_of_plain_requests_is_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *user;
        enum task task;
    } rows[] = {
        { "hi", TASK_CHAT },
        { "Hello, how are you today?", TASK_CHAT },
        { "Write a Python function that reverses a linked list.", TASK_CODING },
        { "```c\nint main(void) { return 0; }\n```\nWhy does this not compile?", TASK_CODING },
        { "Fix the segfault in this program: char *p = NULL; *p = 1;", TASK_CODING },
        { "Solve the equation x^2 - 5x + 6 = 0.", TASK_MATH },
        { "Natalia sold 48 clips in April and half as many in May. How many clips in total?",
          TASK_MATH },
        { "Compute the integral \\int_0^1 x^2 dx", TASK_MATH },
        { "What is the capital of Australia?", TASK_KNOWLEDGE },
        { "Who was the first president of the United States?", TASK_KNOWLEDGE },
        { "Write a short story about a lighthouse.", TASK_WRITING },
        { "Write a poem in the style of Rilke", TASK_WRITING },
        { "Translate this sentence into French: the cat sleeps.", TASK_TRANSLATION },
        { "Bitte ü"
          "bersetze diesen Satz.",
          TASK_TRANSLATION },
        { "Summarize the following article in three bullet points.", TASK_SUMMARIZATION },
        { "Extract all entities from this text and label each as JSON.", TASK_EXTRACTION },
        { "Based on the provided context and the following documents, answer. Cite the passages.",
          TASK_RAG },
        { "Solve this logic puzzle: deduce who lives in the red house, reasoning step by step.",
          TASK_REASONING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct features features = features_of(rows[i].user);
        if (features.task != rows[i].task)
            print_error("%s\n", rows[i].user);
        assert_string_equal(name_of(features.task), name_of(rows[i].task));
    }
}

static void the_chances_of_all_tasks_sum_to_one(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "hi", "poem poem poem poem python sql translate",
                                         "\xff\xfe\x80", "{{{{{{{{{;;;;;;" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct features features = features_of(texts[i]);
        double sum = 0;
        for (int task = 0; task < TASK_COUNT; task++) {
            assert_true(features.task_probability[task] > 0);
            sum += features.task_probability[task];
        }
        assert_true(sum > 0.9999 && sum < 1.0001);
    }
}

static void tools_in_the_request_speak_for_tool_use(void **state)
{
    (void)state;
    struct chat_request request = request_of("Is it raining in Berlin?");
    request.has = HAS_TOOLS;
    request.tools = 2;
    struct features features;
    features_read(&request, &features);
    assert_int_equal(features.task, TASK_TOOL_USE);
}

static void the_user_weighs_more_than_the_system_prompt(void **state)
{
    (void)state;
    struct chat_request request = request_of("Translate to German: good morning");
    request.system.head = text_of("You write code. Return the function and its source code.");
    struct features features;
    features_read(&request, &features);
    assert_int_equal(features.task, TASK_TRANSLATION);
}

static void languages_are_told_by_script_and_small_words(void **state)
{
    (void)state;
    static const struct {
        const char *user, *language;
    } rows[] = {
        { "What is the best way to learn this?", "en" },
        { "Wie funktioniert das und was ist der Unterschied?", "de" },
        { "Pourquoi le ciel est-il bleu et la mer aussi ?", "fr" },
        { "¿"
          "Cómo se hace el pan y por qué es bueno?",
          "es" },
        { "Perché il cielo è blu e come si fa questo?", "it" },
        { "Por que o céu é azul e não verde? Você sabe?", "pt" },
        { "Привет, как", "ru" },
        { "你好吗", "zh" },
        { "日本語です", "ja" },
        { "안녕", "ko" },
        { "xyzzy plugh", "und" },
        { "", "und" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct features features = features_of(rows[i].user);
        assert_string_equal(features.language, rows[i].language);
    }
}

static void code_languages_are_told_by_their_words(void **state)
{
    (void)state;
    static const struct {
        const char *user, *language; /* NULL: no code */
    } rows[] = {
        { "Write a Python script", "python" },
        { "#include <stdio.h>\nint main(void) { printf(\"x\"); malloc(3); }", "c" },
        { "const x = async () => { await fetch(); let y = document; }", "javascript" },
        { "a rust borrow checker error with unwrap", "rust" },
        { "SELECT a FROM b JOIN c ON d GROUP BY e", "sql" },
        { "What is the weather like?", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *language = features_of(rows[i].user).code_language;
        if (rows[i].language)
            assert_string_equal(language, rows[i].language);
        else
            assert_null(language);
    }
}

static void tokens_are_estimated_by_script_and_safely_for_windows(void **state)
{
    (void)state;
    static const struct {
        size_t ascii, latin, cjk, other;
        int images;
        int64_t least, most; /* of the likely estimate */
    } rows[] = {
        { 4000, 0, 0, 0, 0, 1000, 1020 }, { 0, 0, 1200, 0, 0, 1000, 1020 },
        { 0, 2500, 0, 0, 0, 1000, 1020 }, { 0, 0, 0, 2000, 0, 1000, 1020 },
        { 0, 0, 0, 0, 2, 1600, 1620 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chat_request request = { .turns = 1, .images = rows[i].images };
        request.chars_ascii = rows[i].ascii;
        request.chars_latin = rows[i].latin;
        request.chars_cjk = rows[i].cjk;
        request.chars_other = rows[i].other;
        struct features features;
        features_read(&request, &features);
        assert_in_range(features.tokens_in, rows[i].least, rows[i].most);
        assert_true(features.tokens_in_safe > features.tokens_in * 5 / 4);
        assert_int_equal(features.tokens_images, rows[i].images * 800);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_task_of_plain_requests_is_recognised),
        cmocka_unit_test(the_chances_of_all_tasks_sum_to_one),
        cmocka_unit_test(tools_in_the_request_speak_for_tool_use),
        cmocka_unit_test(the_user_weighs_more_than_the_system_prompt),
        cmocka_unit_test(languages_are_told_by_script_and_small_words),
        cmocka_unit_test(code_languages_are_told_by_their_words),
        cmocka_unit_test(tokens_are_estimated_by_script_and_safely_for_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
