/* test_keys.c - who is let in, and who is not. */
#include "govern/keys.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;
static struct problems problems;

static struct keyring keyring_of(const char *yaml, bool required)
{
    struct keyring keyring = { 0 };
    struct schema_list callers = { 0 };
    static const struct schema_options options;
    arena_init(&arena);
    problems_init(&problems, &arena);
    struct schema_reading reading = { &arena, &problems, &options };
    const struct yaml_node *node = yaml_read_text(text_of(yaml), "keys.yaml", &arena, &problems);
    assert_non_null(node);
    callers_read(&reading, node, &callers);
    keyring_build(&keyring, callers, required, &arena, &problems);
    return keyring;
}

/* Hashes of "alpha" and "beta". */
#define ALPHA "sha256:8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8"
#define BETA  "sha256:f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753"

static void a_key_leads_to_its_caller_and_any_other_is_refused(void **state)
{
    (void)state;
    struct keyring keyring =
        keyring_of("a: " ALPHA "\nb: {hash: \"" BETA "\", routes: [auto]}", true);
    static const struct {
        const char *key;
        enum fail fail;
        const char *caller;
    } rows[] = {
        { "alpha", FAIL_NONE, "a" },        { "beta", FAIL_NONE, "b" },
        { "", FAIL_NO_KEY, NULL },          { "Alpha", FAIL_WRONG_KEY, NULL },
        { "alpha ", FAIL_WRONG_KEY, NULL },
    };
    assert_int_equal(problems.errors, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct caller *caller = NULL;
        assert_int_equal(keyring_identify(&keyring, text_of(rows[i].key), &caller), rows[i].fail);
        if (rows[i].caller)
            assert_string_equal(caller->object.name, rows[i].caller);
    }
    arena_clear(&arena);
}

static void without_required_keys_everybody_may_call(void **state)
{
    (void)state;
    struct keyring keyring = keyring_of("a: " ALPHA, false);
    const struct caller *caller;
    assert_int_equal(keyring_identify(&keyring, text_of("nobody"), &caller), FAIL_NONE);
    assert_null(caller);
    assert_true(caller_may(caller, "auto"));
    arena_clear(&arena);
}

static void a_list_of_routes_excludes_the_others(void **state)
{
    (void)state;
    struct keyring keyring = keyring_of("b: {hash: \"" BETA "\", routes: [auto]}", true);
    const struct caller *caller;
    assert_int_equal(keyring_identify(&keyring, text_of("beta"), &caller), FAIL_NONE);
    assert_true(caller_may(caller, "auto"));
    assert_false(caller_may(caller, "code"));
    arena_clear(&arena);
}

static void what_is_no_hash_or_stands_twice_is_reported(void **state)
{
    (void)state;
    keyring_of("a: secret\nb: " ALPHA "\nc: " ALPHA "\nd: sha256:12\ne: {routes: [x]}", true);
    assert_int_equal(problems.errors, 4);
    arena_clear(&arena);
}

static void a_new_key_is_let_in_by_the_hash_that_is_printed_with_it(void **state)
{
    (void)state;
    char key[KEY_NEW_SIZE], hash[KEY_HASH_SIZE], yaml[KEY_HASH_SIZE + 8] = "new: ";
    key_new(key, hash);
    assert_int_equal(strlen(key), 46);
    memcpy(yaml + 5, hash, strlen(hash) + 1);
    struct keyring keyring = keyring_of(yaml, true);
    const struct caller *caller;
    assert_int_equal(keyring_identify(&keyring, text_of(key), &caller), FAIL_NONE);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_leads_to_its_caller_and_any_other_is_refused),
        cmocka_unit_test(without_required_keys_everybody_may_call),
        cmocka_unit_test(a_list_of_routes_excludes_the_others),
        cmocka_unit_test(what_is_no_hash_or_stands_twice_is_reported),
        cmocka_unit_test(a_new_key_is_let_in_by_the_hash_that_is_printed_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
