/* test_pace.c - large bodies are sent in bites, and small requests do not wait for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"
#include "upstream/machine.h"

#define LARGE   ((size_t)4 << 20)
#define FOR_NOW ((int64_t)60 * 1000000) /* microseconds: longer than any test */
/* Curl reads 64 KB at once, and its own timers may each send as much. */
#define BITE_MOST (PACE_BITE + 4 * ((size_t)64 << 10))

static void nothing(struct watch *alarm, uint32_t happened)
{
    (void)alarm;
    (void)happened;
}

static void a_bite_is_followed_by_a_rest_and_then_by_another_bite(void **state)
{
    (void)state;
    static const struct {
        size_t bytes;
        int64_t now_us;
        bool may_send;
    } rows[] = {
        { PACE_BITE - 1, 1000, true },         { 1, 2000, false },
        { 0, 2000 + PACE_REST_US - 1, false }, { 0, 2000 + PACE_REST_US, true },
        { PACE_BITE - 1, 9000, true },         { PACE_BITE, 9001, false },
    };
    struct pace pace;
    pace_init(&pace, loop_fd(), nothing);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pace.bitten += rows[i].bytes;
        assert_int_equal(pace_may_send(&pace, rows[i].now_us), rows[i].may_send);
    }
    pace_clear(&pace);
}

static void nobody_rests_where_nothing_would_ring(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, -1, nothing);
    assert_int_equal(pace.alarm_fd, -1);
    pace.bitten = PACE_BITE;
    assert_false(pace_may_send(&pace, 1000));
    assert_false(pace_rest(&pace, 1000));
    pace_clear(&pace);
}

/* ---- calls ---- */

static void play_all(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    while (fake_read(fake, fd))
        fake_send(fd, OK_HEAD "ok");
}

struct upload {
    struct fake_provider fake;
    struct provider provider;
    struct client client;
    char *bytes;
    struct text piece;
};

static void upload_begin(struct upload *upload, int64_t rest_us)
{
    *upload = (struct upload){ .fake = { .play = play_all },
                               .provider = settings(),
                               .client = { .upstream = upstream_new(loop_fd()) },
                               .bytes = calloc(1, LARGE) };
    upload->piece = (struct text){ upload->bytes, LARGE };
    upload->client.upstream->sockets.pace.rest_us = rest_us;
    fake_provider_start(&upload->fake);
    begin(&upload->client, &upload->provider, upload->fake.base_url, &upload->piece, 1, false);
}

static void upload_end(struct upload *upload)
{
    if (!upload->client.ends)
        upstream_cancel(upload->client.upstream, upload->client.call);
    upstream_free(upload->client.upstream);
    fake_provider_stop(&upload->fake);
    free(upload->bytes);
}

static size_t sent_of(const struct upload *upload)
{
    return upload->client.upstream->sockets.pace.bitten;
}

static void a_large_body_rests_where_the_loop_has_nothing_else_to_do(void **state)
{
    (void)state;
    struct upload upload;
    upload_begin(&upload, FOR_NOW);
    turn_for(&upload.client, 200);
    assert_int_equal(upload.client.ends, 0);
    assert_in_range(sent_of(&upload), PACE_BITE, BITE_MOST);
    struct pollfd loop = { .fd = loop_fd(), .events = POLLIN };
    assert_int_equal(poll(&loop, 1, 20), 0); /* it sleeps */
    upload_end(&upload);
}

static void after_the_rest_it_goes_on_by_itself(void **state)
{
    (void)state;
    struct upload upload;
    upload_begin(&upload, 1000);
    turn_for(&upload.client, 8000);
    assert_int_equal(upload.client.fail, FAIL_NONE);
    assert_int_equal(upload.client.ends, 1);
    assert_int_equal(upload.fake.body_bytes, LARGE);
    upload_end(&upload);
}

static void beside_other_work_it_does_not_rest(void **state)
{
    (void)state;
    struct upload upload;
    upload_begin(&upload, FOR_NOW);
    for (int64_t until_ms = clock_ms() + 8000; !upload.client.ends && clock_ms() < until_ms;)
        turn_beside(&upload.client, true);
    assert_int_equal(upload.client.fail, FAIL_NONE);
    assert_int_equal(upload.client.ends, 1);
    assert_int_equal(upload.fake.body_bytes, LARGE);
    upload_end(&upload);
}

static void a_small_request_does_not_wait_for_the_end_of_the_rest(void **state)
{
    (void)state;
    struct upload upload;
    struct fake_provider fake = { .play = play_all };
    upload_begin(&upload, FOR_NOW);
    fake_provider_start(&fake);
    turn_for(&upload.client, 200);

    struct provider provider = settings();
    provider.index = 1;
    struct client small = { .upstream = upload.client.upstream };
    begin(&small, &provider, fake.base_url, small_body, 3, false);
    turn_for(&small, 5000);
    assert_int_equal(small.ends, 1);
    assert_int_equal(small.fail, FAIL_NONE);
    assert_int_equal(upload.client.ends, 0);
    assert_in_range(sent_of(&upload), PACE_BITE, BITE_MOST);
    upload_end(&upload);
    fake_provider_stop(&fake);
}

static void a_call_that_ends_while_it_rests_is_forgotten(void **state)
{
    (void)state;
    struct upload upload;
    upload_begin(&upload, 50000);
    turn_for(&upload.client, 20);
    assert_int_equal(upload.client.upstream->sockets.resting.count, 1);
    upstream_cancel(upload.client.upstream, upload.client.call);
    upload.client.ends = 1;
    for (int i = 0; i < 10; i++) {
        usleep(10000);
        turn(&upload.client);
    }
    assert_int_equal(upload.client.upstream->sockets.resting.count, 0);
    assert_int_equal(upload.client.upstream->sockets.late.count, 0);
    upload_end(&upload);
}

/* While it connects, or where its socket was full. */
static void only_a_socket_with_a_large_body_is_late_when_a_bite_is_full(void **state)
{
    (void)state;
    struct upstream *upstream = upstream_new(loop_fd());
    struct sockets *sockets = &upstream->sockets;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    sockets->pace.rest_us = FOR_NOW;
    sockets->pace.bitten = PACE_BITE;
    for (int is_bulk = 0; is_bulk <= 1; is_bulk++) {
        struct epoll_event event = { 0 };
        sockets->acted = false;
        sockets_want(sockets, pair[0], CURL_POLL_OUT, is_bulk);
        assert_int_equal(epoll_wait(loop_fd(), &event, 1, 1000), 1);
        struct watch *watch = event.data.ptr;
        watch->ready(watch, event.events);
        assert_int_equal(sockets->acted, !is_bulk);
    }
    close(pair[0]);
    close(pair[1]);
    upstream_free(upstream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bite_is_followed_by_a_rest_and_then_by_another_bite),
        cmocka_unit_test(nobody_rests_where_nothing_would_ring),
        cmocka_unit_test(a_large_body_rests_where_the_loop_has_nothing_else_to_do),
        cmocka_unit_test(after_the_rest_it_goes_on_by_itself),
        cmocka_unit_test(beside_other_work_it_does_not_rest),
        cmocka_unit_test(a_small_request_does_not_wait_for_the_end_of_the_rest),
        cmocka_unit_test(a_call_that_ends_while_it_rests_is_forgotten),
        cmocka_unit_test(only_a_socket_with_a_large_body_is_late_when_a_bite_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
