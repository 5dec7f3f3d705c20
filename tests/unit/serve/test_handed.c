/* test_handed.c - whose the sockets are that we are started with, and whom they are for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "serve/handed.h"

/* Any port that is free: other suites run at the same time. */
static void open_at(int fd)
{
    struct sockaddr_in any = { .sin_family = AF_INET };
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(made, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(dup2(made, fd), fd);
    if (made != fd)
        close(made);
}

/* Where it listens, as a configuration would say it. */
static const char *where(int fd)
{
    static char text[32];
    struct sockaddr_in at;
    socklen_t len = sizeof(at);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(text, sizeof(text), "127.0.0.1:%d", ntohs(at.sin_port));
    return text;
}

/* As many sockets as there are names, from descriptor 3 on: what stood there is of no use here. */
static void hand_over(int count, const char *names, pid_t pid)
{
    char text[16];
    for (int i = 0; i < count; i++)
        open_at(HANDED_FIRST_FD + i);
    snprintf(text, sizeof(text), "%d", count);
    setenv("LISTEN_FDS", text, 1);
    snprintf(text, sizeof(text), "%010d", (int)pid);
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDNAMES", names, 1);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void sockets_for_another_process_are_not_ours(void **state)
{
    struct handed handed;
    bool admin;
    (void)state;
    hand_over(2, "opened:opened", getpid() + 1);
    handed_init(&handed);
    assert_int_equal(handed.count, 0);
    assert_int_equal(handed_take(&handed, where(3), false), -1);
    assert_int_equal(handed_take_lent(&handed, &admin), -1);
    assert_null(getenv("LISTEN_FDS"));
    handed_clear(&handed);
    assert_true(is_open(3));
}

static void what_a_predecessor_opened_is_taken_for_its_address_and_its_clients(void **state)
{
    struct handed handed;
    bool admin;
    (void)state;
    hand_over(2, "opened:opened-admin", getpid());
    handed_init(&handed);
    assert_int_equal(handed_take(&handed, "127.0.0.1:1", false), -1);
    assert_int_equal(handed_take(&handed, where(4), false), -1);
    assert_int_equal(handed_take(&handed, where(4), true), 4);
    assert_int_equal(handed_take(&handed, where(4), true), -1);
    assert_int_equal(handed_take_lent(&handed, &admin), -1);
    assert_int_equal(fcntl(4, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    handed_clear(&handed);
    assert_false(is_open(3));
    assert_true(is_open(4));
}

static void sockets_of_systemd_are_taken_whatever_their_address(void **state)
{
    struct handed handed;
    bool admin;
    (void)state;
    hand_over(3, "bourse.socket:admin", getpid());
    handed_init(&handed);
    assert_int_equal(handed_take(&handed, where(3), false), -1);
    assert_int_equal(handed_take_lent(&handed, &admin), 3);
    assert_false(admin);
    assert_int_equal(handed_take_lent(&handed, &admin), 4);
    assert_true(admin);
    assert_int_equal(handed_take_lent(&handed, &admin), 5); /* without a name */
    assert_false(admin);
    assert_int_equal(handed_take_lent(&handed, &admin), -1);
    handed_clear(&handed);
}

static void names_lead_back_to_what_was_named(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct listener listener = { 0, .admin = i & 1, .lent = i & 2 };
        struct handed handed;
        hand_over(1, handed_name(&listener), getpid());
        handed_init(&handed);
        assert_int_equal(handed.sockets[0].admin, listener.admin);
        assert_int_equal(handed.sockets[0].lent, listener.lent);
        handed_clear(&handed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_for_another_process_are_not_ours),
        cmocka_unit_test(what_a_predecessor_opened_is_taken_for_its_address_and_its_clients),
        cmocka_unit_test(sockets_of_systemd_are_taken_whatever_their_address),
        cmocka_unit_test(names_lead_back_to_what_was_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
