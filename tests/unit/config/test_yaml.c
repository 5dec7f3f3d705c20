/* test_yaml.c - what becomes of a text, where its nodes stand, and which texts are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/yaml.h"

static struct arena arena;
static struct problems problems;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    problems_init(&problems, &arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static const struct yaml_node *read_yaml(const char *yaml)
{
    return yaml_read_text(text_of(yaml), "f.yaml", &arena, &problems);
}

static const char *told(void)
{
    struct buffer out;
    buffer_init(&out, 100000);
    problems_print(&problems, &out);
    const char *copy = arena_string_of(&arena, buffer_text(&out));
    buffer_clear(&out);
    return copy;
}

static void each_node_knows_its_place_and_path(void **state)
{
    (void)state;
    const struct yaml_node *root = read_yaml("a: 1\nlist:\n  - x\n  - {k: \"v\"}\n");
    const struct yaml_node *list = yaml_find(root, "list");
    const struct yaml_node *value = yaml_find(list->first->next, "k");
    assert_string_equal(told(), "");
    assert_int_equal(value->line, 4);
    assert_int_equal(value->column, 9);
    assert_int_equal(value->key_line, 4);
    assert_int_equal(value->key_column, 6);
    assert_true(value->quoted);
    assert_false(yaml_find(root, "a")->quoted);
    assert_int_equal(list->count, 2);
    assert_string_equal(yaml_path(value, &arena), "list[1].k");
    assert_string_equal(yaml_path(root, &arena), "");
}

static void a_file_without_a_value_is_an_empty_mapping(void **state)
{
    static const char *const rows[] = { "", "# nothing\n", "\xEF\xBB\xBF" };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct yaml_node *root = read_yaml(rows[i]);
        assert_non_null(root);
        assert_int_equal(root->kind, YAML_MAPPING);
        assert_int_equal(root->count, 0);
    }
    assert_non_null(yaml_read_text((struct text){ NULL, 0 }, "f", &arena, &problems));
}

static void an_alias_stands_for_its_anchor_at_its_own_place(void **state)
{
    (void)state;
    const struct yaml_node *root = read_yaml("a: &x {k: 1}\nb: *x\nc: &x 5\nd: [*x, *x]\n");
    const struct yaml_node *b = yaml_find(root, "b"), *d = yaml_find(root, "d");
    assert_string_equal(told(), "");
    assert_string_equal(yaml_find(b, "k")->scalar.data, "1");
    assert_int_equal(b->line, 2);
    assert_string_equal(b->key, "b");
    assert_string_equal(yaml_path(d->first->next, &arena), "d[1]");
    assert_string_equal(d->first->next->scalar.data, "5");
    assert_null(d->first->next->next);
}

static void the_text_tag_is_another_way_to_quote(void **state)
{
    (void)state;
    const struct yaml_node *root = read_yaml("a: !!str 5\nb: !!int 5\nc: ! 5\n");
    assert_string_equal(told(), "");
    assert_true(yaml_find(root, "a")->quoted);
    assert_false(yaml_find(root, "b")->quoted);
    assert_true(yaml_find(root, "c")->quoted);
}

static void what_cannot_be_understood_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *yaml, *said;
    } rows[] = {
        { "a: [1, 2\nb: 3\n", "f.yaml:2:2: not YAML: " },
        { "a:\n\tb: 1\n", "f.yaml:2:1: not YAML: a tab; only spaces indent" },
        { "a: 1\nb: \xff\xff\n", "f.yaml:2:4: not YAML: invalid " },
        { "a: \"\\0\"\n", "f.yaml:1:4: a text may not contain a zero byte" },
        { "\"a\\0b\": 1\n", "f.yaml:1:1: a key may not contain a zero byte" },
        { "[a]: 1\n", "f.yaml:1:1: a key must be a plain word" },
        { "a: 1\n---\nb: 2\n", "f.yaml:2:1: only one document" },
        { "a: *b\n", "f.yaml:1:4: there is no anchor" },
        { "a: &b [*b]\n", "f.yaml:1:8: this alias (*name) stands inside what it stands for" },
        { "a: 1\nb:\n  c: 2\n c: 3\n", "f.yaml:4:" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        problems_init(&problems, &arena);
        assert_null(read_yaml(rows[i].yaml));
        if (problems.errors != 1 || strncmp(told(), rows[i].said, strlen(rows[i].said)) != 0)
            fail_msg("%s gave %s", rows[i].yaml, told());
    }
}

static void what_leaves_a_tree_is_told_and_the_rest_is_read(void **state)
{
    static const struct {
        const char *yaml, *said;
    } rows[] = {
        { "a: 1\na: 2\nz: 3\n", "f.yaml:2:1: the key \"a\" stands here twice (first in line 1)\n" },
        { "a: !python/name:os.system 1\nz: 3\n",
          "f.yaml:1:4: the tag !python/name:os.system is not understood here\n" },
        { "a: &x {b: 1}\nc: {<<: *x}\nz: 3\n",
          "f.yaml:2:5: merge keys (<<) are not understood here; write the keys out\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        problems_init(&problems, &arena);
        const struct yaml_node *root = read_yaml(rows[i].yaml);
        assert_string_equal(told(), rows[i].said);
        assert_string_equal(yaml_find(root, "z")->scalar.data, "3");
    }
}

/* Nine lists, each of nine aliases of the one before. */
static void aliases_cannot_multiply_beyond_a_bound(void **state)
{
    (void)state;
    struct buffer yaml;
    buffer_init(&yaml, 100000);
    buffer_append_string(&yaml, "a0: &a0 x\n");
    for (int i = 1; i < 10; i++) {
        buffer_printf(&yaml, "a%d: &a%d [", i, i);
        for (int n = 0; n < 9; n++)
            buffer_printf(&yaml, "*a%d,", i - 1);
        buffer_append_string(&yaml, "]\n");
    }
    assert_null(yaml_read_text(buffer_text(&yaml), "f.yaml", &arena, &problems));
    assert_non_null(strstr(told(), "more than 100000 values"));
    buffer_clear(&yaml);
}

static void aliases_cannot_nest_deeper_than_brackets(void **state)
{
    (void)state;
    struct buffer yaml;
    buffer_init(&yaml, 100000);
    buffer_append_string(&yaml, "a0: &a0 x\n");
    for (int i = 1; i < 40; i++)
        buffer_printf(&yaml, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    assert_null(yaml_read_text(buffer_text(&yaml), "f.yaml", &arena, &problems));
    assert_non_null(strstr(told(), "f.yaml:32:12: nested too deeply"));
    buffer_clear(&yaml);
}

static void a_text_above_its_maximum_is_refused_unread(void **state)
{
    (void)state;
    char *spaces = malloc(YAML_TEXT_MAX + 1);
    assert_non_null(memset(spaces, ' ', YAML_TEXT_MAX + 1));
    assert_null(yaml_read_text((struct text){ spaces, YAML_TEXT_MAX + 1 }, "f", &arena, &problems));
    assert_non_null(yaml_read_text((struct text){ spaces, YAML_TEXT_MAX }, "f", &arena, &problems));
    assert_int_equal(problems.errors, 1);
    free(spaces);
}

static void
problems_stand_in_the_order_of_the_file_and_beyond_their_maximum_are_counted(void **state)
{
    (void)state;
    for (int line = PROBLEMS_MAX + 5; line > 0; line--)
        problems_add_at(&problems, PROBLEM_ERROR, "f", line, 1, "bad");
    problems_add_at(&problems, PROBLEM_WARNING, "f", 1, 1, "odd");
    assert_int_equal(problems.errors, PROBLEMS_MAX + 5);
    assert_int_equal(problems.warnings, 1);
    int before = 0;
    for (const struct problem *problem = problems.first; problem; problem = problem->next) {
        assert_true(problem->line > before);
        before = problem->line;
    }
    assert_non_null(strstr(told(), "and 6 more\n"));
}

static void problems_as_json_have_all_members(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 10000);
    problems_add(&problems, PROBLEM_WARNING, yaml_find(read_yaml("k: v\n"), "k"), "a \"b\"");
    problems_print_json(&problems, &out);
    assert_string_equal(arena_string_of(&arena, buffer_text(&out)),
                        "[{\"kind\":\"warning\",\"file\":\"f.yaml\",\"line\":1,\"column\":4,"
                        "\"path\":\"k\",\"what\":\"a \\\"b\\\"\"}]\n");
    buffer_clear(&out);
}

static void only_a_near_word_is_suggested(void **state)
{
    static const char *const words[] = { "objective", "candidates", "rules" };
    static const struct {
        const char *word, *said;
    } rows[] = {
        { "objectiv", " (did you mean \"objective\"?)" },
        { "Candidate", " (did you mean \"candidates\"?)" },
        { "rulse", " (did you mean \"rules\"?)" },
        { "zzz", "" },
        { "q", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(problems_nearest(&problems, text_of(rows[i].word), words, 3),
                            rows[i].said);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_node_knows_its_place_and_path),
        TEST(a_file_without_a_value_is_an_empty_mapping),
        TEST(an_alias_stands_for_its_anchor_at_its_own_place),
        TEST(the_text_tag_is_another_way_to_quote),
        TEST(what_cannot_be_understood_is_refused_with_its_place),
        TEST(what_leaves_a_tree_is_told_and_the_rest_is_read),
        TEST(aliases_cannot_multiply_beyond_a_bound),
        TEST(aliases_cannot_nest_deeper_than_brackets),
        TEST(a_text_above_its_maximum_is_refused_unread),
        TEST(problems_stand_in_the_order_of_the_file_and_beyond_their_maximum_are_counted),
        TEST(problems_as_json_have_all_members),
        TEST(only_a_near_word_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
