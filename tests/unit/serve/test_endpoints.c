/* test_endpoints.c - the table of every URL, and what is said of those that are not in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/endpoints.h"

static void a_url_is_found_by_method_path_and_listener(void **state)
{
    (void)state;
    static const struct {
        bool admin;
        const char *method, *path;
        enum fail fail;
    } rows[] = {
        { false, "POST", "/chat/completions", FAIL_NONE },
        { false, "GET", "/models/a/b", FAIL_NONE },
        { false, "PUT", "/images/edits", FAIL_NONE },
        { true, "GET", "/metrics", FAIL_NONE },
        { false, "GET", "/chat/completions", FAIL_METHOD },
        { false, "GET", "/metrics", FAIL_UNKNOWN_PATH },
        { true, "POST", "/chat/completions", FAIL_UNKNOWN_PATH },
        { false, "GET", "/models/", FAIL_UNKNOWN_PATH },
        { false, "GET", "", FAIL_UNKNOWN_PATH },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum fail fail;
        const struct endpoint_row *row =
            endpoints_find(rows[i].admin, rows[i].method, text_of(rows[i].path), &fail);
        assert_int_equal(fail, rows[i].fail);
        assert_int_equal(row != NULL, fail == FAIL_NONE);
    }
}

static void a_wrong_method_is_told_which_are_right(void **state)
{
    (void)state;
    struct buffer allowed;
    buffer_init(&allowed, 256);
    endpoints_allowed(false, text_of("/responses/resp_1"), &allowed);
    assert_true(text_is(buffer_text(&allowed), "GET, DELETE, POST"));
    buffer_clear(&allowed);
}

static void the_path_of_a_uri_is_without_version_and_query(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "/v1/models", "/models" },
        { "/v1/models?x=/v1/y", "/models" },
        { "/models", "/models" },
        { "/v1", "/v1" },
        { "/v1/", "/" },
        { "/v1/v1/a", "/v1/a" },
        { "?x", "" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(text_is(endpoints_path(text_of(rows[i][0])), rows[i][1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_found_by_method_path_and_listener),
        cmocka_unit_test(a_wrong_method_is_told_which_are_right),
        cmocka_unit_test(the_path_of_a_uri_is_without_version_and_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
