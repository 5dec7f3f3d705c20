/* test_schema.c - what a document may say, and what is said when it says something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/schema.h"

struct part {
    struct schema_object object;
    double share;
};

struct whole {
    struct schema_object object;
    int64_t timeout_ms;
    uint64_t size;
    int64_t count;
    bool flag;
    const char *word;
    int choice;
    uint32_t flags;
    struct schema_texts texts;
    struct schema_numbers numbers;
    struct secret secret;
    struct part part;
    struct schema_list parts;
};

static const struct schema_word choices[] = { { "first", 1, "" }, { "second", 2, "" }, { 0 } };

static const struct schema_key part_keys[] = {
    { "share", SCHEMA_SHARE, offsetof(struct part, share), .fallback = "25%" },
    { 0 },
};
static const struct schema part_schema = { "part", sizeof(struct part), part_keys, NULL, "" };

static const struct schema_key whole_keys[] = {
    { "timeout", SCHEMA_DURATION, offsetof(struct whole, timeout_ms), .fallback = "30s", .min = 0.1,
      .max = 3600 },
    { "size", SCHEMA_SIZE, offsetof(struct whole, size), .fallback = "64KiB" },
    { "count", SCHEMA_INT, offsetof(struct whole, count), .required = true, .min = 1, .max = 9 },
    { "flag", SCHEMA_BOOL, offsetof(struct whole, flag), .fallback = "true" },
    { "word", SCHEMA_TEXT, offsetof(struct whole, word) },
    { "choice", SCHEMA_ENUM, offsetof(struct whole, choice), .words = choices,
      .fallback = "second" },
    { "flags", SCHEMA_FLAGS, offsetof(struct whole, flags), .words = choices },
    { "texts", SCHEMA_TEXTS, offsetof(struct whole, texts) },
    { "numbers", SCHEMA_NUMBERS, offsetof(struct whole, numbers) },
    { "secret", SCHEMA_SECRET, offsetof(struct whole, secret) },
    { "part", SCHEMA_OBJECT, offsetof(struct whole, part), .object = &part_schema },
    { "parts", SCHEMA_MAP, offsetof(struct whole, parts), .object = &part_schema },
    { 0 },
};
static const struct schema whole_schema = { "whole", sizeof(struct whole), whole_keys, NULL, "" };

struct fixture {
    struct arena arena;
    struct problems problems;
    struct whole whole;
    struct buffer printed;
};

static void read_document(struct fixture *fixture, const char *yaml)
{
    arena_init(&fixture->arena);
    problems_init(&fixture->problems, &fixture->arena);
    fixture->whole = (struct whole){ 0 };
    buffer_init(&fixture->printed, 100000);
    const struct yaml_node *root =
        yaml_read_text(text_of(yaml), "f.yaml", &fixture->arena, &fixture->problems);
    if (root)
        schema_read(&whole_schema, root, &fixture->whole, &fixture->arena, &fixture->problems,
                    NULL);
    problems_print(&fixture->problems, &fixture->printed);
    buffer_append(&fixture->printed, "", 1);
}

static void forget(struct fixture *fixture)
{
    buffer_clear(&fixture->printed);
    arena_clear(&fixture->arena);
}

static void values_go_where_their_rows_say(void **state)
{
    (void)state;
    struct fixture f;
    read_document(&f, "count: 3\ntimeout: 1.5s\nsize: 2MiB\nflag: false\nword: hi\nchoice: first\n"
                      "flags: [first, second]\ntexts: one\nnumbers: {a: 5%, b: 2}\n"
                      "parts:\n  x: {share: 10%}\n  y: {}\n");
    assert_string_equal(f.printed.data, "");
    assert_int_equal(f.whole.timeout_ms, 1500);
    assert_int_equal(f.whole.size, 2 << 20);
    assert_int_equal(f.whole.count, 3);
    assert_false(f.whole.flag);
    assert_string_equal(f.whole.word, "hi");
    assert_int_equal(f.whole.choice, 1);
    assert_int_equal(f.whole.flags, 3);
    assert_int_equal(f.whole.texts.count, 1);
    assert_true(f.whole.numbers.items[0].value == 0.05);
    assert_int_equal(f.whole.parts.count, 2);
    const struct part *parts = f.whole.parts.items;
    assert_string_equal(parts[1].object.name, "y");
    assert_true(parts[0].share == 0.1 && parts[1].share == 0.25);
    forget(&f);
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    struct fixture f;
    read_document(&f, "count: 1\n");
    assert_string_equal(f.printed.data, "");
    assert_int_equal(f.whole.timeout_ms, 30000);
    assert_int_equal(f.whole.size, 65536);
    assert_true(f.whole.flag);
    assert_int_equal(f.whole.choice, 2);
    assert_true(f.whole.part.share == 0.25);
    forget(&f);
}

static void each_mistake_is_told_with_its_place_and_what_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *said;
    } rows[] = {
        { "count: 1\ntimeuot: 1s\n",
          "f.yaml:2:1: timeuot: unknown key (did you mean \"timeout\"?)" },
        { "count: 1\ntimeout: 30\n",
          "f.yaml:2:10: timeout: 30 has no unit; write 30s, 30ms or 30m" },
        { "count: 1\ntimeout: 2h\n", "timeout: 2h is out of bounds: 100ms to 1h" },
        { "timeout: 1s\n", "f.yaml:1:1: the key \"count\" is missing" },
        { "count: 99\n", "99 is out of bounds: 1 to 9" },
        { "count: many\n", "\"many\" is not a whole number" },
        { "count: 1\nchoice: frist\n", "none of first, second (did you mean \"first\"?)" },
        { "count: 1\ncount: 2\n", "f.yaml:2:1: the key \"count\" stands here twice" },
        { "count: 1\npart: [1]\n", "f.yaml:2:7: part: must be a mapping" },
        { "count: 1\nparts: {x: {share: 120%}}\n", "parts.x.share: \"120%\" is not a share" },
        { "count: [\n", "f.yaml:" },
        { "count: 1\n---\ncount: 2\n", "only one document" },
        { "count: 1\nsecret: env:BOURSE_TEST_UNSET\n",
          "secret: the environment variable BOURSE_TEST_UNSET is not set" },
        { "count: 1\nnumbers: {a: x}\n", "numbers.a: \"x\" is not a number" },
        { "- 1\n", "must be a mapping" },
        { "count: \"3\"\n", "count: \"3\" in quotes is a text; write a whole number without" },
        { "count: 1\nword:\n", "f.yaml:2:6: word: has no value; write a text" },
        { "count: null\n", "f.yaml:1:1: the key \"count\" is missing" },
        { "count: 1\ntexts: [a, {b: c}]\n", "f.yaml:2:12: texts[1]: must be a text" },
        { "count: 1\npart: {zzzzzzz: 1}\n", "part.zzzzzzz: unknown key; known are share" },
        { "count: 1\nflags: [first, secnod]\n", "flags[1]: \"secnod\" is none of first, second" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        read_document(&f, rows[i].yaml);
        if (!strstr(f.printed.data, rows[i].said))
            fail_msg("%s gave %s", rows[i].yaml, f.printed.data);
        assert_true(f.problems.errors > 0);
        forget(&f);
    }
}

static void all_mistakes_are_told_at_once_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct fixture f;
    read_document(&f, "zzz: 1\ntimeout: 30\ncount: x\n");
    assert_int_equal(f.problems.errors, 3);
    const char *one = strstr(f.printed.data, "f.yaml:1"), *two = strstr(f.printed.data, "f.yaml:2"),
               *three = strstr(f.printed.data, "f.yaml:3");
    assert_true(one && one < two && two < three);
    forget(&f);
}

static void what_is_null_is_left_out(void **state)
{
    (void)state;
    struct fixture f;
    read_document(&f, "count: 1\ntimeout: null\nword: ~\npart:\nparts:\n");
    assert_string_equal(f.printed.data, "");
    assert_int_equal(f.whole.timeout_ms, 30000);
    assert_null(f.whole.word);
    assert_true(f.whole.part.share == 0.25);
    forget(&f);
}

static void an_object_that_is_none_has_its_defaults(void **state)
{
    (void)state;
    struct fixture f;
    read_document(&f, "count: 1\nparts: {x: 5}\n");
    assert_int_equal(f.problems.errors, 1);
    assert_true(((struct part *)f.whole.parts.items)[0].share == 0.25);
    forget(&f);
}

static void a_secret_comes_from_the_environment_and_is_not_printed(void **state)
{
    (void)state;
    struct fixture f;
    setenv("BOURSE_TEST_SECRET", "sk-very-secret", 1);
    read_document(&f, "count: x\nsecret: env:BOURSE_TEST_SECRET\n");
    assert_true(text_is(f.whole.secret.hidden, "sk-very-secret"));
    assert_null(strstr(f.printed.data, "sk-very"));
    forget(&f);
}

static void hostile_documents_are_refused_quickly(void **state)
{
    (void)state;
    static const char *const pieces[] = { "[", "{a: ", "- ", "&a [*a, " };
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct buffer yaml;
        struct fixture f;
        buffer_init(&yaml, 1000000);
        for (int n = 0; n < 50000; n++)
            buffer_append_string(&yaml, pieces[i]);
        buffer_append(&yaml, "", 1);
        read_document(&f, yaml.data);
        assert_true(f.problems.errors > 0);
        forget(&f);
        buffer_clear(&yaml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_where_their_rows_say),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(each_mistake_is_told_with_its_place_and_what_was_meant),
        cmocka_unit_test(all_mistakes_are_told_at_once_in_the_order_of_the_file),
        cmocka_unit_test(what_is_null_is_left_out),
        cmocka_unit_test(an_object_that_is_none_has_its_defaults),
        cmocka_unit_test(a_secret_comes_from_the_environment_and_is_not_printed),
        cmocka_unit_test(hostile_documents_are_refused_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
