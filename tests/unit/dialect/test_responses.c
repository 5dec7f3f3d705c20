/* test_responses.c - what clients of Responses ask and are answered is as tests/golden/responses
 * says, however a stream is cut; and what an answer said comes back as it was. */
#define VOICE ENDPOINT_RESPONSES
#define TOLD  "response.json"

#include "catalog/catalog.h"
#include "dialect/openai.h"
#include "voice_cases.h"
#include "wire/json_tree.h"

#define CASES "tests/golden/responses/*"

static void every_golden_request_becomes_a_chat(void **state)
{
    (void)state;
    check_all(CASES, check_request);
}

static void every_golden_completion_becomes_a_response(void **state)
{
    (void)state;
    check_all(CASES, check_reply);
}

static void every_golden_stream_gives_the_same_events_however_it_is_cut(void **state)
{
    (void)state;
    check_all(CASES, check_stream);
}

/* ---- streamed and whole ---- */

/* The `output` of a response, or of the last event of a stream. */
static void output_of(struct text document, struct json_tree *tree, struct buffer *ret)
{
    json_tree_init(tree, 1 << 16, 8);
    if (json_tree_read(tree, document))
        fail_msg("this is no JSON:\n%.*s", TEXT_ARGS(document));
    const struct json_node *inside = json_find(tree, json_root(tree), "response");
    struct text output =
        json_raw(tree, json_find(tree, inside ? inside : json_root(tree), "output"));
    buffer_init(ret, GOLDEN_MAX);
    buffer_append_text(ret, output);
    json_tree_clear(tree);
}

static struct text last_data(struct text events)
{
    static const char mark[] = "\ndata: ";
    size_t at = events.len - strlen(mark);
    while (strncmp(events.data + at, mark, strlen(mark)) != 0)
        at--;
    at += strlen(mark);
    return (struct text){ events.data + at, events.len - at };
}

static void check_alike(const char *folder)
{
    struct buffer response, events, whole, streamed;
    struct json_tree tree;
    if (read_file(folder, TOLD, &response) && read_file(folder, "events.sse", &events)) {
        output_of(buffer_text(&response), &tree, &whole);
        output_of(last_data(buffer_text(&events)), &tree, &streamed);
        if (!text_equal(buffer_text(&whole), buffer_text(&streamed)))
            fail_msg("%s ends with\n%.*s\nnot\n%.*s", folder, TEXT_ARGS(buffer_text(&streamed)),
                     TEXT_ARGS(buffer_text(&whole)));
        buffer_clear(&whole);
        buffer_clear(&streamed);
        buffer_clear(&events);
    }
    buffer_clear(&response);
}

static void a_stream_ends_with_what_a_whole_answer_is(void **state)
{
    (void)state;
    check_all(CASES, check_alike);
}

/* ---- there and back ---- */

/* An answer that is sent back becomes the message that it was made of. */
static void check_back(const char *folder)
{
    struct buffer response, output, chat, body;
    struct json_tree tree;
    const char *why = NULL;
    if (!read_file(folder, TOLD, &response))
        return;
    output_of(buffer_text(&response), &tree, &output);
    buffer_init(&body, GOLDEN_MAX);
    buffer_init(&chat, 0);
    buffer_printf(&body, "{\"input\":%.*s}", TEXT_ARGS(buffer_text(&output)));
    assert_int_equal(voice_to_chat(voice_of(VOICE), buffer_text(&body), &for_reading, &chat, &why),
                     FAIL_NONE);
    assert_same(folder, "back.json", buffer_text(&chat));
    buffer_clear(&response);
    buffer_clear(&output);
    buffer_clear(&chat);
    buffer_clear(&body);
}

static void an_answer_that_is_sent_back_is_the_message_that_it_was(void **state)
{
    (void)state;
    check_all(CASES, check_back);
}

/* ---- whose a thought is ---- */

static void leave_out(const char *body, char left[1024])
{
    struct span spans[8];
    size_t at = 0, len = 0;
    const size_t count = voice_strange_thoughts(voice_of(VOICE), text_of(body), spans, 8);
    for (size_t i = 0; i < count; i++) {
        assert_true(spans[i].start >= at);
        memcpy(left + len, body + at, spans[i].start - at);
        len += spans[i].start - at;
        at = spans[i].end;
    }
    snprintf(left + len, 1024 - len, "%s", body + at);
}

static void thoughts_that_openai_would_refuse_are_found_with_a_comma(void **state)
{
    (void)state;
#define OWN    "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"encrypted_content\":\"gA\"}"
#define PROVEN "{\"type\":\"reasoning\",\"id\":\"rs_2\",\"encrypted_content\":\"@v:c2ln\"}"
#define BARE   "{\"type\":\"reasoning\",\"id\":\"rs_other_1\",\"summary\":[]}"
#define TEXT_  "{\"role\":\"user\",\"content\":\"x\"}"
#define CALL   "{\"type\":\"function_call\",\"call_id\":\"c\"}"
#define SIGNED "{\"type\":\"function_call\",\"extra_content\":{\"a\":1},\"call_id\":\"c\"}"
#define LAST   "{\"type\":\"function_call\",\"call_id\":\"c\" , \"extra_content\":{}}"
#define FIRST  "{\"extra_content\":{} , \"type\":\"function_call\",\"call_id\":\"c\"}"
    static const struct {
        const char *input, *left;
    } rows[] = {
        { OWN ", " TEXT_, OWN ", " TEXT_ },
        { BARE ", " TEXT_, TEXT_ },
        { PROVEN " , " BARE " , " TEXT_, TEXT_ },
        { TEXT_ ", " PROVEN ", " BARE, TEXT_ },
        { OWN ", " PROVEN ", " TEXT_, OWN ", " TEXT_ },
        { PROVEN ", " SIGNED ", " BARE ", " LAST, CALL ", " CALL },
        { FIRST, CALL },
        { BARE, "" },
        { "1, \"x\"", "1, \"x\"" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[1024], wanted[1024], left[1024];
        snprintf(body, sizeof(body), "{\"input\":[%s]}", rows[i].input);
        snprintf(wanted, sizeof(wanted), "{\"input\":[%s]}", rows[i].left);
        leave_out(body, left);
        assert_string_equal(left, wanted);
    }
}

/* ---- what is not taken ---- */

static void what_is_no_request_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum fail fail;
    } rows[] = {
        { "", FAIL_BAD_JSON },
        { "[]", FAIL_BAD_JSON },
        { "{}", FAIL_BAD_VALUE },
        { "{\"input\":1}", FAIL_BAD_VALUE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buffer out;
        const char *why = NULL;
        buffer_init(&out, 0);
        assert_int_equal(
            voice_to_chat(voice_of(VOICE), text_of(rows[i].body), &for_reading, &out, &why),
            rows[i].fail);
        assert_non_null(why);
        buffer_clear(&out);
    }
}

/* What our own reader notes of a body of this kind. */
static uint64_t fields_of(const char *members)
{
    char body[1024];
    struct arena arena;
    struct chat_request request;
    snprintf(body, sizeof(body), "{\"model\":\"m\"%s}", members);
    arena_init(&arena);
    struct request_reader *reader = request_reader_new(VOICE, &arena);
    assert_int_equal(request_reader_feed(reader, text_of(body), 0), FAIL_NONE);
    assert_int_equal(request_reader_finish(reader, text_of(body), &request), FAIL_NONE);
    arena_clear(&arena);
    return request.fields;
}

static void what_other_languages_may_lose_is_seen(void **state)
{
    (void)state;
#define ITEM(type) ",\"input\":[{\"type\":\"" type "\"}]"
#define PART(part) ",\"input\":[{\"role\":\"user\",\"content\":[{" part "}]}]"
    static const struct {
        enum field field;
        const char *members;
    } rows[] = {
        { FIELD_NONE, ",\"input\":\"x\",\"stream\":false,\"max_tool_calls\":1" },
        { FIELD_NONE, ",\"background\":false,\"truncation\":\"disabled\",\"store\":false" },
        { FIELD_NONE, ",\"previous_response_id\":null,\"conversation\":null" },
        { FIELD_STORED, ",\"previous_response_id\":\"resp_1\"" },
        { FIELD_STORED, ",\"conversation\":{\"id\":\"c\"}" },
        { FIELD_STORED, ",\"prompt\":{\"id\":\"p\"}" },
        { FIELD_STORE, ",\"store\":true" },
        { FIELD_BACKGROUND, ",\"background\":true" },
        { FIELD_TRUNCATION, ",\"truncation\":\"auto\"" },
        { FIELD_MAX_TOKENS, ",\"max_output_tokens\":5" },
        { FIELD_SYSTEM, ",\"instructions\":\"x\"" },
        { FIELD_REASONING_EFFORT, ",\"reasoning\":{\"effort\":\"low\"}" },
        { FIELD_NONE, ",\"reasoning\":{\"summary\":\"auto\"}" },
        { FIELD_VERBOSITY, ",\"text\":{\"verbosity\":\"low\"}" },
        { FIELD_JSON_OBJECT, ",\"text\":{\"format\":{\"type\":\"json_object\"}}" },
        { FIELD_TOP_LOGPROBS, ",\"top_logprobs\":3" },
        { FIELD_LOGPROBS, ",\"include\":[\"message.output_text.logprobs\"]" },
        { FIELD_NONE, ",\"include\":[\"reasoning.encrypted_content\"]" },
        { FIELD_REASONING_DETAILS, ITEM("reasoning") },
        { FIELD_OTHER_PART, ITEM("web_search_call") },
        { FIELD_OTHER_PART, ITEM("item_reference") },
        { FIELD_CUSTOM_TOOLS, ITEM("custom_tool_call") },
        { FIELD_NONE, ITEM("function_call") },
        { FIELD_NONE, PART("\"type\":\"input_text\",\"text\":\"x\"") },
        { FIELD_NONE, PART("\"type\":\"output_text\",\"text\":\"x\"") },
        { FIELD_IMAGE_DATA,
          PART("\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,\"") },
        { FIELD_IMAGE_ADDRESS, PART("\"type\":\"input_image\",\"image_url\":\"https://x/\"") },
        { FIELD_FILE_ID, PART("\"type\":\"input_file\",\"file_id\":\"f\"") },
        { FIELD_FILE_DATA, PART("\"type\":\"input_file\",\"file_data\":\"data:\"") },
        { FIELD_OTHER_PART, PART("\"type\":\"input_file\",\"file_url\":\"https://x/\"") },
        { FIELD_OTHER_PART, PART("\"type\":\"input_smell\"") },
        { FIELD_OTHER, ",\"something_new\":1" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint64_t wanted = rows[i].field ? field_bit(rows[i].field) : 0;
        if (fields_of(rows[i].members) != wanted)
            fail_msg("%s is not seen as it should be", rows[i].members);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_request_becomes_a_chat),
        cmocka_unit_test(every_golden_completion_becomes_a_response),
        cmocka_unit_test(every_golden_stream_gives_the_same_events_however_it_is_cut),
        cmocka_unit_test(a_stream_ends_with_what_a_whole_answer_is),
        cmocka_unit_test(an_answer_that_is_sent_back_is_the_message_that_it_was),
        cmocka_unit_test(thoughts_that_openai_would_refuse_are_found_with_a_comma),
        cmocka_unit_test(what_is_no_request_is_refused_with_a_reason),
        cmocka_unit_test(what_other_languages_may_lose_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
