/* test_request_string.c - a string of the body is checked, counted and decoded like any parser's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/request_string.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Read in two pieces, the first `cut` bytes long. */
static enum string_state read_cut(struct request_string *string, struct text body, size_t cut)
{
    request_string_begin(string, 0);
    enum string_state state = request_string_read(string, (struct text){ body.data, cut });
    return state == STRING_GOES_ON ? request_string_read(string, body) : state;
}

static void a_string_is_read_alike_wherever_it_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *string, *text;
        struct character_counts counts;
    } rows[] = {
        { "\"\"", "", { 0 } },
        { "\"plain words that are longer than a word\"",
          "plain words that are longer than a word",
          { .ascii = 39 } },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", { .ascii = 8 } },
        { "\"\\u0041\\u00e9\\u4E2d\\u0416\"",
          "A\xc3\xa9\xe4\xb8\xad\xd0\x96",
          { .ascii = 1, .latin = 1, .cjk = 1, .other = 1 } },
        { "\"\xc3\xa9\xe4\xb8\xad\xd0\x96\xf0\x9f\x98\x80\x7f\"",
          "\xc3\xa9\xe4\xb8\xad\xd0\x96\xf0\x9f\x98\x80\x7f",
          { .ascii = 1, .latin = 1, .cjk = 1, .other = 2 } },
        { "\"a\\ud83d\\ude00b\"",
          "a\xf0\x9f\x98\x80"
          "b",
          { .ascii = 2, .other = 1 } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct text body = text_of(rows[i].string);
        for (size_t cut = 1; cut <= body.len; cut++) {
            struct request_string string;
            char text[64];
            size_t at = 1;
            assert_int_equal(read_cut(&string, body, cut), STRING_ENDED);
            assert_int_equal(string.read.at, body.len);
            assert_memory_equal(&string.counts, &rows[i].counts, sizeof(string.counts));
            const size_t len = request_string_decode(&string, body, &at, text, sizeof(text));
            if (!text_is((struct text){ text, len }, rows[i].text))
                fail_msg("%s: \"%.*s\"", rows[i].string, (int)len, text);
            assert_int_equal(string.read.text, len);
        }
    }
}

static void what_may_not_stand_in_a_string_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *string;
        enum string_state state;
    } rows[] = {
        { "\"a\nb\"", STRING_BROKEN },
        { "\"\x1f\"", STRING_BROKEN },
        { "\"\\x\"", STRING_BROKEN },
        { "\"\\u00g0\"", STRING_BROKEN },
        { "\"\\u12\" \"", STRING_BROKEN },
        { "\"\\U0041\"", STRING_BROKEN },
        { "\"\x80\"", STRING_NOT_UTF8 },
        { "\"\xc0\xaf\"", STRING_NOT_UTF8 },
        { "\"\xe0\x80\xaf\"", STRING_NOT_UTF8 },
        { "\"\xed\xa0\x80\"", STRING_NOT_UTF8 },
        { "\"\xf4\x90\x80\x80\"", STRING_NOT_UTF8 },
        { "\"\xf0\x9f\"", STRING_NOT_UTF8 },
        { "\"\xff\"", STRING_NOT_UTF8 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct text body = text_of(rows[i].string);
        for (size_t cut = 1; cut <= body.len; cut++) {
            struct request_string string;
            if (read_cut(&string, body, cut) != rows[i].state)
                fail_msg("row %zu, cut at %zu", i, cut);
        }
    }
}

static void half_a_surrogate_pair_is_a_question_mark(void **state)
{
    (void)state;
    static const struct {
        const char *string, *text;
    } rows[] = {
        { "\"\\ud83d\"", "?" },
        { "\"\\ude00x\"", "?x" },
        { "\"\\ud83d\\n\"", "?\n" },
        { "\"\\ud83d\\u0041\"", "?A" },
        { "\"\\ud83d\\ud83d\\ude00\"", "?\xf0\x9f\x98\x80" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct text body = text_of(rows[i].string);
        struct request_string string;
        char text[16];
        size_t at = 1;
        assert_int_equal(read_cut(&string, body, body.len), STRING_ENDED);
        const size_t len = request_string_decode(&string, body, &at, text, sizeof(text));
        if (!text_is((struct text){ text, len }, rows[i].text))
            fail_msg("%s: \"%.*s\"", rows[i].string, (int)len, text);
    }
}

static void a_string_without_its_last_quote_goes_on(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\"", "\"abc", "\"abc\\", "\"\\u00", "\"\xe4\xb8", "\"\\\""
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request_string string;
        assert_int_equal(read_cut(&string, text_of(rows[i]), 1), STRING_GOES_ON);
    }
}

/* All of it escaped, which leaves the least text in a block. */
static void the_last_part_is_long_enough_and_begins_with_a_character(void **state)
{
    (void)state;
    enum { ESCAPES = 20000 };
    char *body = malloc(6 * ESCAPES + 3);
    size_t len = 2;
    memcpy(body, "\"x", 2);
    for (int i = 0; i < ESCAPES; i++, len += 6)
        memcpy(body + len, "\\u0041", 6);
    body[len++] = '"';

    static const size_t steps[] = { 1, 1000, 1000000 };
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct request_string string;
        enum string_state reached = STRING_GOES_ON;
        request_string_begin(&string, 0);
        for (size_t end = 1; reached == STRING_GOES_ON; end += steps[i])
            reached = request_string_read(&string, (struct text){ body, end < len ? end : len });
        assert_int_equal(reached, STRING_ENDED);
        assert_int_equal(string.read.text, ESCAPES + 1);
        assert_int_equal(body[string.last_part.at], '\\');

        char text[4 * STRING_PART];
        size_t at = string.last_part.at;
        const size_t decoded =
            request_string_decode(&string, (struct text){ body, len }, &at, text, sizeof(text));
        assert_true(decoded >= STRING_PART && decoded < 4 * STRING_PART);
        assert_int_equal(at, len - 1);
    }
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_read_alike_wherever_it_is_cut),
        cmocka_unit_test(what_may_not_stand_in_a_string_is_refused_wherever_it_is_cut),
        cmocka_unit_test(half_a_surrogate_pair_is_a_question_mark),
        cmocka_unit_test(a_string_without_its_last_quote_goes_on),
        cmocka_unit_test(the_last_part_is_long_enough_and_begins_with_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
