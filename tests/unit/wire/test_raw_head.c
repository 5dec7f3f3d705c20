/* test_raw_head.c - a head is cut at the right places, and only when all of it is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/raw_head.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define LINE        "GET / HTTP/1.1\r\n"

static void a_head_is_cut_into_its_pieces(void **state)
{
    (void)state;
    static const char bytes[] =
        "POST /v1/x?y HTTP/1.1\r\nHost: a\r\nEmpty:\r\nOdd:\t b:c \r\n\r\n{}";
    struct raw_head head;
    assert_int_equal(raw_head_read(text_of(bytes), &head), FAIL_NONE);
    assert_int_equal(head.len, strlen(bytes) - strlen("{}"));
    assert_true(text_is(head.method, "POST") && text_is(head.uri, "/v1/x?y"));
    assert_true(text_is(head.version, "HTTP/1.1"));
    assert_int_equal(head.field_count, 3);
    assert_true(text_is(head.fields[0].name, "Host") && text_is(head.fields[0].value, "a"));
    assert_true(text_is(head.fields[1].name, "Empty") && head.fields[1].value.len == 0);
    assert_true(text_is(head.fields[2].name, "Odd") && text_is(head.fields[2].value, "b:c "));
}

static void a_head_without_its_last_byte_needs_more_wherever_it_is_cut(void **state)
{
    (void)state;
    static const char bytes[] = "\r\nGET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    struct raw_head head;
    for (size_t len = 0; len < strlen(bytes); len++) {
        assert_int_equal(raw_head_read((struct text){ bytes, len }, &head), FAIL_NONE);
        assert_int_equal(head.len, 0);
    }
    assert_int_equal(raw_head_read(text_of(bytes), &head), FAIL_NONE);
    assert_int_equal(head.len, strlen(bytes));
}

static void what_is_no_head_is_refused_as_soon_as_it_shows(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\x16\x03\x01", /* TLS */
        "\r\n\r\n",
        "\rGET",
        "\n",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1\n",
        "\n" LINE,
        LINE "Host: a\n",
        LINE "Host: a\r\n continued\r\n",
        LINE "\tHost: a\r\n",
        LINE "Host: a\r\n\tcontinued\r\n",
        LINE "nonsense\r\n",
        LINE "\n",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct raw_head head;
        assert_int_equal(raw_head_read(text_of(rows[i]), &head), FAIL_MALFORMED_HTTP);
        assert_non_null(head.why);
    }
}

static void words_too_few_or_too_many_leave_no_version_that_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *version;
    } rows[] = {
        { "GET\r\n\r\n", "" },
        { "GET /\r\n\r\n", "" },
        { "GET  / HTTP/1.1\r\n\r\n", "/ HTTP/1.1" },
        { "GET / HTTP/1.1 \r\n\r\n", "HTTP/1.1 " },
        { "GET /a b HTTP/1.1\r\n\r\n", "b HTTP/1.1" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct raw_head head;
        assert_int_equal(raw_head_read(text_of(rows[i].bytes), &head), FAIL_NONE);
        assert_true(text_is(head.version, rows[i].version));
    }
}

static void a_head_above_the_limits_is_too_large(void **state)
{
    (void)state;
    struct raw_head head;
    char *bytes = malloc(RAW_HEAD_MAX);
    memset(bytes, 'x', RAW_HEAD_MAX);
    assert_int_equal(raw_head_read((struct text){ bytes, RAW_HEAD_MAX - 1 }, &head), FAIL_NONE);
    assert_int_equal(raw_head_read((struct text){ bytes, RAW_HEAD_MAX }, &head),
                     FAIL_HEADERS_TOO_LARGE);
    size_t len = strlen(LINE);
    memcpy(bytes, LINE, len);
    for (int i = 0; i <= RAW_HEAD_FIELDS_MAX; i++, len += 5)
        memcpy(bytes + len, "a:b\r\n", 5);
    assert_int_equal(raw_head_read((struct text){ bytes, len - 5 }, &head), FAIL_NONE);
    assert_int_equal(raw_head_read((struct text){ bytes, len }, &head), FAIL_HEADERS_TOO_LARGE);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_cut_into_its_pieces),
        cmocka_unit_test(a_head_without_its_last_byte_needs_more_wherever_it_is_cut),
        cmocka_unit_test(what_is_no_head_is_refused_as_soon_as_it_shows),
        cmocka_unit_test(words_too_few_or_too_many_leave_no_version_that_is_known),
        cmocka_unit_test(a_head_above_the_limits_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
