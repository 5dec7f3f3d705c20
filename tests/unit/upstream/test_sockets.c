/* test_sockets.c - the upstream shares a loop with others, and leaves their descriptors alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

/* An event that is on its way when the call is cancelled. */
static struct epoll_event event_of_a_cancelled_call(struct client *client)
{
    struct provider provider = settings();
    struct epoll_event event = { 0 };
    begin(client, &provider, "http://127.0.0.1:1/v1", small_body, 3, false);
    for (int i = 0; i < 100 && !event.data.ptr; i++) {
        upstream_turn(client->upstream, clock_ms());
        epoll_wait(loop_fd(), &event, 1, 10);
    }
    assert_non_null(event.data.ptr);
    upstream_cancel(client->upstream, client->call);
    return event;
}

static void a_late_event_of_a_cancelled_call_does_not_touch_the_descriptors_next_owner(void **state)
{
    (void)state;
    struct client client = { .upstream = upstream_new(loop_fd()) };
    struct epoll_event late = event_of_a_cancelled_call(&client), seen = { 0 };
    struct watch *watch = late.data.ptr, mine;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct epoll_event wanted = { .events = EPOLLIN, .data.ptr = &mine };
    epoll_ctl(loop_fd(), EPOLL_CTL_ADD, pair[0], &wanted);

    watch->ready(watch, late.events);
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_int_equal(epoll_wait(loop_fd(), &seen, 1, 100), 1);
    assert_ptr_equal(seen.data.ptr, &mine);

    close(pair[0]);
    close(pair[1]);
    upstream_free(client.upstream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_late_event_of_a_cancelled_call_does_not_touch_the_descriptors_next_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
