/* test_upstream.c - calls against a real socket: what arrives, what is reused, how calls end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

static void play_pieces(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_send(fd, "HTTP/1.1 200 OK\r\nX-Kind: sse\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; i++) {
        usleep(20000);
        fake_send(fd, "3\r\nab\n\r\n");
    }
    fake_send(fd, "0\r\n\r\n");
}

static void a_streamed_reply_arrives_in_pieces_as_they_come(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_pieces };
    struct client client = { .note_token = true };
    struct provider provider = settings();
    call_once(&client, &fake, &provider, true);
    assert_int_equal(client.fail, FAIL_NONE);
    assert_int_equal(client.ends, 1);
    assert_int_equal(client.status, 200);
    assert_string_equal(client.kind, "sse");
    assert_string_equal(client.body, "ab\nab\nab\n");
    assert_int_equal(client.bodies, 3);
    assert_true(client.timing.first_byte_us > 0);
    assert_false(client.timing.reused_connection);
    assert_non_null(strstr(fake.head, "POST /v1/chat/completions HTTP/1.1\r\n"));
    assert_non_null(strstr(fake.head, "Authorization: Bearer sk-test\r\n"));
    assert_null(strstr(fake.head, "Expect"));
    assert_int_equal(fake.body_bytes, 13);
}

static void play_many(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    while (fake_read(fake, fd))
        fake_send(fd, OK_HEAD "ok");
}

static unsigned long sum_of(const struct text *pieces, size_t count)
{
    unsigned long sum = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < pieces[i].len; j++)
            sum = sum * 31 + (unsigned char)pieces[i].data[j];
    return sum;
}

static void a_body_in_pieces_arrives_whole_whatever_its_size(void **state)
{
    (void)state;
    static const size_t middles[] = { 0, 1, 60000, 65536, 1 << 20, 5 << 20 };
    for (size_t i = 0; i < sizeof(middles) / sizeof(middles[0]); i++) {
        char *middle = malloc(middles[i] + 1);
        for (size_t j = 0; j < middles[i]; j++)
            middle[j] = (char)('a' + j % 23);
        struct text pieces[] = { TEXT("{\"a\":"), { middle, middles[i] }, TEXT("}") };
        struct fake_provider fake = { .play = play_many };
        struct client client = { .upstream = upstream_new(loop_fd()) };
        struct provider provider = settings();
        fake_provider_start(&fake);
        begin(&client, &provider, fake.base_url, pieces, 3, false);
        turn_for(&client, 8000);
        upstream_free(client.upstream);
        fake_provider_stop(&fake);
        assert_int_equal(client.fail, FAIL_NONE);
        assert_string_equal(client.body, "ok");
        assert_int_equal(fake.body_bytes, middles[i] + 6);
        assert_int_equal(fake.body_sum, sum_of(pieces, 3));
        free(middle);
    }
}

static void ten_requests_in_a_row_use_one_connection(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_many };
    struct client client = { .upstream = upstream_new(loop_fd()) };
    struct provider provider = settings();
    fake_provider_start(&fake);
    for (int i = 0; i < 10; i++) {
        client.ends = 0;
        begin(&client, &provider, fake.base_url, small_body, 3, false);
        turn_for(&client, 5000);
        assert_int_equal(client.fail, FAIL_NONE);
        assert_int_equal(client.timing.reused_connection, i > 0);
    }
    upstream_free(client.upstream);
    fake_provider_stop(&fake);
    assert_int_equal(fake.connections, 1);
    assert_int_equal(fake.requests, 10);
}

/* The first connection serves one request and dies at the second. */
static void play_stale(struct fake_provider *fake, int fd, int number)
{
    while (fake_read(fake, fd)) {
        if (number == 1 && fake->requests == 2) {
            fake_reset(fd);
            return;
        }
        fake_send(fd, OK_HEAD "ok");
    }
}

static void a_kept_alive_connection_that_dies_is_replaced_unnoticed(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_stale };
    struct client client = { .upstream = upstream_new(loop_fd()) };
    struct provider provider = settings();
    fake_provider_start(&fake);
    for (int i = 0; i < 2; i++) {
        client.ends = 0;
        begin(&client, &provider, fake.base_url, small_body, 3, false);
        turn_for(&client, 5000);
        assert_int_equal(client.fail, FAIL_NONE);
    }
    upstream_free(client.upstream);
    fake_provider_stop(&fake);
    assert_int_equal(fake.connections, 2);
    assert_int_equal(fake.requests, 3);
}

/* The first connection dies in the middle of its second request's body. */
static void play_stale_in_the_body(struct fake_provider *fake, int fd, int number)
{
    char bytes[4096];
    while (number != 1 || fake->requests == 0) {
        if (!fake_read(fake, fd))
            return;
        fake_send(fd, OK_HEAD "ok");
    }
    recv(fd, bytes, sizeof(bytes), 0);
    fake_reset(fd);
}

static void a_large_body_is_sent_again_from_its_start_when_the_connection_was_stale(void **state)
{
    (void)state;
    size_t len = 5 << 20;
    char *middle = malloc(len);
    memset(middle, 'm', len);
    struct text pieces[] = { TEXT("{"), { middle, len }, TEXT("}") };
    struct fake_provider fake = { .play = play_stale_in_the_body };
    struct client client = { .upstream = upstream_new(loop_fd()) };
    struct provider provider = settings();
    fake_provider_start(&fake);
    for (int i = 0; i < 2; i++) {
        client.ends = 0;
        begin(&client, &provider, fake.base_url, pieces, 3, false);
        turn_for(&client, 8000);
        assert_int_equal(client.fail, FAIL_NONE);
    }
    upstream_free(client.upstream);
    fake_provider_stop(&fake);
    assert_int_equal(fake.connections, 2);
    assert_int_equal(fake.body_sum, sum_of(pieces, 3));
    free(middle);
}

static void play_flood(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    static char block[65536];
    fake_read(fake, fd);
    fake_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n");
    for (int i = 0; i < 512; i++) {
        for (size_t sent = 0; sent < sizeof(block);) {
            ssize_t put = send(fd, block + sent, sizeof(block) - sent, MSG_NOSIGNAL);
            if (put <= 0)
                return;
            sent += (size_t)put;
            atomic_fetch_add(&fake->sent_bytes, put);
        }
    }
}

static void a_paused_call_slows_its_provider_and_loses_nothing(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_flood };
    struct client client = { .upstream = upstream_new(loop_fd()), .pause_at_body = true };
    struct provider provider = settings();
    provider.first_token_timeout_ms = 50; /* must not count while paused */
    fake_provider_start(&fake);
    begin(&client, &provider, fake.base_url, small_body, 3, true);
    turn_for(&client, 300);
    assert_int_equal(client.bodies, 1);
    assert_int_equal(client.ends, 0);
    assert_true(atomic_load(&fake.sent_bytes) < 16 << 20);
    client.pause_at_body = false;
    client.note_token = true;
    upstream_note_token(client.call);
    upstream_pause(client.upstream, client.call, false);
    turn_for(&client, 8000);
    assert_int_equal(client.fail, FAIL_NONE);
    assert_int_equal(client.body_total, 33554432);
    upstream_free(client.upstream);
    fake_provider_stop(&fake);
}

static void cancelling_closes_the_providers_connection_at_once(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_silent };
    struct client client = { .upstream = upstream_new(loop_fd()) };
    struct provider provider = settings();
    fake_provider_start(&fake);
    begin(&client, &provider, fake.base_url, small_body, 3, true);
    turn_for(&client, 100);
    assert_int_equal(fake.requests, 1);
    int64_t cancelled_ms = clock_ms();
    upstream_cancel(client.upstream, client.call);
    usleep(100000);
    assert_true(atomic_load(&fake.gone_ms) >= cancelled_ms);
    assert_int_equal(client.ends, 0);
    upstream_free(client.upstream);
    fake_provider_stop(&fake);
}

static void a_call_may_be_cancelled_from_within_its_own_callback(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_quiet_later };
    struct client client = { .upstream = upstream_new(loop_fd()), .cancel_at_head = true };
    struct provider provider = settings();
    fake_provider_start(&fake);
    begin(&client, &provider, fake.base_url, small_body, 3, true);
    turn_for(&client, 200);
    upstream_free(client.upstream);
    fake_provider_stop(&fake);
    assert_int_equal(client.status, 200);
    assert_int_equal(client.bodies, 0);
    assert_int_equal(client.ends, 0);
}

static void an_owner_that_refuses_a_piece_hears_only_the_end(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_pieces };
    struct client client = { .refuse_body = true };
    struct provider provider = settings();
    call_once(&client, &fake, &provider, true);
    assert_int_equal(client.bodies, 1);
    assert_int_equal(client.ends, 1);
    assert_int_equal(client.fail, FAIL_PROVIDER_GARBAGE);
}

/* Answers once and closes a moment later. */
static void play_then_close(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_send(fd, OK_HEAD "ok");
    usleep(30000);
}

static void a_pooled_connection_that_ends_wakes_the_loop_once(void **state)
{
    (void)state;
    struct fake_provider fake = { .play = play_then_close };
    struct client client = { 0 };
    struct provider provider = settings();
    client.upstream = upstream_new(loop_fd());
    fake_provider_start(&fake);
    begin(&client, &provider, fake.base_url, small_body, 3, false);
    turn_for(&client, 5000);
    assert_int_equal(client.fail, FAIL_NONE);
    struct pollfd poll_fd = { .fd = loop_fd(), .events = POLLIN };
    assert_int_equal(poll(&poll_fd, 1, 1000), 1);
    turn(&client);
    assert_int_equal(poll(&poll_fd, 1, 50), 0);
    upstream_free(client.upstream);
    fake_provider_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_streamed_reply_arrives_in_pieces_as_they_come),
        cmocka_unit_test(a_body_in_pieces_arrives_whole_whatever_its_size),
        cmocka_unit_test(ten_requests_in_a_row_use_one_connection),
        cmocka_unit_test(a_kept_alive_connection_that_dies_is_replaced_unnoticed),
        cmocka_unit_test(a_large_body_is_sent_again_from_its_start_when_the_connection_was_stale),
        cmocka_unit_test(a_paused_call_slows_its_provider_and_loses_nothing),
        cmocka_unit_test(cancelling_closes_the_providers_connection_at_once),
        cmocka_unit_test(a_call_may_be_cancelled_from_within_its_own_callback),
        cmocka_unit_test(an_owner_that_refuses_a_piece_hears_only_the_end),
        cmocka_unit_test(a_pooled_connection_that_ends_wakes_the_loop_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
