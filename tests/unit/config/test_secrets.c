/* test_secrets.c - where a secret comes from, and that no message contains one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "config/schema.h"

struct door {
    struct schema_object object;
    struct secret key;
};

static const struct schema_key door_keys[] = {
    { "key", SCHEMA_SECRET, offsetof(struct door, key) },
    { 0 },
};
static const struct schema door_schema = { "door", sizeof(struct door), door_keys, NULL, "" };

static char folder[] = "/tmp/bourse-secrets-XXXXXX";

static void write_file(const char *name, const char *bytes, size_t len)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static int make_folder(void **state)
{
    static char large[70000];
    (void)state;
    assert_non_null(mkdtemp(folder));
    memset(large, 'x', sizeof(large));
    write_file("good", "  sk-from-a-file\r\n\n", 19);
    write_file("blank", " \n", 2);
    write_file("lines", "sk-one\nsk-two\n", 14);
    write_file("just", large, 65536);
    write_file("large", large, 65537);
    char pipe[128];
    snprintf(pipe, sizeof(pipe), "%s/pipe", folder);
    return mkfifo(pipe, 0600);
}

static int remove_folder(void **state)
{
    static const char *const names[] = { "good", "blank", "lines", "just", "large", "pipe" };
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

struct reading {
    struct arena arena;
    struct problems problems;
    struct door door;
    char *told;
};

static void read_key(struct reading *reading, const char *key, bool optional)
{
    const struct schema_options options = { .secrets_optional = optional };
    struct buffer out;
    arena_init(&reading->arena);
    problems_init(&reading->problems, &reading->arena);
    reading->door = (struct door){ .key = { { NULL, 0 } } };
    const char *yaml = arena_printf(&reading->arena, "key: %s\n", key);
    const struct yaml_node *root =
        yaml_read_text(text_of(yaml), "f.yaml", &reading->arena, &reading->problems);
    schema_read(&door_schema, root, &reading->door, &reading->arena, &reading->problems, &options);
    buffer_init(&out, 10000);
    problems_print(&reading->problems, &out);
    reading->told = arena_string_of(&reading->arena, buffer_text(&out));
    buffer_clear(&out);
}

static const char *in_folder(const char *prefix, const char *name)
{
    static char key[256];
    snprintf(key, sizeof(key), "%s%s/%s", prefix, folder, name);
    return key;
}

static void expect_secret(const char *key, const char *value)
{
    struct reading reading;
    read_key(&reading, key, false);
    if (!text_is(reading.door.key.hidden, value))
        fail_msg("%s gave \"%.*s\" and said %s", key, TEXT_ARGS(reading.door.key.hidden),
                 reading.told);
    arena_clear(&reading.arena);
}

static void expect_words(const char *key, const char *words)
{
    struct reading reading;
    read_key(&reading, key, false);
    if (!strstr(reading.told, words) || strstr(reading.told, "sk-"))
        fail_msg("%s said %s", key, reading.told);
    assert_int_equal(reading.problems.errors, 1);
    assert_false(secret_is_set(reading.door.key));
    arena_clear(&reading.arena);
}

static void a_secret_is_found_where_its_prefix_says(void **state)
{
    (void)state;
    setenv("BOURSE_TEST_KEY", "sk-from-the-environment", 1);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    expect_secret("env:BOURSE_TEST_KEY", "sk-from-the-environment");
    expect_secret("os.environ/BOURSE_TEST_KEY", "sk-from-the-environment");
    expect_secret(in_folder("file:", "good"), "sk-from-a-file");
    expect_secret("credential:good", "sk-from-a-file");
    expect_secret("sk-as-it-stands", "sk-as-it-stands");
    expect_secret("\"sk-in-quotes\"", "sk-in-quotes");
}

static void a_secret_that_cannot_be_had_is_told_without_it(void **state)
{
    (void)state;
    unsetenv("BOURSE_TEST_UNSET");
    setenv("BOURSE_TEST_EMPTY", "", 1);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    expect_words("env:BOURSE_TEST_UNSET", "variable BOURSE_TEST_UNSET is not set");
    expect_words("env:BOURSE_TEST_EMPTY", "variable BOURSE_TEST_EMPTY is not set");
    expect_words("env:sk-pasted-here", "not the name of an environment variable");
    expect_words("credential:../good", "not the name of a credential");
    expect_words("credential:none", "cannot be read: No such file");
    expect_words(in_folder("file:", "blank"), "is empty");
    expect_words(in_folder("file:", "lines"), "contains a control character");
    expect_words(in_folder("file:", "large"), "is larger than 64 KiB");
    expect_words(in_folder("file:", "pipe"), "is not a file");
    expect_words("file:/", "is not a file");
    unsetenv("CREDENTIALS_DIRECTORY");
    expect_words("credential:good", "$CREDENTIALS_DIRECTORY is not set");
    expect_words("[sk-in-a-list]", "must be a secret");
}

static void a_file_of_64_kib_is_not_too_large(void **state)
{
    struct reading reading;
    (void)state;
    read_key(&reading, in_folder("file:", "just"), false);
    assert_int_equal(reading.door.key.hidden.len, 65536);
    arena_clear(&reading.arena);
}

static void an_unset_secret_is_a_warning_where_secrets_are_optional(void **state)
{
    struct reading reading;
    (void)state;
    read_key(&reading, "env:BOURSE_TEST_UNSET", true);
    assert_int_equal(reading.problems.errors, 0);
    assert_int_equal(reading.problems.warnings, 1);
    arena_clear(&reading.arena);
}

static void a_dollar_is_warned_of_because_nothing_is_expanded(void **state)
{
    struct reading reading;
    (void)state;
    read_key(&reading, "$OPENAI_API_KEY", false);
    assert_int_equal(reading.problems.warnings, 1);
    assert_true(text_is(reading.door.key.hidden, "$OPENAI_API_KEY"));
    arena_clear(&reading.arena);
}

static void a_resolved_secret_is_redacted_from_what_is_printed(void **state)
{
    char line[] = "key sk-to-be-redacted end";
    (void)state;
    expect_secret("sk-to-be-redacted", "sk-to-be-redacted");
    secret_redact(line, strlen(line));
    assert_string_equal(line, "key ***************** end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_found_where_its_prefix_says),
        cmocka_unit_test(a_secret_that_cannot_be_had_is_told_without_it),
        cmocka_unit_test(a_file_of_64_kib_is_not_too_large),
        cmocka_unit_test(an_unset_secret_is_a_warning_where_secrets_are_optional),
        cmocka_unit_test(a_dollar_is_warned_of_because_nothing_is_expanded),
        cmocka_unit_test(a_resolved_secret_is_redacted_from_what_is_printed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
