/* test_mock.c - the mock as a client on a plain socket sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "mock/mock.h"

#define REPLY_MAX (8u << 20)
#define HELLO     "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static int start_mock(void **state)
{
    struct mock_options options = { .demo_notice = true };
    *state = mock_start(&options);
    return *state ? 0 : -1;
}

static int stop_mock(void **state)
{
    mock_stop(*state);
    return 0;
}

static int connect_to(const struct mock *mock)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)mock_port(mock)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_return_code(fd, errno);
    assert_return_code(connect(fd, (struct sockaddr *)&address, sizeof address), errno);
    return fd;
}

static void send_request(int fd, const char *method, const char *path, const char *body)
{
    struct buffer request;
    buffer_init(&request, 1u << 20);
    assert_true(buffer_printf(&request,
                              "%s %s HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n"
                              "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                              method, path, strlen(body), body));
    assert_int_equal(send(fd, request.data, request.len, MSG_NOSIGNAL), request.len);
    buffer_clear(&request);
}

/* Everything up to the end of the connection, with a zero at its end; *ret_error is errno. */
static void receive_all(int fd, struct buffer *reply, int *ret_error)
{
    ssize_t got = 0;
    buffer_init(reply, REPLY_MAX);
    do {
        assert_true(buffer_reserve(reply, 4096));
        got = recv(fd, reply->data + reply->len, 4095, 0);
        reply->len += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    *ret_error = got < 0 ? errno : 0;
    reply->data[reply->len] = '\0';
}

/* The reply in *reply, errno of its end as the result. */
static int ask(const struct mock *mock, const char *method, const char *path, const char *body,
               struct buffer *reply)
{
    int error = 0, fd = connect_to(mock);
    send_request(fd, method, path, body);
    receive_all(fd, reply, &error);
    close(fd);
    return error;
}

static int count(const char *text, const char *what)
{
    int found = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        found++;
    return found;
}

static void each_endpoint_answers_with_its_own_shape(void **state)
{
    static const struct {
        const char *method, *path, *body, *status, *expected;
    } rows[] = {
        { "POST", "/v1/chat/completions", "{\"model\":\"m\"," HELLO "}", "200",
          "demo provider, not from a model. You said: hello" },
        { "POST", "/chat/completions", "{\"model\":\"m\"," HELLO ",\"n\":2}", "200",
          "\"index\":1,\"message\"" },
        { "POST", "/v1/chat/completions", "{\"model\":\"m\"," HELLO ",\"max_tokens\":2}", "200",
          "\"content\":\"This answer\"" },
        { "POST", "/v1/chat/completions", "{\"model\":\"m\"," HELLO ",\"logprobs\":true}", "200",
          "\"token\":\" answer\"" },
        { "POST", "/v1/chat/completions",
          "{\"model\":\"m\"," HELLO
          ",\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\","
          "\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":"
          "{\"type\":\"integer\"}}}}}]}",
          "200", "\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"" },
        { "POST", "/v1/chat/completions",
          "{\"model\":\"m\"," HELLO
          ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
          "{\"schema\":{\"$ref\":\"#/$defs/s\",\"$defs\":{\"s\":{\"enum\":[7]}}}}}}",
          "200", "\"content\":\"7\"" },
        { "POST", "/v1/completions", "{\"model\":\"m\",\"prompt\":\"hi\"}", "200",
          "\"object\":\"text_completion\"" },
        { "POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"a\",\"dimensions\":2}", "200",
          "\"embedding\":[" },
        { "POST", "/v1/embeddings",
          "{\"model\":\"m\",\"input\":[\"a\"],\"encoding_format\":\"base64\",\"dimensions\":1}",
          "200", "\"embedding\":\"AACA" },
        { "POST", "/v1/responses", "{\"model\":\"m\",\"input\":\"hi\"}", "200",
          "\"status\":\"completed\"" },
        { "POST", "/v1/moderations", "{\"model\":\"m\",\"input\":\"hi\"}", "200",
          "\"flagged\":false" },
        { "GET", "/v1/models", "", "200", "\"id\":\"mock-429\"" },
        { "GET", "/v1/models/mock", "", "200", "\"id\":\"mock\"" },
        { "GET", "/v1/models/none", "", "404", "model_not_found" },
        { "GET", "/v1/nothing", "", "404", "\"error\"" },
        { "GET", "/v1/embeddings", "", "405", "\"error\"" },
        { "POST", "/v1/chat/completions", "{\"model\":\"m\"", "400", "\"param\":\"body\"" },
        { "POST", "/v1/chat/completions", "{\"model\":7}", "400", "\"param\":\"model\"" },
        { "POST", "/v1/chat/completions", "{\"model\":\"m\"}", "400", "\"param\":\"messages\"" },
        { "POST", "/v1/chat/completions", "{\"model\":\"m\"," HELLO ",\"n\":17}", "400",
          "\"param\":\"n\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer reply;
        assert_int_equal(ask(*state, rows[i].method, rows[i].path, rows[i].body, &reply), 0);
        assert_memory_equal(reply.data + strlen("HTTP/1.1 "), rows[i].status, 3);
        if (!strstr(reply.data, rows[i].expected))
            fail_msg("row %zu has no %s: %s", i, rows[i].expected, reply.data);
        buffer_clear(&reply);
    }
}

static void a_models_name_asks_for_a_fault(void **state)
{
    static const struct {
        const char *model, *status, *expected;
    } rows[] = {
        { "mock-429", "429", "rate_limit_exceeded" },
        { "mock-429-retry-after", "429", "Retry-After: 1\r\n" },
        { "mock-500", "500", "server_error" },
        { "mock-503", "503", "server_error" },
        { "mock-401", "401", "invalid_api_key" },
        { "mock-context", "400", "context_length_exceeded" },
        { "mock-policy", "400", "content_policy_violation" },
        { "mock-html", "502", "text/html" },
        { "mock-echo", "200", "\r\n\r\n{\"model\":\"mock-echo\"," HELLO "}" },
        { "mock-500-once", "500", "server_error" },
        { "mock-500-once", "200", "You said" },
        { "mock-500-once", "500", "server_error" },
        { "mock-429-retry-after-7", "429", "Retry-After: 7\r\n" },
        { "mock-429-once-retry-after-2", "429", "Retry-After: 2\r\n" },
        { "mock-429-once-retry-after-2", "200", "You said" },
        { "mock-503-once", "503", "server_error" },
        { "mock-503-once", "200", "You said" },
        { "mock-flap-600", "503", "server_error" },
        { "mock-no-prefill", "200", "You said" },
        { "mock-gzip", "200", "Content-Encoding: gzip\r\n" },
        { "mock-bytes-0", "200", "You said" },
        { "mock-429x", "200", "You said" },
        { "mock-tokens-3", "200", "\"word1 word2 word3\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer reply;
        char body[512];
        snprintf(body, sizeof body, "{\"model\":\"%s\"," HELLO "}", rows[i].model);
        assert_int_equal(ask(*state, "POST", "/v1/chat/completions", body, &reply), 0);
        assert_memory_equal(reply.data + strlen("HTTP/1.1 "), rows[i].status, 3);
        if (!strstr(reply.data, rows[i].expected))
            fail_msg("%s has no %s: %s", rows[i].model, rows[i].expected, reply.data);
        buffer_clear(&reply);
    }
}

static void a_streams_faults_happen_after_forty_of_sixty_tokens(void **state)
{
    static const struct {
        const char *model;
        int events; /* with the first one, the finish and [DONE] */
        int done;
        bool ends; /* the chunked body has its last chunk */
    } rows[] = {
        { "mock-tokens-60", 63, 1, true },
        { "mock-cut", 41, 0, false },
        { "mock-bad-event", 64, 1, true },
        { "mock-huge-event-1", 64, 1, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer reply;
        char body[512];
        snprintf(body, sizeof body, "{\"model\":\"%s\",\"stream\":true," HELLO "}", rows[i].model);
        (void)ask(*state, "POST", "/v1/chat/completions", body, &reply);
        assert_int_equal(count(reply.data, "data: "), rows[i].events);
        assert_int_equal(count(reply.data, "data: [DONE]"), rows[i].done);
        assert_int_equal(strstr(reply.data, "\r\n0\r\n\r\n") != NULL, rows[i].ends);
        buffer_clear(&reply);
    }
}

static void usage_is_told_in_a_stream_only_where_it_was_asked_for(void **state)
{
    struct buffer reply;
    ask(*state, "POST", "/v1/chat/completions",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}," HELLO "}",
        &reply);
    assert_int_equal(count(reply.data, "\"prompt_tokens\""), 1);
    assert_int_equal(count(reply.data, "\"choices\":[],"), 1);
    buffer_clear(&reply);
    ask(*state, "POST", "/v1/chat/completions", "{\"model\":\"m\",\"stream\":true," HELLO "}",
        &reply);
    assert_int_equal(count(reply.data, "usage"), 0);
    buffer_clear(&reply);
}

static void the_events_of_a_response_are_numbered_and_end_once(void **state)
{
    struct buffer reply;
    ask(*state, "POST", "/v1/responses", "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}",
        &reply);
    assert_int_equal(count(reply.data, "event: response.completed\n"), 1);
    assert_int_equal(count(reply.data, "\"sequence_number\":0}"), 1);
    assert_int_equal(count(reply.data, "\"sequence_number\":"), count(reply.data, "event: "));
    assert_int_equal(count(reply.data, "[DONE]"), 0);
    buffer_clear(&reply);
}

static void a_reset_and_nonsense_are_not_http(void **state)
{
    struct buffer reply;
    int error =
        ask(*state, "POST", "/v1/chat/completions", "{\"model\":\"mock-reset\"," HELLO "}", &reply);
    assert_int_equal(reply.len, 0);
    assert_int_equal(error, ECONNRESET);
    buffer_clear(&reply);
    (void)ask(*state, "POST", "/v1/chat/completions", "{\"model\":\"mock-garbage\"," HELLO "}",
              &reply);
    assert_non_null(strstr(reply.data, "this is not HTTP"));
    assert_null(strstr(reply.data, "HTTP/1.1"));
    buffer_clear(&reply);
}

static void slow_models_take_their_time(void **state)
{
    struct buffer reply;
    int64_t start = clock_ms();
    ask(*state, "POST", "/v1/chat/completions",
        "{\"model\":\"mock-slow-first-80\",\"stream\":true," HELLO "}", &reply);
    assert_true(clock_ms() - start >= 80);
    buffer_clear(&reply);
    start = clock_ms();
    ask(*state, "POST", "/v1/chat/completions",
        "{\"model\":\"mock-slow-2\",\"stream\":true," HELLO "}", &reply);
    assert_true(clock_ms() - start >= 120);
    buffer_clear(&reply);
}

static void hostile_bodies_are_answered(void **state)
{
    static const char *const openings[] = { "[", "{\"a\":", "{\"model\":\"m\",\"input\":[[[[" };
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct buffer body, reply;
        buffer_init(&body, 1u << 20);
        for (int depth = 0; depth < 5000; depth++)
            assert_true(buffer_append_string(&body, openings[i]));
        assert_true(buffer_append(&body, "", 1));
        ask(*state, "POST", "/v1/embeddings", body.data, &reply);
        assert_memory_equal(reply.data, "HTTP/1.1 400", 12);
        buffer_clear(&reply);
        buffer_clear(&body);
    }
}

static void stopping_ends_what_is_running(void **state)
{
    static const char *const models[] = { "mock-silent", "mock-stall", "mock-slow-5000",
                                          "mock-slow-first-60000" };
    (void)state;
    struct mock_options options = { .port = 0 };
    struct mock *mock = mock_start(&options);
    assert_non_null(mock);
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        char body[512];
        snprintf(body, sizeof body, "{\"model\":\"%s\",\"stream\":true," HELLO "}", models[i]);
        fds[i] = connect_to(mock);
        send_request(fds[i], "POST", "/v1/chat/completions", body);
    }
    (void)poll(NULL, 0, 100);
    int64_t start = clock_ms();
    mock_stop(mock);
    assert_true(clock_ms() - start < 2000);
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
}

static void *ask_often(void *mock)
{
    for (int i = 0; i < 20; i++) {
        struct buffer reply;
        ask(mock, "POST", "/v1/chat/completions", "{\"model\":\"mock-429-once\"," HELLO "}",
            &reply);
        buffer_clear(&reply);
    }
    return NULL;
}

static void many_clients_are_served_at_once(void **state)
{
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, *state), 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_endpoint_answers_with_its_own_shape),
        cmocka_unit_test(a_models_name_asks_for_a_fault),
        cmocka_unit_test(a_streams_faults_happen_after_forty_of_sixty_tokens),
        cmocka_unit_test(usage_is_told_in_a_stream_only_where_it_was_asked_for),
        cmocka_unit_test(the_events_of_a_response_are_numbered_and_end_once),
        cmocka_unit_test(a_reset_and_nonsense_are_not_http),
        cmocka_unit_test(slow_models_take_their_time),
        cmocka_unit_test(hostile_bodies_are_answered),
        cmocka_unit_test(stopping_ends_what_is_running),
        cmocka_unit_test(many_clients_are_served_at_once),
    };
    return cmocka_run_group_tests(tests, start_mock, stop_mock);
}
