/* test_base.c - memory, text, chance, secrets: the things C lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/secret.h"

static void a_buffer_never_passes_the_maximum_it_was_born_with(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    assert_true(buffer_append_string(&buffer, "12345678"));
    assert_false(buffer_append_string(&buffer, "90a"));
    assert_false(buffer_printf(&buffer, "%s", "90a"));
    assert_true(buffer_printf(&buffer, "%s", "90"));
    assert_true(text_is(buffer_text(&buffer), "1234567890"));
    buffer_consume(&buffer, 8);
    assert_true(text_is(buffer_text(&buffer), "90"));
    buffer_clear(&buffer);
}

static void json_strings_are_escaped_and_made_valid_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "plain", "plain" },
        { "a\"b\\c\n\r\t", "a\\\"b\\\\c\\n\\r\\t" },
        { "\x01", "\\u0001" },
        { "\xe2\x82\xac", "\xe2\x82\xac" },
        { "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xf0\x9f\x98", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        assert_true(buffer_append_json(&out, text_of(rows[i].in)));
        assert_true(text_is(buffer_text(&out), rows[i].out));
        buffer_clear(&out);
    }
}

static void note_ending(void *object)
{
    int **next = object;
    *(*next)++ = 1;
}

static void an_arena_runs_its_endings_and_hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    int endings[2] = { 0 }, *next = endings;
    struct arena arena;
    arena_init(&arena);
    for (size_t size = 0; size < 20000; size = size * 2 + 1) {
        unsigned char *bytes = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)bytes % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
    }
    arena_at_end(&arena, note_ending, &next);
    arena_at_end(&arena, note_ending, &next);
    assert_string_equal(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    arena_clear(&arena);
    assert_int_equal(endings[0] + endings[1], 2);
}

static void a_map_finds_what_was_added_and_keeps_the_first(void **state)
{
    (void)state;
    struct arena arena;
    struct map map;
    int values[500];
    arena_init(&arena);
    map_init(&map, &arena);
    assert_null(map_find(&map, text_of("nothing")));
    for (int i = 0; i < 500; i++)
        assert_null(map_add(&map, text_of(arena_printf(&arena, "name%d", i)), &values[i]));
    assert_ptr_equal(map_add(&map, text_of("name7"), &values[8]), &values[7]);
    for (int i = 0; i < 500; i++)
        assert_ptr_equal(map_find(&map, text_of(arena_printf(&arena, "name%d", i))), &values[i]);
    assert_null(map_find(&map, text_of("name500")));
    arena_clear(&arena);
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    uint64_t number = 0;
    assert_true(text_to_u64(text_of("18446744073709551615"), &number));
    assert_true(number == UINT64_MAX);
    static const char *const refused[] = { "", "18446744073709551616", "-1", "+1", " 1", "1x" };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(text_to_u64(text_of(refused[i]), &number));

    double real = 0;
    assert_true(text_to_double(text_of("-2.5e-1"), &real));
    assert_true(real == -0.25);
    static const char *const unreal[] = { "", "nan", "inf", "0x10", "1.2.3", "1e999", "--1" };
    for (size_t i = 0; i < sizeof(unreal) / sizeof(unreal[0]); i++)
        assert_false(text_to_double(text_of(unreal[i]), &real));
}

static void a_plain_number_is_the_same_double_as_strtods(void **state)
{
    (void)state;
    static const char *const edges[] = { "0",
                                         "0.1",
                                         "0.7",
                                         "5.",
                                         "000000000000001",
                                         "999999999999999",
                                         "0.00000000000001",
                                         "123456789.012345",
                                         "9007199254740993",
                                         "0.30000000000000004",
                                         ".5",
                                         "1.7976931348623157" };
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        double read = -1;
        assert_true(text_to_double(text_of(edges[i]), &read));
        assert_true(read == strtod(edges[i], NULL));
    }
    uint64_t dice = 1;
    for (int i = 0; i < 100000; i++) {
        char digits[40];
        double read = -1;
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        snprintf(digits, sizeof(digits), "%.*f", (int)(dice >> 60), (double)(dice >> 20) / 1e9);
        assert_true(text_to_double(text_of(digits), &read));
        assert_true(read == strtod(digits, NULL));
    }
}

static void a_typing_slip_is_one_edit_away(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        { "objective", "objectiv", 1 },
        { "listen", "lisetn", 1 },
        { "abc", "ABC", 0 },
        { "", "abc", 3 },
        { "kitten", "sitting", 3 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(text_distance(text_of(rows[i].a), text_of(rows[i].b)), rows[i].distance);
}

static void a_registered_secret_is_blotted_out_wherever_it_stands(void **state)
{
    (void)state;
    secret_register((struct secret){ text_of("sk-canary-1") });
    secret_register((struct secret){ text_of("abc") });
    char line[] = "key=sk-canary-1 abc sk-canary-1";
    secret_redact(line, strlen(line));
    assert_string_equal(line, "key=*********** abc ***********");
}

static void every_failure_has_words_for_the_client_and_a_label(void **state)
{
    (void)state;
    for (int i = 0; i < FAIL_COUNT; i++) {
        const struct fail_row *row = fail_row((enum fail)i);
        assert_non_null(row->name);
        assert_non_null(row->sentence);
        assert_in_range(row->status, 200, 599);
        assert_int_not_equal(row->status, 502);
        assert_int_not_equal(row->status, 504);
    }
}

static void a_histogram_counts_each_duration_once(void **state)
{
    (void)state;
    struct histogram histogram = { 0 };
    histogram_note_us(&histogram, 500);
    histogram_note_us(&histogram, 1000);
    histogram_note_us(&histogram, 2000000);
    histogram_note_us(&histogram, 3600000000);
    struct buffer out;
    buffer_init(&out, 10000);
    metrics_histogram(&out, "x_seconds", text_of("a=\"b\""), &histogram);
    buffer_append(&out, "", 1);
    assert_non_null(strstr(out.data, "x_seconds_bucket{a=\"b\",le=\"0.001\"} 2\n"));
    assert_non_null(strstr(out.data, "x_seconds_bucket{a=\"b\",le=\"2.5\"} 3\n"));
    assert_non_null(strstr(out.data, "x_seconds_bucket{a=\"b\",le=\"+Inf\"} 4\n"));
    assert_non_null(strstr(out.data, "x_seconds_count{a=\"b\"} 4\n"));
    buffer_clear(&out);
}

static void the_hash_is_the_same_in_every_run(void **state)
{
    (void)state;
    assert_true(hash_bytes("bourse", 6, 1) == hash_bytes("bourse", 6, 1));
    assert_false(hash_bytes("bourse", 6, 1) == hash_bytes("bourse", 6, 2));
    assert_false(hash_bytes("bourse-1", 8, 1) == hash_bytes("bourse-2", 8, 1));
    assert_int_equal(hash_bytes("abcdefghij", 10, 42) >> 48, 0x2178);
}

static void an_array_that_grows_by_one_keeps_what_it_has(void **state)
{
    (void)state;
    struct arena arena;
    int *numbers = NULL;
    size_t moves = 0;
    arena_init(&arena);
    for (int i = 0; i < 100; i++) {
        int *grown = arena_room_for_one(&arena, numbers, (size_t)i, sizeof(*numbers));
        moves += grown != numbers;
        numbers = grown;
        numbers[i] = i;
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(numbers[i], i);
    assert_int_equal(moves, 6); /* 4, 8, 16, 32, 64, 128 */
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_that_grows_by_one_keeps_what_it_has),
        cmocka_unit_test(a_buffer_never_passes_the_maximum_it_was_born_with),
        cmocka_unit_test(json_strings_are_escaped_and_made_valid_utf8),
        cmocka_unit_test(an_arena_runs_its_endings_and_hands_out_zeroed_aligned_memory),
        cmocka_unit_test(a_map_finds_what_was_added_and_keeps_the_first),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
        cmocka_unit_test(a_plain_number_is_the_same_double_as_strtods),
        cmocka_unit_test(a_typing_slip_is_one_edit_away),
        cmocka_unit_test(a_registered_secret_is_blotted_out_wherever_it_stands),
        cmocka_unit_test(every_failure_has_words_for_the_client_and_a_label),
        cmocka_unit_test(a_histogram_counts_each_duration_once),
        cmocka_unit_test(the_hash_is_the_same_in_every_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
