/* test_json.c - the JSON scan says what stands where, however its input is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/json.h"

struct heard {
    const char *document;
    char trace[1024];
    size_t len;
};

static bool hear(void *owner, const struct json_value *value)
{
    struct heard *heard = owner;
    int len =
        snprintf(heard->trace + heard->len, sizeof(heard->trace) - heard->len, "%d:%.*s;",
                 value->depth, (int)(value->end - value->start), heard->document + value->start);
    heard->len += (size_t)len;
    return true;
}

static enum fail scan_cut_at(const char *document, size_t cut, struct heard *heard)
{
    *heard = (struct heard){ .document = document };
    struct json_scan *scan = json_scan_new(hear, heard);
    size_t len = strlen(document);
    enum fail fail = json_scan_feed(scan, (struct text){ document, cut });
    if (!fail)
        fail = json_scan_feed(scan, (struct text){ document + cut, len - cut });
    if (!fail)
        fail = json_scan_finish(scan);
    json_scan_free(scan);
    return fail;
}

static void places_are_exact_wherever_the_input_is_cut(void **state)
{
    (void)state;
    const char *document =
        " {\"a\" : [1, -2.5e3 ,true],\"b\\n\":\"x\\u00e9y\", \"c\":{},\"d\":null } ";
    const char *expected = "0:{;1:\"a\";1:[;2:1;2:-2.5e3;2:true;1:];1:\"b\\n\";1:\"x\\u00e9y\";"
                           "1:\"c\";1:{;1:};1:\"d\";1:null;0:};";
    for (size_t cut = 0; cut <= strlen(document); cut++) {
        struct heard heard;
        assert_int_equal(scan_cut_at(document, cut, &heard), FAIL_NONE);
        assert_string_equal(heard.trace, expected);
    }
}

/* Every string of the document is fed as one that was read elsewhere. */
static enum fail scan_without_strings(const char *document, struct heard *heard)
{
    *heard = (struct heard){ .document = document };
    struct json_scan *scan = json_scan_new(hear, heard);
    struct text rest = text_of(document), between;
    enum fail fail = FAIL_NONE;
    while (!fail && text_split(&rest, '"', &between)) {
        fail = json_scan_feed(scan, between);
        struct text inside;
        if (!fail && text_split(&rest, '"', &inside))
            fail = json_scan_feed_string(scan, inside.len + 2, text_of("text"));
    }
    if (!fail)
        fail = json_scan_finish(scan);
    json_scan_free(scan);
    return fail;
}

static void strings_that_were_read_elsewhere_have_their_places(void **state)
{
    (void)state;
    struct heard heard;
    assert_int_equal(scan_without_strings("{\"a\" : [\"words\" ,\"\",12],\"b\":{ }}", &heard),
                     FAIL_NONE);
    assert_string_equal(heard.trace,
                        "0:{;1:\"a\";1:[;2:\"words\";2:\"\";2:12;1:];1:\"b\";1:{;1:};0:};");
    assert_int_equal(scan_without_strings("{\"a\" \"words\"}", &heard), FAIL_BAD_JSON);
    assert_int_equal(scan_without_strings("[12\"words\"]", &heard), FAIL_BAD_JSON);
    assert_string_equal(heard.trace, "0:[;1:12;");
}

static void what_is_not_one_json_value_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = { "",         "{",       "{\"a\":}", "{} {}", "[1,]",
                                        "\"\xff\"", "{'a':1}", "nul",      "[1",    "\"a\nb\"" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct heard heard;
        assert_int_equal(scan_cut_at(rows[i], 0, &heard), FAIL_BAD_JSON);
    }
}

static void nesting_is_capped(void **state)
{
    (void)state;
    char deep[2 * (JSON_DEPTH_MAX + 1) + 1] = { 0 };
    struct heard heard;
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_int_equal(scan_cut_at(deep, 0, &heard), FAIL_NONE);
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_int_equal(scan_cut_at(deep, 0, &heard), FAIL_TOO_DEEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_exact_wherever_the_input_is_cut),
        cmocka_unit_test(strings_that_were_read_elsewhere_have_their_places),
        cmocka_unit_test(what_is_not_one_json_value_is_refused),
        cmocka_unit_test(nesting_is_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
