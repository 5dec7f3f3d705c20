/* test_reply.c - whole replies: what they used, and whether they are errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dialect/openai.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct reply_facts read_reply(enum endpoint endpoint, const char *body, struct arena *arena)
{
    struct reply_facts facts;
    arena_init(arena);
    reply_read(endpoint, text_of(body), arena, &facts);
    return facts;
}

static void usage_is_read_under_each_endpoints_names_and_unknown_where_absent(void **state)
{
    (void)state;
    static const struct {
        enum endpoint endpoint;
        const char *body;
        struct usage usage;
    } rows[] = {
        { ENDPOINT_CHAT,
          "{\"choices\":[{\"message\":{\"content\":\"hi\",\"usage\":{\"prompt_tokens\":99}}}],"
          "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,"
          "\"prompt_tokens_details\":{\"cached_tokens\":4},"
          "\"completion_tokens_details\":{\"reasoning_tokens\":3}}}",
          { 9, 4, 12, 3 } },
        { ENDPOINT_RESPONSES,
          "{\"status\":\"completed\",\"error\":null,\"usage\":{\"input_tokens\":36,"
          "\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":87,"
          "\"output_tokens_details\":{\"reasoning_tokens\":0}}}",
          { 36, 0, 87, 0 } },
        { ENDPOINT_EMBEDDINGS,
          "{\"data\":[{\"embedding\":[0.1]}],\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}",
          { 8, -1, 0, -1 } },
        { ENDPOINT_EMBEDDINGS, "{\"data\":[{\"embedding\":[0.1]}]}", USAGE_UNKNOWN },
        { ENDPOINT_CHAT,
          "{\"usage\":{\"prompt_tokens\":7,\"prompt_cache_hit_tokens\":5}}",
          { 7, 5, -1, -1 } },
        { ENDPOINT_CHAT, "{\"choices\":[]}", USAGE_UNKNOWN },
        { ENDPOINT_CHAT, "{\"usage\":null}", USAGE_UNKNOWN },
        { ENDPOINT_CHAT, "{\"usage\":[{\"prompt_tokens\":7}]}", USAGE_UNKNOWN },
        { ENDPOINT_CHAT, "{\"usage\":{\"prompt_tokens\":-7,\"completion_tokens\":\"8\"}}",
          USAGE_UNKNOWN },
        { ENDPOINT_CHAT, "{\"usage\":{\"prompt_tokens\":99999999999999999999}}", USAGE_UNKNOWN },
        { ENDPOINT_CHAT, "{\"usage\":{\"prompt_tokens\":1.5}}", USAGE_UNKNOWN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena;
        struct reply_facts facts = read_reply(rows[i].endpoint, rows[i].body, &arena);
        assert_true(facts.is_json);
        assert_false(facts.is_error);
        assert_memory_equal(&facts.usage, &rows[i].usage, sizeof(facts.usage));
        arena_clear(&arena);
    }
}

static void an_error_is_told_with_its_words_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message, *code, *type;
    } rows[] = {
        { "{\"error\":{\"message\":\"No \\\"x\\\"\\n\\u00e9\",\"type\":\"t\",\"param\":null,"
          "\"code\":\"c\"}}",
          "No \"x\"\n\xc3\xa9", "c", "t" },
        { "{\"error\":{\"message\":\"m\",\"code\":400,\"metadata\":{\"code\":1}}}", "m", "400",
          "" },
        { "{\"error\":{\"code\":null}}", "", "", "" },
        { "{\"error\":\"model is loading\"}", "model is loading", "", "" },
        { "{\"error\":{}}", "", "", "" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena;
        struct reply_facts facts = read_reply(ENDPOINT_CHAT, rows[i].body, &arena);
        assert_true(facts.is_error);
        assert_true(text_is(facts.error_message, rows[i].message));
        assert_true(text_is(facts.error_code, rows[i].code));
        assert_true(text_is(facts.error_type, rows[i].type));
        arena_clear(&arena);
    }
}

static void what_is_not_one_complete_object_is_no_reply(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "", " ", "<html>Bad Gateway</html>", "{\"error\":{\"message\":\"m\"}", "[{}]", "7", "{}{}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena;
        struct reply_facts facts = read_reply(ENDPOINT_CHAT, rows[i], &arena);
        assert_false(facts.is_json);
        assert_false(facts.is_error);
        assert_int_equal(facts.error_message.len, 0);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_is_read_under_each_endpoints_names_and_unknown_where_absent),
        cmocka_unit_test(an_error_is_told_with_its_words_decoded),
        cmocka_unit_test(what_is_not_one_complete_object_is_no_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
