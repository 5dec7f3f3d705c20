/* test_reading.c - what a text becomes: terms and dense numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/request.h"
#include "predict/reading.h"

static void read_text(struct text text, struct reading *reading)
{
    struct chat_request request = { .turns = 1 };
    request.user.total = text.len;
    request.user.head = text;
    if (text.len > CHAT_EXCERPT_MAX) { /* as the scan keeps it */
        request.user.head.len = CHAT_EXCERPT_MAX / 2;
        request.user.tail =
            (struct text){ text.data + text.len - CHAT_EXCERPT_MAX / 2, CHAT_EXCERPT_MAX / 2 };
    }
    memset(reading, 0xa5, sizeof *reading); /* nothing of it may be left as it was */
    reading_read(&request, reading);
}

static bool has_term_of(const struct reading *reading, const struct reading *one)
{
    for (size_t i = 0; i < reading->ends[PART_USER]; i++)
        if (reading->terms[i] == one->terms[0])
            return true;
    return false;
}

static bool are_equal(const struct reading *a, const struct reading *b)
{
    return memcmp(a->dense, b->dense, sizeof a->dense) == 0 &&
           memcmp(a->ends, b->ends, sizeof a->ends) == 0 &&
           memcmp(a->terms, b->terms, a->ends[PART_COUNT - 1] * sizeof a->terms[0]) == 0;
}

static void a_word_is_one_term_and_each_pair_another(void **state)
{
    (void)state;
    struct reading reading, word;
    read_text(text_of("red green blue"), &reading);
    assert_int_equal(reading.ends[PART_USER], 6); /* three words, two pairs, the start */
    read_text(text_of("green"), &word);
    assert_true(has_term_of(&reading, &word));
    read_text(text_of("yellow"), &word);
    assert_false(has_term_of(&reading, &word));
}

static void a_word_said_twice_counts_once(void **state)
{
    (void)state;
    struct reading once, twice;
    read_text(text_of("tick tick"), &once);
    read_text(text_of("tick tick tick tick"), &twice);
    assert_int_equal(once.ends[PART_USER], twice.ends[PART_USER]);
}

static void case_and_white_space_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *changed;
    } rows[] = {
        { "what is 2+2?", "WHAT  is\n\n 2+2?" }, { "über die ähre", "ÜBER DIE ÄHRE" },
        { "привет мир", "ПРИВЕТ\tМИР" },         { "αβγ δε", "ΑΒΓ  ΔΕ" },
        { "a) one b) two", "A)  One\nB)  Two" }, { "", " \n\t " },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading plain, changed;
        read_text(text_of(rows[i].plain), &plain);
        read_text(text_of(rows[i].changed), &changed);
        assert_true(are_equal(&plain, &changed));
    }
}

static void an_empty_text_has_no_terms_and_finite_numbers(void **state)
{
    (void)state;
    struct reading reading;
    read_text((struct text){ 0 }, &reading);
    assert_int_equal(reading.ends[PART_COUNT - 1], 0);
    for (size_t i = 0; i < DENSE_COUNT; i++)
        assert_true(reading.dense[i] == 0);
}

static void a_megabyte_of_one_letter_is_one_word(void **state)
{
    (void)state;
    size_t len = 1 << 20;
    char *text = malloc(len);
    memset(text, 'a', len);
    struct reading reading;
    read_text((struct text){ text, len }, &reading);
    assert_true(reading.ends[PART_USER] <= 4); /* the two ends are two words */
    assert_true(reading.dense[DENSE_LENGTH] > 13 && reading.dense[DENSE_LENGTH] < 15);
    free(text);
}

/* Every code point there is, three at a time, and bytes that are none. */
static void every_script_is_read_within_bounds(void **state)
{
    (void)state;
    struct reading reading;
    for (uint32_t point = 0x80; point < 0x110000; point += 61) {
        if (point >= 0xd800 && point < 0xe000)
            continue;
        char text[13];
        size_t len = 0;
        for (int i = 0; i < 3; i++) {
            if (point < 0x800) {
                text[len++] = (char)(0xc0 | point >> 6);
            } else if (point < 0x10000) {
                text[len++] = (char)(0xe0 | point >> 12);
                text[len++] = (char)(0x80 | (point >> 6 & 0x3f));
            } else {
                text[len++] = (char)(0xf0 | point >> 18);
                text[len++] = (char)(0x80 | (point >> 12 & 0x3f));
                text[len++] = (char)(0x80 | (point >> 6 & 0x3f));
            }
            text[len++] = (char)(0x80 | (point & 0x3f));
        }
        read_text((struct text){ text, len }, &reading);
        assert_true(reading.ends[PART_USER] <= 6);
        for (size_t i = 0; i < reading.ends[PART_USER]; i++)
            assert_true(reading.terms[i] < READING_BUCKETS);
    }
    read_text((struct text){ "\xff\xfe\x80 \xc3", 5 }, &reading);
    assert_true(reading.ends[PART_USER] > 0);
}

static void scripts_without_spaces_are_read_by_the_character(void **state)
{
    (void)state;
    struct reading chinese, korean;
    read_text(text_of("今天天气"), &chinese);
    read_text(text_of("안녕하세요"), &korean);
    assert_int_equal(chinese.ends[PART_USER], 7); /* 今天气, 今天 天天 天气, the start */
    assert_int_equal(korean.ends[PART_USER], 2);  /* one word, and the start */
    assert_true(chinese.dense[DENSE_UNSPACED_SHARE] == 1);
    assert_true(korean.dense[DENSE_UNSPACED_SHARE] == 0);
}

static void the_system_prompt_has_terms_of_its_own(void **state)
{
    (void)state;
    struct chat_request request = { .turns = 1 };
    struct reading reading;
    request.user.head = request.system.head = text_of("polite");
    reading_read(&request, &reading);
    assert_int_equal(reading.ends[PART_USER], 2);
    assert_int_equal(reading.ends[PART_SYSTEM], 4);
    assert_int_not_equal(reading.terms[0], reading.terms[2]);
}

static void options_numbers_and_commands_are_counted(void **state)
{
    (void)state;
    struct reading reading;
    read_text(text_of("Which?\nA. 1.5\nB. 20250\nC. \\frac"), &reading);
    assert_true(reading.dense[DENSE_HAS_OPTIONS] == 1);
    assert_true(reading.dense[DENSE_LONG_NUMBERS] > 0);
    assert_true(reading.dense[DENSE_DECIMALS] > 0);
    assert_true(reading.dense[DENSE_COMMANDS] > 0);
    assert_true(reading.dense[DENSE_ENDS_ASKING] == 0);
    read_text(text_of("Plain words?  "), &reading);
    assert_true(reading.dense[DENSE_HAS_OPTIONS] == 0);
    assert_true(reading.dense[DENSE_ENDS_ASKING] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_one_term_and_each_pair_another),
        cmocka_unit_test(a_word_said_twice_counts_once),
        cmocka_unit_test(case_and_white_space_change_nothing),
        cmocka_unit_test(an_empty_text_has_no_terms_and_finite_numbers),
        cmocka_unit_test(a_megabyte_of_one_letter_is_one_word),
        cmocka_unit_test(every_script_is_read_within_bounds),
        cmocka_unit_test(scripts_without_spaces_are_read_by_the_character),
        cmocka_unit_test(the_system_prompt_has_terms_of_its_own),
        cmocka_unit_test(options_numbers_and_commands_are_counted),
    };
    return cmocka_run_group_tests_name("predict/reading", tests, NULL, NULL);
}
