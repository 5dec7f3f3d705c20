/* test_literals.c - what must stand in a text is found in the expression, and never too much. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "route/literals.h"

static void print_words(const struct literals *literals, struct buffer *out)
{
    buffer_init(out, 1 << 16);
    for (size_t i = 0; literals && i < literals->count; i++)
        buffer_printf(out, "%s%.*s", i ? "|" : "", literals->items[i].len,
                      literals->items[i].bytes);
    buffer_append(out, "", 1);
}

static void an_expression_gives_the_words_that_must_be_there(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        bool any_case;
        const char *words;
    } rows[] = {
        { "invoice|receipt", true, "invoice|receipt" },
        { "Invoice", false, "Invoice" },
        { "Invoice", true, "invoice" },
        { "\\b(?:vat|sales tax) \\d+", false, "vat|sales tax" },
        { "\\b(re-?port|bill)s?\\b", true, "port|bill" },
        { "two\\.five", false, "two.five" },
        { "abcd+ef", false, "abcd" },
        { "ab{2}cde", false, "cde" },
        { "colou?r", false, "colo" },
        { "(?:optional)?needed", false, "needed" },
        { "(?!never)this", false, "this" },
        { "(?<name>first)", false, "first" },
        { "[[:alpha:]x|]y(z", false, "" },
        { "[[:alpha:]]end", false, "end" },
        { "[]|]end", false, "end" },
        { "[[:x]|y:z]abc", false, "" },
        { "desk", true, "de" }, /* K and long s have relatives beyond ASCII */
        { "desk", false, "desk" },
        { "\xc3\xa9t\xc3\xa9 long", false, " long" },
        { "a|bc", false, "" }, /* too short to be of use */
        { "known|.*", false, "" },
        { "(?i)known", false, "" },
        { "(?x) kn own", false, "" },
        { "(?#known)", false, "" },
        { "\\Qknown\\E", false, "" },
        { "\\x{6b}nown", false, "" },
        { "(*UTF)known", false, "" },
        { "(?(1)known)", false, "" },
        { "known\\", false, "" },
        { "known)", false, "" },
        { "a{b}c", false, "a{b}c" }, /* no quantifier */
        { "0123456789012345678901234567890123456789", false, "0123456789012345678901234567890" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena;
        struct buffer words;
        arena_init(&arena);
        print_words(literals_of(text_of(rows[i].expression), rows[i].any_case, &arena), &words);
        assert_string_equal(words.data, rows[i].words);
        buffer_clear(&words);
        arena_clear(&arena);
    }
}

static void a_word_is_found_wherever_it_stands(void **state)
{
    (void)state;
    char text[80];
    struct arena arena;
    arena_init(&arena);
    const struct literals *exact = literals_of(text_of("Needle"), false, &arena);
    const struct literals *any_case = literals_of(text_of("Needle"), true, &arena);
    for (size_t len = 0; len < sizeof(text); len++)
        for (size_t at = 0; at + 6 <= len; at++) {
            memset(text, 'n', sizeof(text));
            memcpy(text + at, "Needle", 6);
            assert_true(literals_stand_in(exact, (struct text){ text, len }));
            assert_true(literals_stand_in(any_case, (struct text){ text, len }));
            assert_false(literals_stand_in(exact, (struct text){ text, at + 5 }));
            memcpy(text + at, "nEEDle", 6);
            assert_false(literals_stand_in(exact, (struct text){ text, len }));
            assert_true(literals_stand_in(any_case, (struct text){ text, len }));
        }
    assert_false(literals_stand_in(exact, (struct text){ NULL, 0 }));
    arena_clear(&arena);
}

/* Letters that differ from their relatives by the bit that case is, and that are none. */
static void only_letters_have_two_cases(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct literals *literals = literals_of(text_of("a\\[b\\{"), true, &arena);
    assert_true(literals_stand_in(literals, text_of("A[B{")));
    assert_false(literals_stand_in(literals, text_of("A{B[")));
    arena_clear(&arena);
}

/* ---- against PCRE2 itself ---- */

static uint32_t dice = 1;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % sides;
}

static void make_expression(struct buffer *out)
{
    static const char *const parts[] = {
        "a",    "b",     "ab",    "bs",   "k", "(",     ")",           "|",   "?",   "*",
        "+",    "{0,1}", "{2}",   "[ab]", "[", "]",     "(?:",         "(?=", "(?!", "(?i)",
        "\\b",  ".",     "\\.",   "\\",   "^", "(?<n>", "[[:digit:]]", "-",   "{",   "}",
        "[[:a", "(?<=b", "[^]a]", "\\Q",  "#", "bab",   "aba"
    };
    out->len = 0;
    for (uint32_t i = 0, count = 1 + roll(7); i < count; i++)
        buffer_append_string(out, parts[roll(sizeof(parts) / sizeof(parts[0]))]);
}

static void make_subject(struct buffer *out)
{
    static const char *const parts[] = { "a", "b", "s", "k",        "A",
                                         "B", ".", "-", "\xc5\xbf", "\xe2\x84\xaa",
                                         "[", "]", "{", ")" };
    out->len = 0;
    for (uint32_t i = 0, count = roll(12); i < count; i++)
        buffer_append_string(out, parts[roll(sizeof(parts) / sizeof(parts[0]))]);
}

static size_t compare(struct text expression, bool any_case, pcre2_match_data *data)
{
    int error;
    PCRE2_SIZE at;
    size_t matched = 0;
    uint32_t options = PCRE2_UTF | PCRE2_UCP | (any_case ? PCRE2_CASELESS : 0);
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)expression.data, expression.len, options, &error, &at, NULL);
    if (!code)
        return 0;
    struct arena arena;
    struct buffer subject;
    arena_init(&arena);
    buffer_init(&subject, 1000);
    const struct literals *literals = literals_of(expression, any_case, &arena);
    for (int i = 0; literals && i < 40; i++) {
        make_subject(&subject);
        if (pcre2_match(code, (PCRE2_SPTR)(subject.data ? subject.data : ""), subject.len, 0, 0,
                        data, NULL) < 0)
            continue;
        matched++;
        if (!literals_stand_in(literals, buffer_text(&subject)))
            fail_msg("/%.*s/ matches %.*s", TEXT_ARGS(expression), (int)subject.len, subject.data);
    }
    buffer_clear(&subject);
    arena_clear(&arena);
    pcre2_code_free(code);
    return matched;
}

static void no_text_that_matches_is_turned_away(void **state)
{
    (void)state;
    size_t matched = 0;
    struct buffer expression;
    buffer_init(&expression, 1000);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    for (int i = 0; i < 40000; i++) {
        make_expression(&expression);
        matched += compare(buffer_text(&expression), i % 2, data);
    }
    assert_true(matched > 1000);
    pcre2_match_data_free(data);
    buffer_clear(&expression);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_gives_the_words_that_must_be_there),
        cmocka_unit_test(a_word_is_found_wherever_it_stands),
        cmocka_unit_test(only_letters_have_two_cases),
        cmocka_unit_test(no_text_that_matches_is_turned_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
