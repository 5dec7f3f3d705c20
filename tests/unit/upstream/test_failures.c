/* test_failures.c - calls that fail against a real socket: each way has its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

static void play_reset(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_reset(fd);
}

static void play_garbage(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_send(fd, "\x16\x03 this is not HTTP at all\r\n\r\n");
}

static void play_cut(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_send(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
}

static void play_endless_head(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_send(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 20000; i++)
        if (!fake_send(fd,
                       "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"))
            return;
}

static void every_way_to_fail_has_its_name(void **state)
{
    (void)state;
    static const struct {
        void (*play)(struct fake_provider *, int, int);
        bool streamed, token;
        int64_t first_token_ms, idle_ms, total_ms;
        enum fail fail;
    } rows[] = {
        { play_reset, true, false, 5000, 5000, 5000, FAIL_RESET },
        { play_cut, true, true, 5000, 5000, 5000, FAIL_RESET },
        { play_garbage, true, false, 5000, 5000, 5000, FAIL_PROVIDER_GARBAGE },
        { play_endless_head, true, false, 5000, 5000, 5000, FAIL_PROVIDER_GARBAGE },
        { play_silent, true, false, 100, 5000, 5000, FAIL_FIRST_TOKEN_TIMEOUT },
        { play_quiet_later, true, false, 100, 5000, 5000, FAIL_FIRST_TOKEN_TIMEOUT },
        { play_quiet_later, true, true, 5000, 100, 5000, FAIL_IDLE_TIMEOUT },
        { play_silent, false, false, 50, 50, 150, FAIL_TOTAL_TIMEOUT },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_provider fake = { .play = rows[i].play };
        struct client client = { .note_token = rows[i].token };
        struct provider provider = settings();
        provider.first_token_timeout_ms = rows[i].first_token_ms;
        provider.idle_timeout_ms = rows[i].idle_ms;
        provider.total_timeout_ms = rows[i].total_ms;
        call_once(&client, &fake, &provider, rows[i].streamed);
        if (client.fail != rows[i].fail)
            print_error("row %zu\n", i);
        assert_int_equal(client.fail, rows[i].fail);
        assert_int_equal(client.ends, 1);
        assert_int_equal(fake.requests, 1);
    }
}

static void a_provider_that_cannot_be_reached_has_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *base_url;
        enum fail fail;
    } rows[] = {
        { "http://127.0.0.1:1", FAIL_CONNECT },
        { "http://name.invalid", FAIL_DNS },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client client = { .upstream = upstream_new(loop_fd()) };
        struct provider provider = settings();
        begin(&client, &provider, rows[i].base_url, small_body, 3, true);
        turn_for(&client, 8000);
        upstream_free(client.upstream);
        assert_int_equal(client.ends, 1);
        assert_int_equal(client.fail, rows[i].fail);
        assert_int_equal(client.timing.connect_us, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_fail_has_its_name),
        cmocka_unit_test(a_provider_that_cannot_be_reached_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
