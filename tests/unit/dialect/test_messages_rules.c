/* test_messages_rules.c - of an Anthropic client's request: whose thoughts are whose, what is lost
 * in another language, and what is refused; and of which class our own failures are for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dialect/messages.h"
#include "dialect/openai.h"
#include "dialect/voice.h"

#define OUT_MAX ((size_t)256 << 10)

static const struct chat_aim for_openai = { .model = "gpt-x",
                                            .limit = "max_completion_tokens",
                                            .may_reason = true };
static const struct chat_aim for_reading = { .limit = "max_tokens" };
static const struct voice_about about = { .id = "req_1" };

/* ---- whose a thought is ---- */

static void thoughts_that_anthropic_would_refuse_are_found_with_a_comma(void **state)
{
    (void)state;
#define OWN   "{\"type\":\"thinking\",\"thinking\":\"a\",\"signature\":\"c2ln\"}"
#define BARE  "{\"type\":\"thinking\",\"thinking\":\"a\",\"signature\":\"\"}"
#define OTHER "{\"type\":\"redacted_thinking\",\"data\":\"@google-gemini-v1:ZA==\"}"
#define TEXT_ "{\"type\":\"text\",\"text\":\"x\"}"
    static const struct {
        const char *content, *left;
    } rows[] = {
        { OWN ", " TEXT_, OWN ", " TEXT_ },
        { BARE ", " TEXT_, TEXT_ },
        { BARE " , " OTHER " , " TEXT_, TEXT_ },
        { TEXT_ ", " BARE ", " OTHER, TEXT_ },
        { OWN ", " BARE ", " TEXT_, OWN ", " TEXT_ },
        { BARE ", " OWN ", " OTHER ", " TEXT_, OWN ", " TEXT_ },
        { BARE, "" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[1024], wanted[1024], left[1024];
        struct span spans[8];
        size_t len = 0, at = 0;
        snprintf(body, sizeof(body), "{\"messages\":[{\"content\":[%s]},{\"content\":\"y\"}]}",
                 rows[i].content);
        snprintf(wanted, sizeof(wanted), "{\"messages\":[{\"content\":[%s]},{\"content\":\"y\"}]}",
                 rows[i].left);
        size_t count = voice_strange_thoughts(voice_of(ENDPOINT_MESSAGES), text_of(body), spans, 8);
        for (size_t span = 0; span < count; span++) {
            assert_true(spans[span].start >= at);
            memcpy(left + len, body + at, spans[span].start - at);
            len += spans[span].start - at;
            at = spans[span].end;
        }
        snprintf(left + len, sizeof(left) - len, "%s", body + at);
        assert_string_equal(left, wanted);
    }
}

/* ---- what is lost ---- */

#define ASKED                                                                                      \
    "\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define DOCUMENT(m)                                                                                \
    ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{"           \
    "\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"hi\"}" m "}]}]"
#define TOOL "{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}"

static const struct {
    enum field field;
    const char *without, *with;
} examples[] = {
    { FIELD_TEMPERATURE, "", ",\"temperature\":0.5" },
    { FIELD_TOP_P, "", ",\"top_p\":0.5" },
    { FIELD_TOP_K, "", ",\"top_k\":5" },
    { FIELD_STOP, "", ",\"stop_sequences\":[\"x\"]" },
    { FIELD_JSON_SCHEMA, "",
      ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}" },
    { FIELD_REASONING_EFFORT, "", ",\"output_config\":{\"effort\":\"low\"}" },
    { FIELD_THINKING, "", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}" },
    { FIELD_TOOLS, "", ",\"tools\":[" TOOL "]" },
    { FIELD_TOOL_CHOICE, ",\"tools\":[" TOOL "]",
      ",\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"any\"}" },
    { FIELD_CACHE_CONTROL, "", ",\"cache_control\":{\"type\":\"ephemeral\"}" },
    { FIELD_SYSTEM, "", ",\"system\":\"be brief\"" },
    { FIELD_CITATIONS, DOCUMENT(""), DOCUMENT(",\"citations\":{\"enabled\":true}") },
    { FIELD_DOCUMENT_NOTES, DOCUMENT(""), DOCUMENT(",\"title\":\"t\"") },
    { FIELD_USER, "", ",\"metadata\":{\"user_id\":\"u\"}" },
    { FIELD_SERVICE_TIER, "", ",\"service_tier\":\"standard_only\"" },
    { FIELD_OWN, "", ",\"container\":\"c\"" },
    { FIELD_OTHER, "", ",\"something_new\":1" },
};

static void write_chat(const struct chat_aim *aim, const char *members, struct buffer *out)
{
    char body[1024];
    const char *why = NULL;
    snprintf(body, sizeof(body), "{%s%s}", ASKED, members);
    buffer_init(out, 0);
    assert_int_equal(voice_to_chat(voice_of(ENDPOINT_MESSAGES), text_of(body), aim, out, &why),
                     FAIL_NONE);
}

static uint64_t fields_of(const char *members)
{
    struct arena arena;
    struct buffer chat;
    struct chat_request request;
    arena_init(&arena);
    write_chat(&for_reading, members, &chat);
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, &arena);
    assert_int_equal(request_reader_feed(reader, buffer_text(&chat), 0), FAIL_NONE);
    assert_int_equal(request_reader_finish(reader, buffer_text(&chat), &request), FAIL_NONE);
    arena_clear(&arena);
    buffer_clear(&chat);
    return request.fields;
}

/* The reader sees all of it; OpenAI's servers are told what the table says that they are. */
static void a_field_is_seen_and_told_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct field_row *row = field_row(examples[i].field);
        const int carried = row->carried[DIALECT_OPENAI];
        struct buffer without, with;
        const uint64_t bit = field_bit(examples[i].field);
        if (!(fields_of(examples[i].with) & bit) || fields_of(examples[i].without) & bit)
            fail_msg("%s is not seen", row->name);
        write_chat(&for_openai, examples[i].without, &without);
        write_chat(&for_openai, examples[i].with, &with);
        bool differs = !text_equal(buffer_text(&without), buffer_text(&with));
        if (differs != (carried == CARRIED_ALIKE || carried == CARRIED_MAPPED))
            fail_msg("%s is said to be %s, and is written as\n%.*s", row->name,
                     carriage_word((enum carriage)carried), TEXT_ARGS(buffer_text(&with)));
        buffer_clear(&without);
        buffer_clear(&with);
    }
}

/* It is not sent where it would be refused, or not understood. */
static void what_tools_of_the_vendors_servers_have_said_is_an_essential_loss_elsewhere(void **state)
{
    (void)state;
    static const char *const types[] = { "server_tool_use", "web_search_tool_result",
                                         "search_result", "mcp_tool_result" };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char members[512];
        snprintf(
            members, sizeof(members),
            ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\","
            "\"content\":[{\"type\":\"%s\",\"id\":\"s\"},{\"type\":\"text\",\"text\":\"x\"}]}]",
            types[i]);
        const uint64_t own = field_bit(FIELD_OWN_PART), seen = fields_of(members);
        assert_true(seen & own);
        assert_int_equal(fields_essential(fields_lost(seen, DIALECT_OPENAI)), own);
        assert_int_equal(fields_essential(fields_lost(seen, DIALECT_GEMINI)), own);
        assert_int_equal(fields_essential(fields_lost(seen, DIALECT_BEDROCK)), own);
        assert_int_equal(fields_lost(seen, DIALECT_ANTHROPIC), 0);
    }
}

static void what_is_no_request_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum fail fail;
    } rows[] = {
        { "", FAIL_BAD_JSON },
        { "{", FAIL_BAD_JSON },
        { "[]", FAIL_BAD_JSON },
        { "{}", FAIL_BAD_VALUE },
        { "{\"messages\":1}", FAIL_BAD_VALUE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buffer out;
        const char *why = NULL;
        buffer_init(&out, 0);
        assert_int_equal(voice_to_chat(voice_of(ENDPOINT_MESSAGES), text_of(rows[i].body),
                                       &for_reading, &out, &why),
                         rows[i].fail);
        assert_non_null(why);
        buffer_clear(&out);
    }
}

static void what_is_no_completion_is_no_message(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "{", "[]", "{}", "{\"choices\":[]}", "\"x\"" };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct buffer out;
        buffer_init(&out, OUT_MAX);
        assert_false(voice_reply(voice_of(ENDPOINT_MESSAGES), &about, text_of(bodies[i]), &out));
        buffer_clear(&out);
    }
}

static void a_failure_of_ours_has_a_class_of_theirs(void **state)
{
    (void)state;
    static const struct {
        enum fail fail;
        const char *class;
    } rows[] = {
        { FAIL_BAD_VALUE, "invalid_request_error" },  { FAIL_WRONG_KEY, "authentication_error" },
        { FAIL_DENIED, "permission_error" },          { FAIL_UNKNOWN_MODEL, "not_found_error" },
        { FAIL_BODY_TOO_LARGE, "request_too_large" }, { FAIL_RATE_LIMITED, "rate_limit_error" },
        { FAIL_OVERLOADED, "overloaded_error" },      { FAIL_PROVIDER_ERROR, "api_error" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char wanted[128];
        struct buffer out;
        const struct error_note note = { .fail = rows[i].fail, .message = "why" };
        buffer_init(&out, OUT_MAX);
        messages_error(&out, &note, "req_1");
        snprintf(wanted, sizeof(wanted),
                 "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"why\"},"
                 "\"request_id\":\"req_1\"}",
                 rows[i].class);
        assert_true(text_is(buffer_text(&out), wanted));
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thoughts_that_anthropic_would_refuse_are_found_with_a_comma),
        cmocka_unit_test(a_field_is_seen_and_told_as_the_table_says),
        cmocka_unit_test(
            what_tools_of_the_vendors_servers_have_said_is_an_essential_loss_elsewhere),
        cmocka_unit_test(what_is_no_request_is_refused_with_a_reason),
        cmocka_unit_test(what_is_no_completion_is_no_message),
        cmocka_unit_test(a_failure_of_ours_has_a_class_of_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
