/* test_request_reader.c - what a request asks for is read from its structure, whatever its order.
 */
#include "reading.h"

#define PART(part) "{\"messages\":[{\"role\":\"user\",\"content\":[" part "]}]}"
#define ITEM(part) "{\"input\":[{\"role\":\"user\",\"content\":[" part "]}]}"
#define TOOL       "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"

static void needs_are_read_from_the_structure(void **state)
{
    (void)state;
    static const struct {
        enum endpoint endpoint;
        const char *body;
        uint32_t needs, has;
    } rows[] = {
        { ENDPOINT_CHAT, CHAT("\"x\":\"image_url json_schema tools\""), 0, 0 },
        { ENDPOINT_CHAT, CHAT("\"tools\":[]"), 0, 0 },
        { ENDPOINT_CHAT, CHAT("\"tools\":null"), 0, 0 },
        { ENDPOINT_CHAT, CHAT(TOOL), NEED_TOOLS, HAS_TOOLS },
        { ENDPOINT_CHAT, CHAT("\"functions\":[{\"name\":\"f\"}]"), NEED_TOOLS, HAS_TOOLS },
        { ENDPOINT_CHAT, CHAT("\"parallel_tool_calls\":true," TOOL),
          NEED_TOOLS | NEED_PARALLEL_TOOLS, HAS_TOOLS },
        { ENDPOINT_CHAT, CHAT("\"parallel_tool_calls\":false," TOOL), NEED_TOOLS, HAS_TOOLS },
        { ENDPOINT_CHAT, CHAT("\"parallel_tool_calls\":true"), 0, 0 },
        { ENDPOINT_CHAT, PART("{\"image_url\":{\"url\":\"x\"},\"type\":\"image_url\"}"),
          NEED_VISION, HAS_IMAGES },
        { ENDPOINT_CHAT, PART("{\"type\":\"input_audio\",\"input_audio\":{}}"), NEED_AUDIO,
          HAS_AUDIO },
        { ENDPOINT_CHAT, PART("{\"type\":\"file\",\"file\":{}}"), 0, HAS_FILES },
        { ENDPOINT_CHAT, PART("{\"type\":\"text\",\"text\":\"x\"}"), 0, 0 },
        { ENDPOINT_RESPONSES, ITEM("{\"type\":\"input_image\",\"image_url\":\"x\"}"), NEED_VISION,
          HAS_IMAGES },
        { ENDPOINT_RESPONSES, ITEM("{\"type\":\"input_file\"}"), 0, HAS_FILES },
        { ENDPOINT_RESPONSES,
          "{\"input\":[{\"type\":\"computer_call_output\",\"output\":"
          "{\"type\":\"computer_screenshot\",\"image_url\":\"x\"}}]}",
          NEED_VISION, HAS_IMAGES },
        { ENDPOINT_CHAT, CHAT("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}"),
          NEED_JSON_SCHEMA, HAS_JSON_SCHEMA },
        { ENDPOINT_CHAT, CHAT("\"response_format\":{\"type\":\"json_object\"}"), 0, 0 },
        { ENDPOINT_RESPONSES, "{\"text\":{\"format\":{\"type\":\"json_schema\"}}}",
          NEED_JSON_SCHEMA, HAS_JSON_SCHEMA },
        { ENDPOINT_CHAT, CHAT("\"logprobs\":true"), NEED_LOGPROBS, 0 },
        { ENDPOINT_CHAT, CHAT("\"logprobs\":false,\"top_logprobs\":0"), 0, 0 },
        { ENDPOINT_CHAT, CHAT("\"top_logprobs\":3"), NEED_LOGPROBS, 0 },
        { ENDPOINT_COMPLETIONS, "{\"logprobs\":0}", NEED_LOGPROBS, 0 },
        { ENDPOINT_RESPONSES, "{\"include\":[\"message.output_text.logprobs\"]}", NEED_LOGPROBS,
          0 },
        { ENDPOINT_RESPONSES, "{\"instructions\":\"be kind\"}", 0, HAS_SYSTEM },
        { ENDPOINT_CHAT, "{\"messages\":[{\"content\":\"x\",\"role\":\"developer\"}]}", 0,
          HAS_SYSTEM },
        { ENDPOINT_RELAYED, CHAT(TOOL), 0, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading reading;
        struct chat_request *request = read_well(&reading, rows[i].endpoint, rows[i].body);
        if (request->needs != rows[i].needs || request->has != rows[i].has)
            fail_msg("%s: needs %x, has %x", rows[i].body, request->needs, request->has);
        arena_clear(&reading.arena);
    }
}

static void what_cannot_be_read_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        enum endpoint endpoint;
        const char *body;
        enum fail fail;
        const char *param;
    } rows[] = {
        { ENDPOINT_CHAT, "", FAIL_BAD_JSON, NULL },
        { ENDPOINT_CHAT, "[]", FAIL_BAD_JSON, NULL },
        { ENDPOINT_CHAT, "null", FAIL_BAD_JSON, NULL },
        { ENDPOINT_CHAT, "{\"messages\":[]", FAIL_BAD_JSON, NULL },
        { ENDPOINT_CHAT, "{}", FAIL_BAD_VALUE, "messages" },
        { ENDPOINT_CHAT, "{\"messages\":null}", FAIL_BAD_VALUE, "messages" },
        { ENDPOINT_CHAT, "{\"messages\":\"x\"}", FAIL_BAD_VALUE, "messages" },
        { ENDPOINT_CHAT, "{\"messages\":[1]}", FAIL_BAD_VALUE, "messages[0]" },
        { ENDPOINT_CHAT, "{\"messages\":[{},{\"content\":[{\"text\":1}]}]}", FAIL_BAD_VALUE,
          "messages[1].content[0].text" },
        { ENDPOINT_CHAT, CHAT("\"model\":1"), FAIL_BAD_VALUE, "model" },
        { ENDPOINT_CHAT, CHAT("\"stream\":\"yes\""), FAIL_BAD_VALUE, "stream" },
        { ENDPOINT_CHAT, CHAT("\"stream_options\":{\"include_usage\":1}"), FAIL_BAD_VALUE,
          "stream_options.include_usage" },
        { ENDPOINT_CHAT, CHAT("\"n\":0"), FAIL_BAD_VALUE, "n" },
        { ENDPOINT_CHAT, CHAT("\"n\":1.5"), FAIL_BAD_VALUE, "n" },
        { ENDPOINT_CHAT, CHAT("\"max_tokens\":-1"), FAIL_BAD_VALUE, "max_tokens" },
        { ENDPOINT_CHAT, CHAT("\"max_tokens\":1e999"), FAIL_BAD_VALUE, "max_tokens" },
        { ENDPOINT_CHAT, CHAT("\"models\":\"a\""), FAIL_BAD_VALUE, "models" },
        { ENDPOINT_CHAT, CHAT("\"models\":[\"a\",2]"), FAIL_BAD_VALUE, "models[1]" },
        { ENDPOINT_CHAT, CHAT("\"provider\":{\"zdr\":true}"), FAIL_BAD_VALUE, "provider.zdr" },
        { ENDPOINT_CHAT, CHAT("\"provider\":{\"sort\":\"name\"}"), FAIL_BAD_VALUE,
          "provider.sort" },
        { ENDPOINT_CHAT, CHAT("\"provider\":{\"max_price\":{\"image\":1}}"), FAIL_BAD_VALUE,
          "provider.max_price.image" },
        { ENDPOINT_CHAT, CHAT("\"bourse\":{\"max_costs\":1}"), FAIL_BAD_VALUE, "bourse.max_costs" },
        { ENDPOINT_CHAT, CHAT("\"max_cost\":-0.5"), FAIL_BAD_VALUE, "max_cost" },
        { ENDPOINT_CHAT, CHAT("\"timeout\":0"), FAIL_BAD_VALUE, "timeout" },
        { ENDPOINT_CHAT, CHAT("\"metadata\":{\"tags\":[1]}"), FAIL_BAD_VALUE, "metadata.tags[0]" },
        { ENDPOINT_COMPLETIONS, "{\"prompt\":{}}", FAIL_BAD_VALUE, "prompt" },
        { ENDPOINT_RELAYED, "{\"model\":", FAIL_BAD_JSON, NULL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading reading;
        read_text(&reading, rows[i].endpoint, text_of(rows[i].body));
        const struct reading_problem *problem = request_reader_problem(reading.reader);
        if (reading.fail != rows[i].fail || !problem)
            fail_msg("%s: %s", rows[i].body, fail_row(reading.fail)->name);
        if (!text_equal(text_of(problem->param), text_of(rows[i].param)))
            fail_msg("%s: %s", rows[i].body, problem->param);
        arena_clear(&reading.arena);
    }
}

static void the_last_word_of_the_user_and_what_was_before_are_kept(void **state)
{
    (void)state;
    struct reading reading;
    const struct chat_request *request = read_well(
        &reading, ENDPOINT_CHAT,
        "{\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},"
        "{\"role\":\"user\",\"content\":\"first\"},{\"role\":\"assistant\",\"content\":\"second\"},"
        "{\"content\":[{\"type\":\"text\",\"text\":\"third\"},{\"type\":\"image_url\"},"
        "{\"text\":\"fourth\",\"type\":\"text\"}],\"role\":\"user\"},"
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\"}]},"
        "{\"role\":\"tool\",\"content\":\"fifth\"},{\"content\":\"be kind\",\"role\":\"system\"}]}");
    assert_text(request->user.head, "third\nfourth");
    assert_text(request->before.head, "second");
    assert_text(request->system.head, "be brief\nbe kind");
    assert_int_equal(request->user.total, 12);
    assert_int_equal(request->user.tail.len, 0);
    assert_int_equal(request->turns, 7);
    assert_int_equal(request->images, 1);
    arena_clear(&reading.arena);
}

static void prompts_and_inputs_are_words_of_the_user(void **state)
{
    (void)state;
    static const struct {
        enum endpoint endpoint;
        const char *body, *user;
        size_t ascii;
    } rows[] = {
        { ENDPOINT_COMPLETIONS, "{\"prompt\":\"say it\"}", "say it", 6 },
        { ENDPOINT_COMPLETIONS, "{\"prompt\":[\"a\",\"b\"]}", "a\nb", 2 },
        { ENDPOINT_COMPLETIONS, "{\"prompt\":[[1,2],[3]]}", "", 12 },
        { ENDPOINT_EMBEDDINGS, "{\"input\":[\"a\",\"b\"]}", "a\nb", 2 },
        { ENDPOINT_RESPONSES, "{\"input\":\"say it\"}", "say it", 6 },
        { ENDPOINT_RESPONSES, "{\"input\":[{\"role\":\"user\",\"content\":\"x\"}]}", "x", 1 },
        { ENDPOINT_RESPONSES,
          "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"}]},"
          "{\"type\":\"function_call_output\",\"output\":\"yy\"}]}",
          "x", 3 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading reading;
        const struct chat_request *request = read_well(&reading, rows[i].endpoint, rows[i].body);
        assert_text(request->user.head, rows[i].user);
        assert_int_equal(request->chars_ascii, rows[i].ascii);
        arena_clear(&reading.arena);
    }
}

static void of_a_long_text_in_pieces_both_ends_are_kept_in_whole_characters(void **state)
{
    (void)state;
    enum { CHARACTERS = 20000 };
    struct buffer body;
    buffer_init(&body, 1 << 20);
    buffer_append_string(&body, "{\"messages\":[{\"role\":\"user\",\"content\":\"a");
    for (int i = 0; i < CHARACTERS; i++)
        buffer_append_string(&body, "\xe4\xb8\xad");
    buffer_append_string(&body, "z\"}]}");

    struct reading reading;
    read_text_in_pieces(&reading, ENDPOINT_CHAT, buffer_text(&body), 1000);
    const struct excerpt *user = &reading.request.user;
    assert_int_equal(reading.fail, FAIL_NONE);
    assert_int_equal(user->total, 3 * CHARACTERS + 2);
    assert_int_equal(user->head.len, 1999); /* 1 + 3 * 666 */
    assert_int_equal(user->tail.len, 1999); /* 3 * 666 + 1 */
    assert_memory_equal(user->tail.data, "\xe4\xb8\xad", 3);
    assert_int_equal(user->tail.data[user->tail.len - 1], 'z');
    assert_int_equal(reading.request.chars_cjk, CHARACTERS);
    assert_int_equal(reading.request.chars_ascii, 2);
    arena_clear(&reading.arena);
    buffer_clear(&body);
}

static void characters_are_counted_by_script(void **state)
{
    (void)state;
    struct reading reading;
    const struct chat_request *request =
        read_well(&reading, ENDPOINT_CHAT,
                  "{\"messages\":[{\"role\":\"user\",\"content\":\"abc \\u00e9\xc3\xbc \xd0\x96 "
                  "\xe6\x96\x87\xed\x95\x9c \xf0\x9f\x98\x80\"}],\"tools\":[{\"na\":\"me\"}]}");
    assert_int_equal(request->chars_ascii, 3 + 4 + 4);
    assert_int_equal(request->chars_latin, 2);
    assert_int_equal(request->chars_cjk, 2);
    assert_int_equal(request->chars_other, 2);
    assert_int_equal(request->tools, 1);
    arena_clear(&reading.arena);
}

static void wishes_of_other_routers_are_understood(void **state)
{
    (void)state;
    struct reading reading;
    const struct chat_request *request = read_well(
        &reading, ENDPOINT_CHAT,
        CHAT("\"model\":\"a\",\"models\":[\"a\",\"b\"],\"fallbacks\":[\"c\"],\"num_retries\":2,"
             "\"timeout\":1.5,\"session_id\":\"s\",\"prompt_cache_key\":\"k\",\"user\":\"u\","
             "\"metadata\":{\"team\":\"x\",\"n\":1,\"tags\":[\"t1\",\"t2\"]},"
             "\"provider\":{\"order\":[\"p\"],\"only\":[\"p\",\"q\"],\"ignore\":[\"r\"],"
             "\"allow_fallbacks\":false,\"require_parameters\":true,\"sort\":\"latency\","
             "\"max_price\":{\"prompt\":1,\"completion\":2.5}},"
             "\"willingness_to_pay\":0.1,\"bourse\":{\"second_cost\":0.01,\"explain\":true}"));
    assert_text(request->model, "a");
    assert_int_equal(request->fallbacks.count, 2);
    assert_text(request->fallbacks.items[0], "b");
    assert_text(request->fallbacks.items[1], "c");
    assert_int_equal(request->num_retries, 2);
    assert_int_equal(request->timeout_ms, 1500);
    assert_text(request->session, "s");
    assert_text(request->user_id, "u");
    assert_int_equal(request->metadata_count, 1);
    assert_text(request->metadata[0].name, "team");
    assert_text(request->metadata[0].value, "x");
    assert_int_equal(request->tags.count, 2);
    assert_text(request->tags.items[1], "t2");
    assert_int_equal(request->wishes.order.count, 1);
    assert_text(request->wishes.only.items[1], "q");
    assert_text(request->wishes.ignore.items[0], "r");
    assert_true(request->wishes.has_allow_fallbacks && !request->wishes.allow_fallbacks);
    assert_int_equal(request->wishes.sort, SORT_LATENCY);
    assert_true(request->wishes.max_price_in == 1 && request->wishes.max_price_out == 2.5);
    assert_true(request->answer_value == 0.1 && request->second_cost == 0.01);
    assert_true(request->max_cost == -1 && request->explain);
    arena_clear(&reading.arena);
}

static void what_is_absent_is_told_from_zero(void **state)
{
    (void)state;
    struct reading reading;
    const struct chat_request *request = read_well(
        &reading, ENDPOINT_CHAT, CHAT("\"models\":[\"a\",\"b\"],\"safety_identifier\":\"i\""));
    assert_text(request->model, "a");
    assert_int_equal(request->fallbacks.count, 1);
    assert_text(request->user_id, "i");
    assert_int_equal(request->n, 1);
    assert_int_equal(request->max_output_tokens, -1);
    assert_int_equal(request->num_retries, -1);
    assert_int_equal(request->timeout_ms, -1);
    assert_true(request->answer_value == -1 && request->second_cost == -1);
    assert_true(request->wishes.max_price_in == -1 && request->wishes.max_price_out == -1);
    arena_clear(&reading.arena);
}

static void the_larger_of_two_output_limits_is_planned_with(void **state)
{
    (void)state;
    struct reading reading;
    const struct chat_request *request = read_well(
        &reading, ENDPOINT_CHAT, CHAT("\"max_completion_tokens\":200,\"max_tokens\":1e2,\"n\":3"));
    assert_int_equal(request->max_output_tokens, 200);
    assert_int_equal(request->n, 3);
    arena_clear(&reading.arena);
}

static void a_body_nested_too_deep_is_refused_as_such(void **state)
{
    (void)state;
    char body[200];
    memset(body, '[', sizeof(body));
    memcpy(body, "{\"x\":", 5);
    struct reading reading;
    read_text(&reading, ENDPOINT_CHAT, (struct text){ body, sizeof(body) });
    assert_int_equal(reading.fail, FAIL_TOO_DEEP);
    arena_clear(&reading.arena);
}

static void lists_beyond_their_maximum_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *before, *item, *after;
        int most;
    } rows[] = {
        { "{\"models\":[\"x\"", ",\"x\"", "]}", CHAT_MODELS_MAX - 1 },
        { "{\"metadata\":{\"a\":\"x\"", ",\"a\":\"x\"", "}}", CHAT_PAIRS_MAX - 1 },
        { "{\"model\":\"x\"", ",\"model\":\"x\"", "}", CHAT_SPLICES_MAX - 1 },
        { "{\"model\":\"x\"", ",\"bourse\":1", "}", CHAT_SPLICES_MAX - 1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int more = 0; more < 2; more++) {
            struct buffer body;
            buffer_init(&body, 4096);
            buffer_append_string(&body, rows[i].before);
            for (int k = 0; k < rows[i].most + more; k++)
                buffer_append_string(&body, rows[i].item);
            buffer_append_string(&body, rows[i].after);
            struct reading reading;
            enum endpoint endpoint =
                strstr(rows[i].item, "bourse") ? ENDPOINT_RELAYED : ENDPOINT_EMBEDDINGS;
            read_text(&reading, endpoint, buffer_text(&body));
            if (reading.fail != (more ? FAIL_BAD_VALUE : FAIL_NONE))
                fail_msg("%s and %d more: %s", rows[i].before, rows[i].most + more,
                         fail_row(reading.fail)->name);
            arena_clear(&reading.arena);
            buffer_clear(&body);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_are_read_from_the_structure),
        cmocka_unit_test(what_cannot_be_read_is_refused_with_its_place),
        cmocka_unit_test(the_last_word_of_the_user_and_what_was_before_are_kept),
        cmocka_unit_test(prompts_and_inputs_are_words_of_the_user),
        cmocka_unit_test(of_a_long_text_in_pieces_both_ends_are_kept_in_whole_characters),
        cmocka_unit_test(characters_are_counted_by_script),
        cmocka_unit_test(wishes_of_other_routers_are_understood),
        cmocka_unit_test(what_is_absent_is_told_from_zero),
        cmocka_unit_test(the_larger_of_two_output_limits_is_planned_with),
        cmocka_unit_test(a_body_nested_too_deep_is_refused_as_such),
        cmocka_unit_test(lists_beyond_their_maximum_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
