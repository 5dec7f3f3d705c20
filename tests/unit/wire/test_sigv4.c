/* test_sigv4.c - Amazon's signatures, against the examples that Amazon publishes: its test suite
 * for version 4, and the walk-through of its manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/sigv4.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define DATE   "20150830T123600Z"
#define TOKEN                                                                                       \
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPf" \
    "IeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7W" \
    "Z0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8F" \
    "DrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="

#define SHORT_TOKEN "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"

struct row {
    const char *service, *method, *path, *query, *body;
    struct http_field headers[4];
    size_t header_count;
    const char *names, *signature;
};

#define H(name, value)                                                                             \
    {                                                                                              \
        { name, sizeof(name) - 1 },                                                                \
        {                                                                                          \
            value, sizeof(value) - 1                                                               \
        }                                                                                          \
    }
#define HOST H("host", "example.amazonaws.com")
#define WHEN H("x-amz-date", DATE)

static const struct row rows[] = {
    /* get-vanilla, post-vanilla, get-utf8, get-vanilla-query-unreserved */
    { "service",
      "GET",
      "/",
      "",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { "service",
      "POST",
      "/",
      "",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
    { "service",
      "GET",
      "/\xe1\x88\xb4",
      "",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
    { "service",
      "GET",
      "/",
      "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
      "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
    /* post-x-www-form-urlencoded */
    { "service",
      "POST",
      "/",
      "",
      "Param1=value1",
      { H("content-type", "application/x-www-form-urlencoded"), HOST, WHEN },
      3,
      "content-type;host;x-amz-date",
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
    /* post-sts-header-before */
    { "service",
      "POST",
      "/",
      "",
      "",
      { HOST, WHEN, H("x-amz-security-token", TOKEN) },
      3,
      "host;x-amz-date;x-amz-security-token",
      "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead" },
    /* get-unreserved, get-vanilla-query-order-key-case, get-vanilla-query-order-value,
     * get-vanilla-utf8-query, get-space, post-vanilla-query, get-header-value-order,
     * get-header-key-duplicate: as they are given to be signed, in order and encoded */
    { "service",
      "GET",
      "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      "",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
    { "service",
      "GET",
      "/",
      "Param1=value1&Param2=value2",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
    { "service",
      "GET",
      "/",
      "Param1=value1&Param1=value2",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694" },
    { "service",
      "GET",
      "/",
      "%E1%88%B4=bar",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
    { "service",
      "GET",
      "/example space/",
      "",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
    { "service",
      "POST",
      "/",
      "Param1=value1",
      "",
      { HOST, WHEN },
      2,
      "host;x-amz-date",
      "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11" },
    { "service",
      "GET",
      "/",
      "",
      "",
      { HOST, H("my-header1", "value4,value1,value3,value2"), WHEN },
      3,
      "host;my-header1;x-amz-date",
      "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01" },
    { "service",
      "GET",
      "/",
      "",
      "",
      { HOST, H("my-header1", "value2,value2,value1"), WHEN },
      3,
      "host;my-header1;x-amz-date",
      "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
    { "service",
      "GET",
      "/",
      "",
      "",
      { HOST, WHEN, H("x-amz-security-token", SHORT_TOKEN) },
      3,
      "host;x-amz-date;x-amz-security-token",
      "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8" },
    /* the manual's list of users */
    { "iam",
      "GET",
      "/",
      "Action=ListUsers&Version=2010-05-08",
      "",
      { H("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        H("host", "iam.amazonaws.com"), WHEN },
      3,
      "content-type;host;x-amz-date",
      "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7" },
};

static void sign(const struct row *row, const struct text *pieces, size_t count, struct buffer *out)
{
    const struct sigv4 signing = {
        .key_id = text_of(KEY_ID),
        .secret = text_of(SECRET),
        .region = text_of("us-east-1"),
        .service = text_of(row->service),
        .method = text_of(row->method),
        .path = text_of(row->path),
        .query = text_of(row->query),
        .date = text_of(DATE),
        .headers = row->headers,
        .header_count = row->header_count,
        .pieces = pieces,
        .piece_count = count,
    };
    buffer_init(out, 4096);
    assert_true(sigv4_sign(&signing, out));
}

static void signatures_are_those_that_amazon_publishes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct text body = text_of(rows[i].body);
        struct buffer out;
        char wanted[512];
        snprintf(wanted, sizeof(wanted),
                 "AWS4-HMAC-SHA256 Credential=" KEY_ID "/20150830/us-east-1/%s/aws4_request, "
                 "SignedHeaders=%s, Signature=%s",
                 rows[i].service, rows[i].names, rows[i].signature);
        sign(&rows[i], &body, 1, &out);
        if (!text_is(buffer_text(&out), wanted))
            fail_msg("row %zu: %.*s", i, TEXT_ARGS(buffer_text(&out)));
        buffer_clear(&out);
    }
}

static void a_body_in_pieces_is_the_same_body(void **state)
{
    (void)state;
    const struct text pieces[] = { TEXT("Par"), TEXT(""), TEXT("am1=value1") };
    struct buffer out;
    sign(&rows[4], pieces, 3, &out);
    assert_true(text_ends(buffer_text(&out), rows[4].signature));
    buffer_clear(&out);
}

static void what_cannot_be_signed_is_not(void **state)
{
    (void)state;
    struct buffer out;
    struct sigv4 signing = { .date = text_of("2015") };
    buffer_init(&out, 4096);
    assert_false(sigv4_sign(&signing, &out)); /* a date that is none */
    signing.date = text_of(DATE);
    signing.path = (struct text){ TOKEN TOKEN, sizeof(TOKEN TOKEN) - 1 };
    assert_true(sigv4_sign(&signing, &out));
    buffer_clear(&out);
    buffer_init(&out, 50);
    assert_false(sigv4_sign(&signing, &out)); /* no room */
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_that_amazon_publishes),
        cmocka_unit_test(a_body_in_pieces_is_the_same_body),
        cmocka_unit_test(what_cannot_be_signed_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
