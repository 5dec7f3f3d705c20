/* test_quirks.c - chat requests for servers that deviate from OpenAI's. */
#include "dialect/quirks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>

#include "catalog/quirks.h"
#include "dialect/openai.h"

static const struct {
    const char *server, *body, *expected;
} rows[] = {
    { "mistral",
      "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"a\\u0062\"}],"
      "\"max_completion_tokens\":7,\"seed\":1.50,\"stream_options\":{\"include_usage\":true},"
      "\"stream\":true,\"user\":\"u\",\"n\":1}",
      "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"a\\u0062\"}],"
      "\"max_tokens\":7,\"random_seed\":1.50,\"stream\":true,\"n\":1}" },
    { "mistral", "{\"max_tokens\":5,\"max_completion_tokens\":7}", "{\"max_tokens\":5}" },
    { "mistral",
      "{\"store\":false,\"logprobs\":false,\"service_tier\":\"auto\",\"safety_identifier\":\"x\"}",
      "{}" },
    { "mistral", "{\"a \\\"\\u00e9\":[1, {\"store\": true}]}",
      "{\"a \\\"\xc3\xa9\":[1, {\"store\": true}]}" },
    { "mistral", "{\"messages\":null,\"seed\":null}", "{\"messages\":null,\"random_seed\":null}" },
    { "mistral", "{\"messages\":[7,{\"role\":\"developer\"},{\"tool_calls\":[null,{}]}]}",
      "{\"messages\":[7,{\"role\":\"system\"},{\"tool_calls\":[null,{}]}]}" },
    { "groq",
      "{\"messages\":[{\"role\":\"user\",\"name\":\"Ann\",\"content\":\"x\"}],\"n\":1,"
      "\"logprobs\":false,\"logit_bias\":{\"1\":2},\"max_completion_tokens\":3}",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_completion_tokens\":3}" },
    { "deepseek",
      "{\"messages\":[{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"developer\"}]}],"
      "\"max_completion_tokens\":3,\"seed\":1}",
      "{\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"developer\"}]}],"
      "\"max_tokens\":3,\"seed\":1}" },
    { "cerebras",
      "{\"frequency_penalty\":0,\"presence_penalty\":0.5,\"parallel_tool_calls\":true,"
      "\"service_tier\":\"auto\",\"logit_bias\":null,\"top_p\":1}",
      "{\"top_p\":1}" },
    { "xai", "{\"logit_bias\":{},\"stop\":[\"x\"]}", "{\"stop\":[\"x\"]}" },
};

static void what_a_server_refuses_is_left_out_and_what_it_calls_otherwise_is_renamed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buffer out;
        assert_int_equal(quirks_write(quirks_find(rows[i].server), text_of(rows[i].body), &out),
                         FAIL_NONE);
        if (!text_is(buffer_text(&out), rows[i].expected))
            fail_msg("%s: %s became %.*s", rows[i].server, rows[i].body,
                     TEXT_ARGS(buffer_text(&out)));
        buffer_clear(&out);
    }
}

/* The value of the n-th `"id":` or `"tool_call_id":`. */
static struct text id_at(struct text body, int n)
{
    const char *at = body.data;
    while (n-- >= 0)
        at = strstr(at, "id\":\"") + 5;
    return (struct text){ at, strcspn(at, "\"") };
}

static void ids_of_calls_are_short_and_the_same_wherever_they_stand(void **state)
{
    (void)state;
    struct buffer out;
    assert_int_equal(
        quirks_write(quirks_find("mistral"),
                     text_of("{\"messages\":[{\"tool_calls\":[{\"id\":\"call_abcdefghij\",\"x\":1},"
                             "{\"id\":\"aB3dE6gH9\"}]},{\"role\":\"tool\",\"tool_call_id\":"
                             "\"call_abcdefghij\"},{\"tool_call_id\":\"aB3dE6gH9\"},"
                             "{\"tool_call_id\":\"call_abcdefghik\"}]}"),
                     &out),
        FAIL_NONE);
    buffer_append(&out, "", 1);
    const struct text body = buffer_text(&out), first = id_at(body, 0);
    assert_int_equal(first.len, 9);
    assert_int_equal(strspn(first.data,
                            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
                            "xyz"),
                     9);
    assert_true(text_equal(id_at(body, 2), first));
    assert_true(text_is(id_at(body, 1), "aB3dE6gH9") && text_is(id_at(body, 3), "aB3dE6gH9"));
    assert_false(text_equal(id_at(body, 4), first));
    buffer_clear(&out);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "[]", "7", "{\"a\":", "{\"a\":1}}" };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct buffer out;
        assert_int_not_equal(quirks_write(quirks_find("mistral"), text_of(bodies[i]), &out),
                             FAIL_NONE);
        buffer_clear(&out);
    }
}

/* ---- whether there is anything to do ---- */

static bool touches(const char *server, const char *members)
{
    struct arena arena;
    struct chat_request request;
    char body[512];
    arena_init(&arena);
    snprintf(body, sizeof(body),
             "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
             "\"x\"}]%s}",
             members);
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, &arena);
    assert_int_equal(request_reader_feed(reader, text_of(body), 0), FAIL_NONE);
    assert_int_equal(request_reader_finish(reader, text_of(body), &request), FAIL_NONE);
    const bool is_touched = quirks_touch(quirks_find(server), &request);
    arena_clear(&arena);
    return is_touched;
}

static void a_request_without_anything_of_it_is_not_touched(void **state)
{
    (void)state;
    for (const struct quirks *row = quirks_rows; row->name; row++) {
        assert_false(touches(row->name, ""));
        assert_false(touches(row->name, ",\"temperature\":0.5,\"max_tokens\":7,\"stream\":true,"
                                        "\"tools\":[],\"tool_choice\":\"auto\",\"x\":1"));
    }
    assert_true(touches("mistral", ",\"max_completion_tokens\":7"));
    assert_true(touches("mistral", ",\"seed\":7"));
    assert_true(touches("mistral", ",\"stream_options\":null"));
    assert_true(touches("cerebras", ",\"frequency_penalty\":0"));
    assert_true(touches("groq", ",\"n\":1"));
    assert_false(touches("groq", ",\"max_completion_tokens\":7,\"seed\":7,\"user\":\"x\""));
    assert_false(touches("ollama", ",\"logit_bias\":{\"1\":1},\"n\":2"));
    assert_true(touches("deepseek", ",\"messages\":[{\"role\":\"developer\",\"content\":\"x\"}]"));
    assert_false(
        touches("openrouter", ",\"messages\":[{\"role\":\"developer\",\"content\":\"x\"}]"));
    assert_true(touches("mistral", ",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"x\"}]"));
}

/* ---- by its address ---- */

static void a_server_is_known_by_the_end_of_its_host(void **state)
{
    (void)state;
    static const struct {
        const char *address, *name;
    } addresses[] = {
        { "https://api.groq.com/openai/v1", "groq" },
        { "https://API.MISTRAL.AI/v1", "mistral" },
        { "https://eu.api.mistral.ai", "mistral" },
        { "http://localhost:11434/v1", "ollama" },
        { "http://[::1]:11434/v1", "ollama" },
        { "https://openrouter.ai/api/v1", "openrouter" },
        { "https://notapi.groq.com", NULL },
        { "https://api.groq.com.example.org/v1", NULL },
        { "https://example.org/api.groq.com", NULL },
        { "https://api.groq.com:8443/v1", NULL },
        { "http://localhost:8000/v1", NULL },
    };
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const struct quirks *row = quirks_of_address(addresses[i].address);
        const char *name = row ? row->name : NULL;
        if (name != addresses[i].name &&
            (!name || !addresses[i].name || strcmp(name, addresses[i].name) != 0))
            fail_msg("%s is %s", addresses[i].address, name ? name : "nobody");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_server_refuses_is_left_out_and_what_it_calls_otherwise_is_renamed),
        cmocka_unit_test(ids_of_calls_are_short_and_the_same_wherever_they_stand),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_request_without_anything_of_it_is_not_touched),
        cmocka_unit_test(a_server_is_known_by_the_end_of_its_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
