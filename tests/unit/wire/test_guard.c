/* test_guard.c - heads that could be read in two ways are refused, and ordinary ones are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/guard.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define FIELDS_MAX  8
#define BODY_MAX    1000

/* A request as it would stand on the wire, without its line ends. */
struct request {
    const char *method, *uri, *version;
    const char *fields[FIELDS_MAX][2];
};

static enum fail check(const struct request *request, struct guard_result *ret)
{
    struct raw_head head = { text_of(request->method), text_of(request->uri),
                             text_of(request->version) };
    for (; head.field_count < FIELDS_MAX && request->fields[head.field_count][0];
         head.field_count++)
        head.fields[head.field_count] =
            (struct http_field){ text_of(request->fields[head.field_count][0]),
                                 text_of(request->fields[head.field_count][1]) };
    return guard_check(&head, BODY_MAX, ret);
}

static enum fail check_uri(const char *uri)
{
    struct guard_result result;
    return check(&(struct request){ "GET", uri, "HTTP/1.1", { { "Host", "h" } } }, &result);
}

static enum fail check_field(const char *name, const char *value)
{
    struct guard_result result;
    return check(&(struct request){ "POST", "/", "HTTP/1.1", { { "Host", "h" }, { name, value } } },
                 &result);
}

static void an_ordinary_request_passes_and_tells_its_framing(void **state)
{
    (void)state;
    static const struct {
        struct request request;
        int64_t content_length;
        bool chunked;
    } rows[] = {
        { { "GET", "/v1/models", "HTTP/1.0", { { NULL } } }, -1, false },
        { { "POST",
            "/v1/chat/completions",
            "HTTP/1.1",
            { { "host", "h:80" }, { "Content-Length", "1000" } } },
          1000,
          false },
        { { "POST", "/", "HTTP/1.1", { { "Host", "h" }, { "content-length", "000" } } }, 0, false },
        { { "POST", "/", "HTTP/1.1", { { "Host", "h" }, { "Transfer-Encoding", "Chunked" } } },
          -1,
          true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct guard_result result;
        assert_int_equal(check(&rows[i].request, &result), FAIL_NONE);
        assert_int_equal(result.content_length, rows[i].content_length);
        assert_int_equal(result.chunked, rows[i].chunked);
        assert_null(result.why);
    }
}

static void a_request_with_doubtful_framing_is_refused(void **state)
{
    (void)state;
    static const struct request rows[] = {
        { "POST",
          "/",
          "HTTP/1.1",
          { { "Host", "h" }, { "Content-Length", "1" }, { "content-length", "1" } } },
        { "POST",
          "/",
          "HTTP/1.1",
          { { "Host", "h" }, { "Content-Length", "1" }, { "Transfer-Encoding", "chunked" } } },
        { "POST",
          "/",
          "HTTP/1.1",
          { { "Host", "h" },
            { "Transfer-Encoding", "chunked" },
            { "Transfer-Encoding", "chunked" } } },
        { "POST", "/", "HTTP/1.0", { { "Transfer-Encoding", "chunked" } } },
        { "POST", "/", "HTTP/1.1", { { "Host", "h" }, { "Host", "h" } } },
        { "POST",
          "/",
          "HTTP/1.1",
          { { "Host", "h" }, { "Authorization", "a" }, { "Authorization", "a" } } },
        { "POST",
          "/",
          "HTTP/1.1",
          { { "Host", "h" }, { "Content-Type", "a" }, { "Content-Type", "b" } } },
        { "POST", "/", "HTTP/1.1", { { NULL } } },
        { "POST", "/", "HTTP/2.0", { { "Host", "h" } } },
        { "POST", "/", "HTTP/0.9", { { "Host", "h" } } },
        { "POST", "/", "", { { "Host", "h" } } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct guard_result result;
        assert_int_equal(check(&rows[i], &result), FAIL_MALFORMED_HTTP);
        assert_non_null(result.why);
    }
}

static void a_header_line_is_clean_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        enum fail fail;
    } rows[] = {
        { "x-note", "a\tb \xc3\xa9", FAIL_NONE },
        { "x-note", "", FAIL_NONE },
        { "x-note", "a\x01", FAIL_MALFORMED_HTTP },
        { "x-note", "a\x7f", FAIL_MALFORMED_HTTP },
        { "x-note", "a\r\nb: c", FAIL_MALFORMED_HTTP },
        { "x note", "a", FAIL_MALFORMED_HTTP },
        { "Transfer-Encoding ", "chunked", FAIL_MALFORMED_HTTP },
        { "", "a", FAIL_MALFORMED_HTTP },
        { "Transfer-Encoding", "gzip, chunked", FAIL_MALFORMED_HTTP },
        { "Transfer-Encoding", "xchunked", FAIL_MALFORMED_HTTP },
        { "Transfer-Encoding", "", FAIL_MALFORMED_HTTP },
        { "Content-Length", "", FAIL_MALFORMED_HTTP },
        { "Content-Length", "+1", FAIL_MALFORMED_HTTP },
        { "Content-Length", "1, 1", FAIL_MALFORMED_HTTP },
        { "Content-Length", "0x10", FAIL_MALFORMED_HTTP },
        { "Content-Length", "0000000000000000001", FAIL_MALFORMED_HTTP },
        { "Content-Length", "999999999999999999", FAIL_BODY_TOO_LARGE },
        { "Content-Length", "1001", FAIL_BODY_TOO_LARGE },
        { "Expect", "100-Continue", FAIL_NONE },
        { "Expect", "200-maybe", FAIL_EXPECTATION },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(check_field(rows[i].name, rows[i].value), rows[i].fail);
}

static void a_host_is_a_name_or_an_address_with_an_optional_port(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum fail fail;
    } rows[] = {
        { "api.example.org", FAIL_NONE },    { "127.0.0.1:8080", FAIL_NONE },
        { "[::1]:8080", FAIL_NONE },         { "[::ffff:1.2.3.4]", FAIL_NONE },
        { "", FAIL_MALFORMED_HTTP },         { ":80", FAIL_MALFORMED_HTTP },
        { "h:", FAIL_MALFORMED_HTTP },       { "h:http", FAIL_MALFORMED_HTTP },
        { "h:123456", FAIL_MALFORMED_HTTP }, { "h@evil", FAIL_MALFORMED_HTTP },
        { "h/path", FAIL_MALFORMED_HTTP },   { "a b", FAIL_MALFORMED_HTTP },
        { "[::1", FAIL_MALFORMED_HTTP },     { "[]", FAIL_MALFORMED_HTTP },
        { "[::1]x", FAIL_MALFORMED_HTTP },   { "a,b:1:2", FAIL_MALFORMED_HTTP },
        { "[zz]", FAIL_MALFORMED_HTTP },     { NULL, FAIL_MALFORMED_HTTP },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct guard_result result;
        struct request request = { "GET", "/", "HTTP/1.1", { { "Host", rows[i].host } } };
        assert_int_equal(check(&request, &result), rows[i].fail);
    }
}

static void a_path_that_could_climb_or_hide_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        enum fail fail;
    } rows[] = {
        { "/", FAIL_NONE },
        { "/v1/files?after=a%2Fb&x=..", FAIL_NONE },
        { "/v1/a..b/...", FAIL_NONE },
        { "/v1/models/org%2Fname", FAIL_NONE },
        { "/v1/models/org%2F..%2Fname", FAIL_MALFORMED_HTTP },
        { "/v1/files/a%2fb", FAIL_MALFORMED_HTTP },
        { "/v1/a%5Cb", FAIL_MALFORMED_HTTP },
        { "/v1/a\\b", FAIL_MALFORMED_HTTP },
        { "/v1/a%00", FAIL_MALFORMED_HTTP },
        { "/v1?a=%00", FAIL_MALFORMED_HTTP },
        { "/v1/../admin", FAIL_MALFORMED_HTTP },
        { "/v1/..", FAIL_MALFORMED_HTTP },
        { "/v1/%2e%2E/admin", FAIL_MALFORMED_HTTP },
        { "/v1/.%2e?x", FAIL_MALFORMED_HTTP },
        { "/v1/a b", FAIL_MALFORMED_HTTP },
        { "/v1/\xc3\xa9", FAIL_MALFORMED_HTTP },
        { "/v1/\x01", FAIL_MALFORMED_HTTP },
        { "http://evil/v1", FAIL_MALFORMED_HTTP },
        { "*", FAIL_MALFORMED_HTTP },
        { "", FAIL_MALFORMED_HTTP },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(check_uri(rows[i].uri), rows[i].fail);
}

static void an_unknown_method_is_refused_whatever_its_case(void **state)
{
    (void)state;
    static const char *const rows[] = { "TRACE", "CONNECT", "post", "", "PO ST", "PROPFIND" };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct guard_result result;
        struct request request = { rows[i], "/", "HTTP/1.1", { { "Host", "h" } } };
        assert_int_equal(check(&request, &result), FAIL_METHOD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_request_passes_and_tells_its_framing),
        cmocka_unit_test(a_request_with_doubtful_framing_is_refused),
        cmocka_unit_test(a_header_line_is_clean_or_refused),
        cmocka_unit_test(a_host_is_a_name_or_an_address_with_an_optional_port),
        cmocka_unit_test(a_path_that_could_climb_or_hide_is_refused),
        cmocka_unit_test(an_unknown_method_is_refused_whatever_its_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
