/* check.c - `bourse check`: everything wrong with a file at once, then its own tests. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ask.h"
#include "commands.h"
#include "options.h"

static const char *first_of(const struct decision *decision)
{
    return decision->shortlist > 0 ? decision->candidates[0].model->object.name : "nobody";
}

/* NULL when the decision is as the test says; else what it is instead, in the arena. */
static const char *contradiction(const struct route_test *test, const struct decision *decision,
                                 struct arena *arena)
{
    const char *first = first_of(decision);
    if (test->expect_denied)
        return decision->fail == FAIL_DENIED ? NULL
                                             : arena_printf(arena, "not denied: %s answers", first);
    if (test->expect_model && strcmp(test->expect_model, first) != 0)
        return arena_printf(arena, "expected %s, but %s answers", test->expect_model, first);
    for (size_t i = 0; i < test->expect_not.count; i++)
        if (strcmp(test->expect_not.items[i], first) == 0)
            return arena_printf(arena, "%s must not answer, but does", first);
    return NULL;
}

static void run_test(const struct snapshot *snapshot, const struct route_test *test,
                     struct problems *problems)
{
    struct arena arena;
    struct decision decision;
    const char *why = NULL;
    arena_init(&arena);
    if (ask(snapshot, test->request_json, NULL, &arena, &decision, &why) == FAIL_NONE)
        why = contradiction(test, &decision, &arena);
    if (why)
        problems_add(problems, PROBLEM_ERROR, test->object.node, "the test \"%s\" fails: %s",
                     test->label ? test->label : "", why);
    arena_clear(&arena);
}

static void print(const struct problems *problems, bool json)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    if (json)
        problems_print_json(problems, &out);
    else
        problems_print(problems, &out);
    buffer_write(&out, stdout);
    buffer_clear(&out);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_summary(const struct snapshot *snapshot, const struct problems *problems)
{
    size_t errors = problems->errors, warnings = problems->warnings;
    if (errors > 0) {
        printf("%zu error%s, %zu warning%s\n", errors, plural(errors), warnings, plural(warnings));
        return;
    }
    size_t models = snapshot->catalog.model_count, routes = snapshot->policy.route_count;
    printf("good: %zu model%s, %zu route%s, %zu test%s passed, %zu warning%s\n", models,
           plural(models), routes, plural(routes), snapshot->test_count,
           plural(snapshot->test_count), warnings, plural(warnings));
}

int command_check(int argc, char **argv)
{
    const char *config = NULL;
    bool json = false;
    const struct option_row rows[] = {
        { "config", 'c', "FILE", "the configuration", &config, NULL },
        { "json", 0, NULL, "problems as a JSON array", NULL, &json },
        { 0 },
    };
    int first;
    int stop = options_read(argc, argv, rows, "check [-c FILE] [--json]", &first);
    if (!stop)
        stop = options_end(argc, argv, first);
    if (stop)
        return stop - 1;

    struct arena arena;
    struct problems problems;
    arena_init(&arena);
    problems_init(&problems, &arena);
    const struct snapshot_source source = { config, NULL, true };
    struct snapshot *snapshot = snapshot_load(&source, &problems);
    for (size_t i = 0; snapshot && i < snapshot->test_count; i++)
        run_test(snapshot, &snapshot->tests[i], &problems);
    print(&problems, json);
    if (!json)
        print_summary(snapshot, &problems);
    int code = problems.errors > 0 || !snapshot ? EX_CONFIG : EX_OK;
    snapshot_unref(snapshot);
    arena_clear(&arena);
    return code;
}
