/* test_address.c - where to listen is read as it is written, and known again in a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "serve/address.h"

/* A socket there; where the port is 0, the one that it got is written into the address. */
static int bound_to(struct address *address)
{
    int fd = socket(address->at.ss_family, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address->at, address->len), 0);
    address->len = sizeof(address->at);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address->at, &address->len), 0);
    return fd;
}

static void what_cannot_be_an_address_is_told_by_errno(void **state)
{
    static const struct {
        const char *listen;
        int why;
    } rows[] = {
        { "", EINVAL },
        { "8080", EINVAL },
        { "127.0.0.1:http", EADDRNOTAVAIL },
        { "unix:/a/path/that/is/longer/than/a/socket/may/have/and/goes/on/and/on/and/on/and/on/"
          "and/on/and/on/and/on/and/on/and/on/until/it/ends",
          ENAMETOOLONG },
    };
    struct address address;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        errno = 0;
        assert_false(address_read(rows[i].listen, &address));
        assert_int_equal(errno, rows[i].why);
    }
}

static void a_socket_is_known_by_its_address_and_no_other(void **state)
{
    static const char *const others[] = { "127.0.0.1:1", "127.0.0.2:1", "[::1]:1", "unix:/tmp/x" };
    struct address same, other;
    (void)state;
    assert_true(address_read("127.0.0.1:0", &same));
    int fd = bound_to(&same);
    assert_true(address_is_of(&same, fd));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_true(address_read(others[i], &other));
        assert_false(address_is_of(&other, fd));
    }
    close(fd);
}

static void a_unix_socket_is_known_by_its_whole_path(void **state)
{
    char path[] = "/tmp/bourse-test-address-XXXXXX", text[64], longer[64];
    struct address same, other;
    (void)state;
    int file = mkstemp(path);
    close(file);
    unlink(path);
    snprintf(text, sizeof(text), "unix:%s", path);
    snprintf(longer, sizeof(longer), "unix:%s-and-more", path);
    assert_true(address_read(text, &same));
    assert_true(address_read(longer, &other));
    int fd = bound_to(&same);
    assert_true(address_is_of(&same, fd));
    assert_false(address_is_of(&other, fd));
    close(fd);
    unlink(path);
}

static void v6_and_every_address_are_read(void **state)
{
    struct address address;
    (void)state;
    assert_true(address_read("[::1]:80", &address));
    assert_int_equal(address.at.ss_family, AF_INET6);
    assert_true(address_read(":80", &address));
    assert_true(address_read("0.0.0.0:80", &address));
    assert_int_equal(address.at.ss_family, AF_INET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_an_address_is_told_by_errno),
        cmocka_unit_test(a_socket_is_known_by_its_address_and_no_other),
        cmocka_unit_test(a_unix_socket_is_known_by_its_whole_path),
        cmocka_unit_test(v6_and_every_address_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
