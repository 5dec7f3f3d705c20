/* test_request_pieces.c - the body goes upstream byte for byte, but for what is not the provider's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "dialect/openai.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A body of messages, so that rows show only what matters. */
#define M "\"messages\":[]"

struct row {
    const char *body, *expected; /* expected NULL: as the body */
    enum endpoint endpoint;
};

/* Spaces in front of a body, so that it is long enough to be scanned as it arrives. */
#define PADDING ((size_t)16 << 10)

static void append_padded(struct buffer *out, const char *string)
{
    buffer_init(out, 1 << 20);
    if (string[0]) {
        buffer_reserve(out, PADDING);
        memset(out->data, ' ', PADDING);
        out->len = PADDING;
    }
    buffer_append_string(out, string);
}

static void join_pieces(struct buffer *out, const struct chat_request *request, struct text body,
                        bool ask_usage, struct arena *arena)
{
    struct text pieces[REQUEST_PIECES_MAX];
    const struct request_changes changes = { .upstream_model = "up\"1", .ask_usage = ask_usage };
    size_t count = request_pieces(request, body, &changes, arena, pieces);
    buffer_init(out, 1 << 20);
    for (size_t i = 0; i < count; i++)
        buffer_append_text(out, pieces[i]);
}

/* Feeds the body in two pieces, cut so many bytes from its end, and then in pieces of `step`. */
static void compare(const struct row *row, struct text body, struct text expected, size_t left,
                    size_t step, bool ask_usage)
{
    struct arena arena;
    arena_init(&arena);
    struct request_reader *reader = request_reader_new(row->endpoint, &arena);
    size_t fed = body.len - left;
    request_reader_feed(reader, (struct text){ body.data, fed }, 0);
    for (; fed < body.len; fed += step)
        request_reader_feed(reader, (struct text){ body.data, fed + step }, fed);

    struct chat_request request;
    enum fail fail = request_reader_finish(reader, body, &request);
    if (fail)
        fail_msg("%s: %s", row->body, fail_row(fail)->name);
    struct buffer joined;
    join_pieces(&joined, &request, body, ask_usage, &arena);
    if (!text_equal(buffer_text(&joined), expected))
        fail_msg("%s, %zu left: %.*s", row->body, left, TEXT_ARGS(text_trim(buffer_text(&joined))));
    buffer_clear(&joined);
    arena_clear(&arena);
}

static void compare_everywhere(const struct row *rows, size_t count, bool ask_usage)
{
    for (size_t i = 0; i < count; i++) {
        const char *after = rows[i].expected ? rows[i].expected : rows[i].body;
        const size_t len = strlen(rows[i].body);
        struct buffer body, expected;
        append_padded(&body, rows[i].body);
        append_padded(&expected, after);
        compare(&rows[i], text_of(rows[i].body), text_of(after), 0, 1, ask_usage);
        compare(&rows[i], buffer_text(&body), buffer_text(&expected), len, 1, ask_usage);
        for (size_t left = 0; left <= len; left++)
            compare(&rows[i], buffer_text(&body), buffer_text(&expected), left, left + !left,
                    ask_usage);
        buffer_clear(&body);
        buffer_clear(&expected);
    }
}

/* Long enough not to be left to the scanner. */
#define L64  "0123456789abcdef\\n\\\"0123456789ABCDEF\\u00e90123456789ghijklmn"
#define LONG "\"" L64 L64 L64 L64 L64 "\""

static void places_behind_long_strings_are_right(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "{\"x\":" LONG ",\"model\":\"a\"," M "}", "{\"x\":" LONG ",\"model\":\"up\\\"1\"," M "}",
          ENDPOINT_CHAT },
        { "{" LONG ":[" LONG ",\n" LONG "]," M ",\"bourse\":{} }",
          "{" LONG ":[" LONG ",\n" LONG "]," M " ,\"model\":\"up\\\"1\"}", ENDPOINT_CHAT },
        { "{\"bourse\":{},\"model\" : " LONG " ," M "}", "{\"model\" : \"up\\\"1\" ," M "}",
          ENDPOINT_CHAT },
        { "{\"session_id\" :" LONG ",\"x\": " LONG " ,\"timeout\": 1}", "{\"x\": " LONG "}",
          ENDPOINT_RELAYED },
    };
    compare_everywhere(rows, COUNT(rows), false);
}

static void the_model_is_replaced_and_nothing_else(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "{\"stream\":true,\"model\":\"auto\"," M "}",
          "{\"stream\":true,\"model\":\"up\\\"1\"," M "}", ENDPOINT_CHAT },
        { " {\n \"model\" : \"a\\u0062c\" , " M " }\n", " {\n \"model\" : \"up\\\"1\" , " M " }\n",
          ENDPOINT_CHAT },
        { "{" M ",\"model\":\"a\",\"x\":1.50,\"x\":1e2}",
          "{" M ",\"model\":\"up\\\"1\",\"x\":1.50,\"x\":1e2}", ENDPOINT_CHAT },
        { "{\"model\":\"a\"," M ",\"model\":\"b\"}",
          "{\"model\":\"up\\\"1\"," M ",\"model\":\"up\\\"1\"}", ENDPOINT_CHAT },
        { "{\"mod\\u0065l\":\"a\"," M "}", "{\"mod\\u0065l\":\"up\\\"1\"," M "}", ENDPOINT_CHAT },
        { "{\"model\":null," M "}", "{\"model\":\"up\\\"1\"," M "}", ENDPOINT_CHAT },
        { "{\"model\":\"a\"," M ",\"y\":{\"model\":\"b\",\"bourse\":1}}",
          "{\"model\":\"up\\\"1\"," M ",\"y\":{\"model\":\"b\",\"bourse\":1}}", ENDPOINT_CHAT },
        { "{\"x\":\"\\\"}{\\\\\",\"model\":\"\\\\\",\"y\":\"\\\\\\\"\"," M "}",
          "{\"x\":\"\\\"}{\\\\\",\"model\":\"up\\\"1\",\"y\":\"\\\\\\\"\"," M "}", ENDPOINT_CHAT },
        { "{" M "}", "{" M ",\"model\":\"up\\\"1\"}", ENDPOINT_CHAT },
        { "{\"models\":[\"a\",\"b\"]," M "}", "{" M ",\"model\":\"up\\\"1\"}", ENDPOINT_CHAT },
        { "{\"input\":\"\xc3\xa9\",\"model\":\"a\"}",
          "{\"input\":\"\xc3\xa9\",\"model\":\"up\\\"1\"}", ENDPOINT_EMBEDDINGS },
        { "{\"provider\":{}}", "{\"model\":\"up\\\"1\"}", ENDPOINT_RESPONSES },
    };
    compare_everywhere(rows, COUNT(rows), false);
}

static void our_members_go_with_one_comma_each(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "{\"bourse\":{\"max_cost\":1}," M ",\"model\":\"a\"}", "{" M ",\"model\":\"up\\\"1\"}",
          ENDPOINT_CHAT },
        { "{\"bourse\":{} , \"timeout\":3 ,\n" M ",\"model\":\"a\"}",
          "{" M ",\"model\":\"up\\\"1\"}", ENDPOINT_CHAT },
        { "{" M ",\"model\":\"a\", \"bourse\":{} }", "{" M ",\"model\":\"up\\\"1\" }",
          ENDPOINT_CHAT },
        { "{" M ",\"models\":[],\"provider\":{},\"model\":\"a\"}", "{" M ",\"model\":\"up\\\"1\"}",
          ENDPOINT_CHAT },
        { "{\"max_cost\":1," M ",\"answer_value\":1,\"model\":\"a\",\"second_cost\":0}",
          "{" M ",\"model\":\"up\\\"1\"}", ENDPOINT_CHAT },
        { "{\"willingness_to_pay\":1,\"session_id\":\"s\",\"num_retries\":1," M
          ",\"model\":\"a\",\"fallbacks\":[\"b\"],\"timeout\":1.5}",
          "{" M ",\"model\":\"up\\\"1\"}", ENDPOINT_CHAT },
        { "{\"model\":\"a\"," M ",\"bourse\":null}", "{\"model\":\"up\\\"1\"," M "}",
          ENDPOINT_CHAT },
        { "{\"model\":\"a\"," M ",\"metadata\":{\"tags\":[\"x\"]}}",
          "{\"model\":\"up\\\"1\"," M ",\"metadata\":{}}", ENDPOINT_CHAT },
        { "{\"model\":\"a\"," M ",\"metadata\":{\"tags\":[\"x\"],\"k\":\"v\"}}",
          "{\"model\":\"up\\\"1\"," M ",\"metadata\":{\"k\":\"v\"}}", ENDPOINT_CHAT },
        { "{\"bourse\":{},\"metadata\":{\"k\":\"v\",\"tags\":[]},\"model\":\"a\"," M "}",
          "{\"metadata\":{\"k\":\"v\"},\"model\":\"up\\\"1\"," M "}", ENDPOINT_CHAT },
        { "{\"model\":\"a\"," M ",\"metadata\":{\"tags\":\"x\"},\"user\":\"u\"}",
          "{\"model\":\"up\\\"1\"," M ",\"metadata\":{\"tags\":\"x\"},\"user\":\"u\"}",
          ENDPOINT_CHAT },
        { "{\"bourse\":[1,{\"a\":2}],\"timeout\":\"x\"}", "{}", ENDPOINT_RELAYED },
        { "{ \"bourse\" : {} }", "{  }", ENDPOINT_RELAYED },
        { "{\"model\":7,\"provider\":\"x\",\"stream\":\"no\"}", "{\"model\":7,\"stream\":\"no\"}",
          ENDPOINT_RELAYED },
        { "[{\"model\":\"a\"}]", NULL, ENDPOINT_RELAYED },
        { "\"a\"", NULL, ENDPOINT_RELAYED },
        { "", NULL, ENDPOINT_RELAYED },
    };
    compare_everywhere(rows, COUNT(rows), false);
}

static void usage_is_asked_for_where_it_was_not(void **state)
{
    (void)state;
#define S "{\"model\":\"a\",\"stream\":true," M
#define T "{\"model\":\"up\\\"1\",\"stream\":true," M
#define U "\"include_usage\":true"
    static const struct row rows[] = {
        { S "}", T ",\"stream_options\":{" U "}}", ENDPOINT_CHAT },
        { S "\n}", T "\n,\"stream_options\":{" U "}}", ENDPOINT_CHAT },
        { S ",\"stream_options\":{}}", T ",\"stream_options\":{" U "}}", ENDPOINT_CHAT },
        { S ",\"stream_options\":{ }}", T ",\"stream_options\":{" U " }}", ENDPOINT_CHAT },
        { S ",\"stream_options\":{\"x\":1}}", T ",\"stream_options\":{" U ",\"x\":1}}",
          ENDPOINT_CHAT },
        { S ",\"stream_options\":{\"x\":1,\"include_usage\":false},\"bourse\":{}}",
          T ",\"stream_options\":{\"x\":1," U "}}", ENDPOINT_CHAT },
        { S ",\"stream_options\":{\"include_usage\": null }}",
          T ",\"stream_options\":{\"include_usage\": true }}", ENDPOINT_CHAT },
        { S ",\"stream_options\":null}", T ",\"stream_options\":{" U "}}", ENDPOINT_CHAT },
        { S ",\"stream_options\":{" U "}}", T ",\"stream_options\":{" U "}}", ENDPOINT_CHAT },
        { "{\"stream_options\":{},\"bourse\":{},\"model\":\"a\",\"stream\":true," M "}",
          "{\"stream_options\":{" U "},\"model\":\"up\\\"1\",\"stream\":true," M "}",
          ENDPOINT_CHAT },
        { "{\"model\":\"a\"," M "}", "{\"model\":\"up\\\"1\"," M "}", ENDPOINT_CHAT },
        { "{\"stream\":true,\"prompt\":\"\"}",
          "{\"stream\":true,\"prompt\":\"\",\"model\":\"up\\\"1\",\"stream_options\":{" U "}}",
          ENDPOINT_COMPLETIONS },
        { "{\"model\":\"a\",\"stream\":true}", "{\"model\":\"up\\\"1\",\"stream\":true}",
          ENDPOINT_RESPONSES },
    };
#undef S
#undef T
#undef U
    compare_everywhere(rows, COUNT(rows), true);
}

static void a_message_comes_behind_the_last_one(void **state)
{
    (void)state;
    static const struct {
        const char *body, *expected;
    } rows[] = {
        { "{\"messages\":[{\"role\":\"user\",\"content\":\"a]\"} ],\"stop\":[1]}",
          "{\"messages\":[{\"role\":\"user\",\"content\":\"a]\"} ,{}],\"stop\":[1]}" },
        { "{\"bourse\":{},\"messages\":[{},{\"x\":[]}],\"stream\":true}",
          "{\"messages\":[{},{\"x\":[]},{}],\"stream\":true}" },
        { "{\"messages\":[{}],\"messages\":[{},{}]}",
          "{\"messages\":[{}],\"messages\":[{},{},{}]}" },
        { "{\"messages\":[]}", NULL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena;
        struct buffer joined;
        struct chat_request request;
        struct text pieces[REQUEST_PIECES_MAX], body = text_of(rows[i].body);
        const struct request_changes changes = { .last_message = text_of("{}") };
        arena_init(&arena);
        buffer_init(&joined, 4096);
        struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, &arena);
        assert_int_equal(request_reader_finish(reader, body, &request), FAIL_NONE);
        size_t count = request_pieces(&request, body, &changes, &arena, pieces);
        for (size_t at = 0; at < count; at++)
            buffer_append_text(&joined, pieces[at]);
        assert_true(
            text_is(buffer_text(&joined), rows[i].expected ? rows[i].expected : rows[i].body));
        buffer_clear(&joined);
        arena_clear(&arena);
    }
}

static void without_a_name_for_it_the_model_stays(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct text body = text_of("{\"model\":\"a\",\"bourse\":{}}");
    struct request_reader *reader = request_reader_new(ENDPOINT_RELAYED, &arena);
    struct chat_request request;
    assert_int_equal(request_reader_feed(reader, body, 0), FAIL_NONE);
    assert_int_equal(request_reader_finish(reader, body, &request), FAIL_NONE);
    struct text pieces[REQUEST_PIECES_MAX];
    assert_int_equal(request_pieces(&request, body, &(struct request_changes){ 0 }, &arena, pieces),
                     2);
    assert_true(text_is(pieces[0], "{\"model\":\"a\""));
    assert_true(text_is(pieces[1], "}"));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_behind_long_strings_are_right),
        cmocka_unit_test(the_model_is_replaced_and_nothing_else),
        cmocka_unit_test(our_members_go_with_one_comma_each),
        cmocka_unit_test(usage_is_asked_for_where_it_was_not),
        cmocka_unit_test(a_message_comes_behind_the_last_one),
        cmocka_unit_test(without_a_name_for_it_the_model_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
