/* test_http.c - header lines: tokens, waits, and what may pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/http.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void a_token_has_only_token_characters(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_token;
    } rows[] = {
        { "content-type", true }, { "x_y!#$%&'*+.^`|~9", true }, { "", false },    { "a b", false },
        { "a:", false },          { "t\xc3\xa9", false },        { "a\t", false }, { "(a)", false },
        { "a\x7f", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(http_is_token(text_of(rows[i].name)), rows[i].is_token);
}

static void a_wait_is_milliseconds_or_seconds_or_a_date(void **state)
{
    (void)state;
    static const struct {
        const char *retry_after, *retry_after_ms;
        int64_t wait_ms;
    } rows[] = {
        { NULL, NULL, -1 },
        { "", "", -1 },
        { "2", NULL, 2000 },
        { " 2 ", NULL, 2000 },
        { "0.5", NULL, 500 },
        { "2", "150", 150 },
        { "2", "soon", 2000 },
        { NULL, "0", 0 },
        { "-1", NULL, -1 },
        { "1e300", NULL, -1 },
        { "99999999999999999999", NULL, -1 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", NULL, 7000 },
        { "Sun, 06 Nov 1994 08:49:29 GMT", NULL, 0 },
        { "Sun, 06 Nov 2094 08:49:29 GMT", NULL, -1 },
        { "Sun, 06 Nov 1994 08:49:37 CET", NULL, -1 },
        { "Sun, 06 Foo 1994 08:49:37 GMT", NULL, -1 },
        { "Sun, 06 Nov 1994 25:49:37 GMT", NULL, -1 },
        { "Sun, -6 Nov 1994 08:49:37 GMT", NULL, -1 },
        { "in a moment", NULL, -1 },
    };
    int64_t now_wall_ms = 784111770 * (int64_t)1000; /* 08:49:30 of that Sunday */
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(http_retry_after_ms(text_of(rows[i].retry_after),
                                             text_of(rows[i].retry_after_ms), now_wall_ms),
                         rows[i].wait_ms);
}

static void a_limit_that_is_used_up_tells_when_it_is_renewed(void **state)
{
    (void)state;
    static const struct {
        const char *remaining, *reset;
        int64_t wait_ms;
    } rows[] = {
        { "0", "17ms", 17 },
        { "0", "6m0s", 360000 },
        { "0", "1h2m3.5s", 3723500 },
        { "0", "2m59.56s", 179560 },
        { "0", "350us", 0 },
        { "0", "900us", 1 },
        { "0", "7", 7000 },
        { "0", " 1s ", 1000 },
        { "1", "6m0s", -1 },
        { "-0", "1s", 1000 },
        { "", "1s", -1 },
        { NULL, NULL, -1 },
        { "0", NULL, -1 },
        { "0", "", -1 },
        { "0", "s", -1 },
        { "0", "1", 1000 },
        { "0", "1s2", -1 },
        { "0", "1 s", -1 },
        { "0", "1.2.3s", -1 },
        { "0", "-1s", -1 },
        { "0", "99999999999999h", -1 },
        { "0", "1994-11-06T08:49:39Z", 2000 },
        { "0", "1994-11-06T08:49:36Z", -1 },
        { "0", "1994-13-06T08:49:39Z", -1 },
        { "0", "2026-01-01T00:00:00Z", -1 },
        { "1", "1994-11-06T08:49:39Z", -1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (http_limit_ms(text_of(rows[i].remaining), text_of(rows[i].reset), 784111777000) !=
            rows[i].wait_ms)
            fail_msg("%s %s", rows[i].remaining, rows[i].reset);
}

struct row {
    const char *name;
    bool may;
};

static void only_listed_headers_of_a_provider_reach_the_client(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "Content-Type", true },
        { "openai-processing-ms", true },
        { "x-ratelimit-limit-requests", true },
        { "Retry-After", true },
        { "retry-after-ms", true },
        { "content-disposition", true },
        { "openai-organization", false },
        { "set-cookie", false },
        { "content-length", false },
        { "transfer-encoding", false },
        { "connection", false },
        { "content-encoding", false },
        { "x-request-id", false },
        { "openai", false },
        { "content-type-x", false },
        { "", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(http_may_relay_response(text_of(rows[i].name)), rows[i].may);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_has_only_token_characters),
        cmocka_unit_test(a_wait_is_milliseconds_or_seconds_or_a_date),
        cmocka_unit_test(a_limit_that_is_used_up_tells_when_it_is_renewed),
        cmocka_unit_test(only_listed_headers_of_a_provider_reach_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
