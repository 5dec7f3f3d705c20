/* test_lexicon.c - cue words are found in a text wherever they stand, those of two words too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "route/lexicon.h"

/* What a text adds to a row. */
static float hits_of(size_t row, const char *form, struct text cue)
{
    char text[256];
    size_t space = 0;
    while (space < cue.len && cue.data[space] != ' ')
        space++;
    size_t second = space < cue.len ? space + 1 : space;
    snprintf(text, sizeof text, form, (int)space, cue.data, (int)(cue.len - second),
             cue.data + second);
    struct marks marks = { .bytes = 0 };
    marks_read(&marks, text_of(text), 1);
    return marks.rows[row];
}

typedef void visit(size_t row, struct text cue, size_t *count);

static size_t each_cue_of_two_words(visit *see)
{
    size_t count = 0;
    for (size_t row = 0; row < cue_row_count; row++) {
        struct text rest = text_of(cue_rows[row].words), word;
        while (text_split(&rest, ',', &word)) {
            struct text cue = text_trim(word);
            if (memchr(cue.data, ' ', cue.len))
                see(row, cue, &count);
        }
    }
    return count;
}

static void expect_one_more(size_t row, struct text cue, size_t *count)
{
    static const char *const forms[] = { "%.*s %.*s", "zq %.*s %.*s zq", "(zq %.*s %.*s)" };
    float apart = hits_of(row, "%.*s, %.*s", cue);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (hits_of(row, forms[i], cue) < apart + 1)
            fail_msg("'%.*s' is not found in '%s'", (int)cue.len, cue.data, forms[i]);
    (*count)++;
}

static void a_cue_of_two_words_is_found_where_one_space_parts_them(void **state)
{
    (void)state;
    assert_true(each_cue_of_two_words(expect_one_more) > 10);
}

static void expect_no_more(size_t row, struct text cue, size_t *count)
{
    static const char *const forms[] = { "%.*s  %.*s", "%.*s zq %.*s", "%.*s. %.*s" };
    float apart = hits_of(row, "%.*s, %.*s", cue);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (hits_of(row, forms[i], cue) > apart)
            fail_msg("'%.*s' is found in '%s'", (int)cue.len, cue.data, forms[i]);
    (*count)++;
}

static void two_words_that_something_else_parts_are_no_cue(void **state)
{
    (void)state;
    assert_true(each_cue_of_two_words(expect_no_more) > 10);
}

static void a_word_counts_as_often_as_it_stands_there_and_in_any_case(void **state)
{
    (void)state;
    static const char *const texts[] = { "translate translate", "Translate,TRANSLATE" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct marks once = { .bytes = 0 }, twice = { .bytes = 0 };
        size_t rows = 0;
        marks_read(&once, text_of("translate"), 1);
        marks_read(&twice, text_of(texts[i]), 1);
        for (size_t row = 0; row < cue_row_count; row++) {
            assert_true(twice.rows[row] == 2 * once.rows[row]);
            rows += once.rows[row] > 0;
        }
        assert_int_equal(rows, 1);
    }
}

static void a_text_weighs_what_it_is_said_to(void **state)
{
    (void)state;
    struct marks whole = { .bytes = 0 }, half = { .bytes = 0 };
    marks_read(&whole, text_of("translate { 12 + 3 }"), 1);
    marks_read(&half, text_of("translate { 12 + 3 }"), 0.5f);
    for (size_t row = 0; row < cue_row_count; row++)
        assert_true(half.rows[row] == whole.rows[row] / 2);
    assert_true(whole.digits == 3 && half.digits == 1.5f);
    assert_true(whole.code == 2 && half.code == 1);
    assert_true(whole.bytes == 20 && half.bytes == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cue_of_two_words_is_found_where_one_space_parts_them),
        cmocka_unit_test(two_words_that_something_else_parts_are_no_cue),
        cmocka_unit_test(a_word_counts_as_often_as_it_stands_there_and_in_any_case),
        cmocka_unit_test(a_text_weighs_what_it_is_said_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
