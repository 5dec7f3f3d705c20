/* test_error.c - errors have the shape that the SDKs read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/secret.h"
#include "dialect/openai.h"

static void written(const struct error_note *note, struct buffer *ret)
{
    buffer_init(ret, 65536);
    error_write(ret, note);
}

static void assert_written(const struct error_note *note, const char *expected)
{
    struct buffer out;
    written(note, &out);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    buffer_clear(&out);
}

static void an_error_has_all_its_keys_and_what_failed_before(void **state)
{
    (void)state;
    static const struct failed_attempt previous[] = {
        { "openai", "gpt-4o", 500, "provider_error" },
        { "local", "llama", 0, NULL },
    };
    assert_written(&(struct error_note){ .fail = FAIL_UNKNOWN_PATH },
                   "{\"error\":{\"message\":\"There is nothing at this URL.\","
                   "\"type\":\"not_found_error\",\"param\":null,\"code\":null,\"metadata\":{"
                   "\"error_type\":\"not_found\",\"reason\":\"unknown_path\","
                   "\"previous_errors\":[]}}}");
    assert_written(
        &(struct error_note){ .fail = FAIL_RESET,
                              .message = "Both \"failed\".",
                              .param = "model",
                              .code = "all_failed",
                              .previous = previous,
                              .previous_count = 2 },
        "{\"error\":{\"message\":\"Both \\\"failed\\\".\",\"type\":\"server_error\","
        "\"param\":\"model\",\"code\":\"all_failed\",\"metadata\":{"
        "\"error_type\":\"provider_unavailable\",\"reason\":\"reset\",\"previous_errors\":["
        "{\"provider\":\"openai\",\"model\":\"gpt-4o\",\"status\":500,\"code\":\"provider_error\"},"
        "{\"provider\":\"local\",\"model\":\"llama\",\"status\":null,\"code\":null}]}}}");
}

static void every_failure_gives_json_with_a_message_and_a_type(void **state)
{
    (void)state;
    for (enum fail fail = FAIL_NONE + 1; fail < FAIL_COUNT; fail++) {
        struct buffer out;
        written(&(struct error_note){ .fail = fail, .message = "bad \xff\n byte" }, &out);
        json_t *document = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
        json_t *error = json_object_get(document, "error");
        assert_true(json_is_string(json_object_get(error, "message")));
        assert_true(json_string_length(json_object_get(error, "type")) > 0);
        assert_non_null(json_object_get(error, "param"));
        assert_non_null(json_object_get(error, "code"));
        json_decref(document);
        buffer_clear(&out);
    }
}

/* The JSON of the one event, which must begin with `prefix` and end with a blank line. */
static json_t *event_of(enum endpoint endpoint, const char *prefix)
{
    struct buffer out;
    buffer_init(&out, 65536);
    error_write_event(&out, endpoint, &(struct error_note){ .fail = FAIL_STREAM_CUT });
    assert_true(text_starts(buffer_text(&out), prefix));
    assert_true(text_ends(buffer_text(&out), "}\n\n"));
    size_t skipped = strlen(prefix);
    json_t *document = json_loadb(out.data + skipped, out.len - skipped, 0, NULL);
    assert_non_null(document);
    buffer_clear(&out);
    return document;
}

static void an_error_inside_a_stream_is_a_chunk_of_the_usual_shape(void **state)
{
    (void)state;
    static const enum endpoint endpoints[] = { ENDPOINT_CHAT, ENDPOINT_COMPLETIONS,
                                               ENDPOINT_RELAYED };
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        json_t *chunk = event_of(endpoints[i], "data: ");
        json_t *choice = json_array_get(json_object_get(chunk, "choices"), 0);
        assert_string_equal(json_string_value(json_object_get(choice, "finish_reason")), "error");
        json_t *error = json_object_get(chunk, "error");
        assert_string_equal(json_string_value(json_object_get(error, "code")),
                            "provider_unavailable");
        json_decref(chunk);
    }
}

static void an_error_inside_a_responses_stream_is_its_terminal_event(void **state)
{
    (void)state;
    json_t *event = event_of(ENDPOINT_RESPONSES, "event: response.failed\ndata: ");
    assert_string_equal(json_string_value(json_object_get(event, "type")), "response.failed");
    json_t *response = json_object_get(event, "response");
    assert_string_equal(json_string_value(json_object_get(response, "status")), "failed");
    assert_true(json_is_string(json_object_get(json_object_get(response, "error"), "code")));
    assert_true(json_is_object(json_object_get(event, "error")));
    json_decref(event);
}

static void a_secret_that_a_provider_repeats_is_not_passed_on(void **state)
{
    (void)state;
    static const enum endpoint endpoints[] = { ENDPOINT_CHAT, ENDPOINT_RESPONSES };
    secret_register((struct secret){ text_of("sk-very-secret") });
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        struct buffer out;
        buffer_init(&out, 65536);
        const struct error_note note = { .fail = FAIL_PROVIDER_ERROR,
                                         .message = "Bad key sk-very-secret." };
        error_write(&out, &note);
        error_write_event(&out, endpoints[i], &note);
        assert_null(memmem(out.data, out.len, "very-secret", 11));
        assert_non_null(memmem(out.data, out.len, "Bad key ***", 11));
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_has_all_its_keys_and_what_failed_before),
        cmocka_unit_test(every_failure_gives_json_with_a_message_and_a_type),
        cmocka_unit_test(an_error_inside_a_stream_is_a_chunk_of_the_usual_shape),
        cmocka_unit_test(an_error_inside_a_responses_stream_is_its_terminal_event),
        cmocka_unit_test(a_secret_that_a_provider_repeats_is_not_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
