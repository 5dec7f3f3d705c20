/* test_json.c - the JSON scan says what stands where, however its input is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "wire/json.h"

struct heard {
    const char *document;
    char trace[1024];
    size_t len;
};

static bool hear(void *owner, const struct json_value *value)
{
    struct heard *heard = owner;
    int len =
        snprintf(heard->trace + heard->len, sizeof(heard->trace) - heard->len, "%d:%.*s;",
                 value->depth, (int)(value->end - value->start), heard->document + value->start);
    heard->len += (size_t)len;
    return true;
}

static bool pass_over(void *owner, const struct json_value *value)
{
    (void)owner;
    (void)value;
    return true;
}

static enum fail scan_cut_at(const char *document, size_t cut, struct heard *heard)
{
    *heard = (struct heard){ .document = document };
    struct json_scan *scan = json_scan_new(hear, heard);
    size_t len = strlen(document);
    enum fail fail = json_scan_feed(scan, (struct text){ document, cut });
    if (!fail)
        fail = json_scan_feed(scan, (struct text){ document + cut, len - cut });
    if (!fail)
        fail = json_scan_finish(scan);
    json_scan_free(scan);
    return fail;
}

static void places_are_exact_wherever_the_input_is_cut(void **state)
{
    (void)state;
    const char *document =
        " {\"a\" : [1, -2.5e3 ,true],\"b\\n\":\"x\\u00e9y\", \"c\":{},\"d\":null } ";
    const char *expected = "0:{;1:\"a\";1:[;2:1;2:-2.5e3;2:true;1:];1:\"b\\n\";1:\"x\\u00e9y\";"
                           "1:\"c\";1:{;1:};1:\"d\";1:null;0:};";
    for (size_t cut = 0; cut <= strlen(document); cut++) {
        struct heard heard;
        assert_int_equal(scan_cut_at(document, cut, &heard), FAIL_NONE);
        assert_string_equal(heard.trace, expected);
    }
}

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void assert_verdict(struct text document, enum fail expected)
{
    for (size_t cut = 0; cut <= document.len; cut++) {
        struct json_scan *scan = json_scan_new(pass_over, NULL);
        enum fail fail = json_scan_feed(scan, (struct text){ document.data, cut });
        if (!fail)
            fail = json_scan_feed(scan, (struct text){ document.data + cut, document.len - cut });
        if (!fail)
            fail = json_scan_finish(scan);
        if (fail != expected)
            fail_msg("%.*s cut at %zu: %d", TEXT_ARGS(document), cut, fail);
        json_scan_free(scan);
    }
}

static void what_is_json_is_accepted_wherever_it_is_cut(void **state)
{
    (void)state;
    static const struct text rows[] = {
        TEXT("0"),
        TEXT("-0"),
        TEXT(" \t\r\n12 \t\r\n"),
        TEXT("0.0"),
        TEXT("-10.25"),
        TEXT("1e1"),
        TEXT("1E+01"),
        TEXT("0.5e-10"),
        TEXT("123456789012345678901234567890"),
        TEXT("null"),
        TEXT("[true,false]"),
        TEXT("\"\""),
        TEXT("\"\x7f\""),
        TEXT("[]"),
        TEXT("{}"),
        TEXT("[[],{}]"),
        TEXT("{\"\":{},\"\":[]}"),
        TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uabCD\""),
        TEXT("\"\\ud83d\""),
        TEXT(
            "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_verdict(rows[i], FAIL_NONE);
}

static void what_is_not_one_json_value_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    static const struct text rows[] = {
        TEXT(""),          TEXT(" "),         TEXT("{"),           TEXT("}"),
        TEXT("[1"),        TEXT("[}"),        TEXT("{]"),          TEXT("{} {}"),
        TEXT("1 2"),       TEXT("{},"),       TEXT("[1,]"),        TEXT("[,1]"),
        TEXT("[1 2]"),     TEXT("[1\"a\"]"),  TEXT("[1:2]"),       TEXT("{\"a\"}"),
        TEXT("{\"a\":}"),  TEXT("{\"a\" 1}"), TEXT("{\"a\",1}"),   TEXT("{\"a\":1,}"),
        TEXT("{,}"),       TEXT("{1:2}"),     TEXT("{'a':1}"),     TEXT("{a:1}"),
        TEXT(":"),         TEXT("nul"),       TEXT("nulll"),       TEXT("nUll"),
        TEXT("truefalse"), TEXT("NaN"),       TEXT("Infinity"),    TEXT("01"),
        TEXT("-"),         TEXT("-a"),        TEXT("+1"),          TEXT(".5"),
        TEXT("1."),        TEXT("1.e1"),      TEXT("1e"),          TEXT("1e+"),
        TEXT("1e1.0"),     TEXT("0x10"),      TEXT("1-"),          TEXT("--1"),
        TEXT("/**/1"),     TEXT("\f1"),       TEXT("1\v"),         TEXT("\xef\xbb\xbf{}"),
        TEXT("\0"),        TEXT("1\0"),       TEXT("\xff"),        TEXT("\""),
        TEXT("\"a"),       TEXT("{} \"a"),    TEXT("\"a\nb\""),    TEXT("\"\0\""),
        TEXT("\"\x1f\""),  TEXT("\"\\x\""),   TEXT("\"\\U0041\""), TEXT("\"\\u00g0\""),
        TEXT("\"\\u12\""), TEXT("\"\\"),      TEXT("\"\\u12"),     TEXT("\"\\ud83d\\u12\""),
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_verdict(rows[i], FAIL_BAD_JSON);
}

static void what_is_not_utf8_is_refused_and_known_as_that(void **state)
{
    (void)state;
    static const struct text rows[] = {
        TEXT("\"\x80\""),
        TEXT("\"\xc0\xaf\""),
        TEXT("\"\xc3\""),
        TEXT("\"\xe0\x80\xaf\""),
        TEXT("\"\xed\xa0\x80\""),
        TEXT("\"\xf0\x8f\xbf\xbf\""),
        TEXT("\"\xf4\x90\x80\x80\""),
        TEXT("\"\xf0\x9f\""),
        TEXT("\"\xff\""),
        TEXT("\"\\n\xff\""),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_verdict(rows[i], FAIL_BAD_JSON);
        struct json_scan *scan = json_scan_new(pass_over, NULL);
        assert_int_equal(json_scan_feed(scan, rows[i]), FAIL_BAD_JSON);
        assert_true(json_scan_is_not_utf8(scan));
        json_scan_free(scan);
    }
}

/* ---- texts ---- */

struct spoken {
    struct buffer parts, text; /* of the last string */
    bool wide;
};

static bool hear_part(void *owner, const struct json_value *part)
{
    struct spoken *spoken = owner;
    spoken->wide |= part->wide;
    return buffer_append_text(&spoken->parts, part->text);
}

static bool hear_text(void *owner, const struct json_value *value)
{
    struct spoken *spoken = owner;
    assert_int_equal(value->rest, spoken->parts.len);
    assert_true(value->rest == 0 || value->text.len >= JSON_TEXT_KEPT);
    spoken->wide |= value->wide;
    return buffer_append_text(&spoken->text, value->text);
}

/* A string, in pieces of `step` bytes behind one of `first`. */
static void speak(struct spoken *spoken, struct text document, size_t first, size_t step)
{
    *spoken = (struct spoken){ .wide = false };
    buffer_init(&spoken->parts, 1 << 20);
    buffer_init(&spoken->text, 1 << 20);
    struct json_scan *scan = json_scan_new(hear_text, spoken);
    json_scan_tell_parts(scan, hear_part);
    size_t len = first;
    for (size_t at = 0; at < document.len; at += len, len = step) {
        len = len < document.len - at ? len : document.len - at;
        assert_int_equal(json_scan_feed(scan, (struct text){ document.data + at, len }), FAIL_NONE);
    }
    assert_int_equal(json_scan_finish(scan), FAIL_NONE);
    json_scan_free(scan);
    buffer_append_text(&spoken->text, buffer_text(&spoken->parts));
}

static void spoken_clear(struct spoken *spoken)
{
    buffer_clear(&spoken->parts);
    buffer_clear(&spoken->text);
}

static void a_string_says_the_same_wherever_it_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *string, *text;
        bool wide;
    } rows[] = {
        { "\"\"", "", false },
        { "\"plain words that are longer than a word\"", "plain words that are longer than a word",
          false },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", false },
        { "\"\\u0041\\u00e9\\u4E2d\\u0416\"", "A\xc3\xa9\xe4\xb8\xad\xd0\x96", true },
        { "\"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\x7f\"",
          "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\x7f", true },
        { "\"a\\ud83d\\ude00z\"", "a\xf0\x9f\x98\x80z", true },
        /* half a surrogate pair */
        { "\"\\ud83d\"", "?", false },
        { "\"\\ude00x\"", "?x", false },
        { "\"\\ud83dx\"", "?x", false },
        { "\"\\ud83d\\n\"", "?\n", false },
        { "\"\\ud83d\\u0041\"", "?A", false },
        { "\"\\ud83d\\ud83d\\ude00\"", "?\xf0\x9f\x98\x80", true },
        { "\"\\ude00\\ud83d\"", "??", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct text document = text_of(rows[i].string);
        for (size_t first = 1; first <= document.len; first++) {
            for (size_t step = 1; step < document.len; step += 4) {
                struct spoken spoken;
                speak(&spoken, document, first, step);
                if (!text_is(buffer_text(&spoken.text), rows[i].text))
                    fail_msg("%s cut at %zu: %.*s", rows[i].string, first,
                             TEXT_ARGS(buffer_text(&spoken.text)));
                assert_int_equal(spoken.wide, rows[i].wide);
                spoken_clear(&spoken);
            }
        }
    }
}

/* Around the sizes of what is kept, and of a part. */
static void a_long_string_is_told_whole_in_parts(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *text;
    } characters[] = { { "a", "a" },
                       { "\\n", "\n" },
                       { "\xe4\xb8\xad", "\xe4\xb8\xad" },
                       { "\\ud83d\\ude00", "\xf0\x9f\x98\x80" } };
    static const size_t lengths[] = { 2047, 2048, 2049, 6143, 6144, 6145, 20000 };
    for (size_t i = 0; i < COUNT(characters) * COUNT(lengths); i++) {
        const size_t c = i % COUNT(characters), length = lengths[i / COUNT(characters)];
        struct buffer document, text;
        buffer_init(&document, 1 << 20);
        buffer_init(&text, 1 << 20);
        buffer_append_string(&document, "\"x");
        buffer_append_string(&text, "x");
        while (text.len < length) {
            buffer_append_string(&document, characters[c].raw);
            buffer_append_string(&text, characters[c].text);
        }
        buffer_append_string(&document, "\"");
        static const size_t steps[] = { 1, 5, 4096, 1 << 20 };
        for (size_t k = 0; k < COUNT(steps); k++) {
            struct spoken spoken;
            speak(&spoken, buffer_text(&document), 1 + steps[k] / 2, steps[k]);
            assert_true(text_equal(buffer_text(&spoken.text), buffer_text(&text)));
            spoken_clear(&spoken);
        }
        buffer_clear(&document);
        buffer_clear(&text);
    }
}

static bool stop_at_numbers(void *owner, const struct json_value *value)
{
    ++*(int *)owner;
    return value->kind != JSON_NUMBER;
}

static void a_sink_that_says_false_hears_nothing_more(void **state)
{
    (void)state;
    int heard = 0;
    struct json_scan *scan = json_scan_new(stop_at_numbers, &heard);
    assert_int_equal(json_scan_feed(scan, text_of("[1,2")), FAIL_BAD_VALUE);
    assert_int_equal(json_scan_feed(scan, text_of(",\"a\"]")), FAIL_BAD_VALUE);
    assert_int_equal(json_scan_finish(scan), FAIL_BAD_VALUE);
    assert_int_equal(heard, 2);
    json_scan_reset(scan);
    assert_int_equal(json_scan_feed(scan, text_of("[true]")), FAIL_NONE);
    assert_int_equal(json_scan_finish(scan), FAIL_NONE);
    json_scan_free(scan);
}

static void nesting_is_capped(void **state)
{
    (void)state;
    char deep[2 * (JSON_DEPTH_MAX + 1) + 1] = { 0 };
    struct heard heard;
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_int_equal(scan_cut_at(deep, 0, &heard), FAIL_NONE);
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_int_equal(scan_cut_at(deep, 0, &heard), FAIL_TOO_DEEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_exact_wherever_the_input_is_cut),
        cmocka_unit_test(what_is_json_is_accepted_wherever_it_is_cut),
        cmocka_unit_test(what_is_not_one_json_value_is_refused_wherever_it_is_cut),
        cmocka_unit_test(what_is_not_utf8_is_refused_and_known_as_that),
        cmocka_unit_test(a_string_says_the_same_wherever_it_is_cut),
        cmocka_unit_test(a_long_string_is_told_whole_in_parts),
        cmocka_unit_test(a_sink_that_says_false_hears_nothing_more),
        cmocka_unit_test(nesting_is_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
