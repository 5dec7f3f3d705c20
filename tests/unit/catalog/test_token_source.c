/* test_token_source.c - over which ways a bearer token may come. */
#include "catalog/token_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

static bool is_near(const char *written)
{
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, written, &four.sin_addr) == 1)
        return token_source_is_near((const struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, written, &six.sin6_addr), 1);
    return token_source_is_near((const struct sockaddr *)&six);
}

static void addresses_of_this_machine_and_link_local_ones_are_near(void **state)
{
    (void)state;
    static const char *const nearby[] = {
        "127.0.0.1", "127.255.255.255", "169.254.0.0",  "169.254.169.254", "::1",
        "fe80::1",   "febf::1",         "fd20:ce::254", "::ffff:127.0.0.1"
    };
    static const char *const far[] = { "126.255.255.255", "128.0.0.0",   "169.253.255.255",
                                       "169.255.0.0",     "10.0.0.1",    "0.0.0.0",
                                       "192.168.0.1",     "::",          "::2",
                                       "fe7f::1",         "fec0::1",     "fd20:ce::253",
                                       "fd20:ce:1::254",  "2001:db8::1", "::ffff:10.0.0.1" };
    for (size_t i = 0; i < sizeof(nearby) / sizeof(nearby[0]); i++)
        if (!is_near(nearby[i]))
            fail_msg("%s", nearby[i]);
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        if (is_near(far[i]))
            fail_msg("%s", far[i]);
}

static void another_family_of_addresses_is_not_near(void **state)
{
    (void)state;
    const struct sockaddr other = { .sa_family = AF_UNIX };
    assert_false(token_source_is_near(&other));
}

static void only_https_is_proved(void **state)
{
    (void)state;
    struct token_source source;
    const char *why;
    assert_true(token_source_read("HTTPS://tokens.example.org/t", &source, &why));
    assert_true(token_source_is_proved(&source));
    assert_true(token_source_read("http://localhost:1/t", &source, &why));
    assert_false(token_source_is_proved(&source) || source.is_file);
    assert_true(token_source_read("file:relative", &source, &why));
    assert_true(source.is_file && strcmp(source.at, "relative") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_this_machine_and_link_local_ones_are_near),
        cmocka_unit_test(another_family_of_addresses_is_not_near),
        cmocka_unit_test(only_https_is_proved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
