/* test_request_long.c - long strings are worth the same as short ones, wherever they are cut. */
#include "reading.h"

#define LETTERS_60  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
#define LETTERS_300 LETTERS_60 LETTERS_60 LETTERS_60 LETTERS_60 LETTERS_60

static void a_long_string_is_worth_the_same_as_a_short_one(void **state)
{
    (void)state;
    struct reading reading;
    const struct chat_request *request =
        read_well(&reading, ENDPOINT_CHAT,
                  "{\"messages\":[{\"role\":\"system\",\"content\":\"" LETTERS_300 "\\n\\u00e9\"},"
                  "{\"role\":\"user\",\"content\":[{\"type\":\"" LETTERS_300 "\",\"text\":\"y\"},"
                  "{\"text\":\"" LETTERS_300 "z\"}]}],\"tools\":[{\"" LETTERS_300 "\":1}],"
                  "\"session_id\":\"" LETTERS_300 "\",\"" LETTERS_300 "\":{},\"model\":\"a\"}");
    assert_text(request->system.head, LETTERS_300 "\n\xc3\xa9");
    assert_text(request->user.head, "y\n" LETTERS_300 "z");
    assert_int_equal(request->system.total, 303);
    assert_int_equal(request->user.total, 303);
    assert_text(request->session, LETTERS_300);
    assert_text(request->model, "a");
    assert_int_equal(request->chars_ascii, 301 + 1 + 301 + 300);
    assert_int_equal(request->chars_latin, 1);
    arena_clear(&reading.arena);
}

static void what_is_too_long_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        char filler;
        size_t most; /* bytes between the two */
        const char *message;
    } rows[] = {
        { "{\"messages\":[],\"model\":\"", "\"}", 'm', 1024,
          "`model` must not be longer than 1024 bytes." },
        { "{\"messages\":[],\"metadata\":{\"", "\":1}}", 'm', 1024,
          "`metadata` has a name above 1024 bytes." },
        { "{\"messages\":[],\"x\":[", "]}", '7', 1024,
          "The body has a number of more than 1024 bytes." },
    };
    static const size_t steps[] = { 1, 100, 1 << 20 };
    for (size_t i = 0; i < COUNT(rows) * COUNT(steps) * 2; i++) {
        const size_t row = i / 2 % COUNT(rows), step = steps[i / 2 / COUNT(rows)];
        const size_t wanted = rows[row].most + i % 2;
        struct buffer body;
        struct reading reading;
        buffer_init(&body, 1 << 20);
        buffer_append_string(&body, rows[row].before);
        for (size_t k = 0; k < wanted; k++)
            buffer_append(&body, &rows[row].filler, 1);
        buffer_append_string(&body, rows[row].after);
        while (body.len < 20000) /* or it would not be read before its end */
            buffer_append_string(&body, " ");
        read_text_in_pieces(&reading, ENDPOINT_CHAT, buffer_text(&body), step);
        const struct reading_problem *problem = request_reader_problem(reading.reader);
        if (i % 2 == 0)
            assert_int_equal(reading.fail, FAIL_NONE);
        else
            assert_string_equal(problem->message, rows[row].message);
        arena_clear(&reading.arena);
        buffer_clear(&body);
    }
}

static void of_two_faults_the_first_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message;
    } rows[] = {
        { CHAT("\"n\":0,\"x\":\"\\q\""), "`n` must be a whole number from 1 to 1000000." },
        { CHAT("\"x\":\"\\q\",\"n\":0"), "The body is not valid JSON." },
        { CHAT("\"x\":\"\xc0\xaf\",\"n\":0"), "The body is not valid UTF-8." },
        { CHAT("\"x\" \"\xff\""), "The body is not valid JSON." },
        { CHAT("\"x\"\xff"), "The body is not valid JSON." },
        { CHAT("\"x\":\"" LETTERS_300 "\"\"" LETTERS_300 "\""), "The body is not valid JSON." },
        { CHAT("\"n\":1\"" LETTERS_300 "\""), "The body is not valid JSON." },
        { CHAT("\"x\":\"" LETTERS_300), "The body is not valid JSON." },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading reading;
        read_text(&reading, ENDPOINT_CHAT, text_of(rows[i].body));
        const struct reading_problem *problem = request_reader_problem(reading.reader);
        if (!problem || !text_is(text_of(problem->message), rows[i].message))
            fail_msg("%s: %s", rows[i].body, problem ? problem->message : "no problem");
        arena_clear(&reading.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_string_is_worth_the_same_as_a_short_one),
        cmocka_unit_test(what_is_too_long_is_refused_wherever_it_is_cut),
        cmocka_unit_test(of_two_faults_the_first_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
