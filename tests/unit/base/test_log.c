/* test_log.c - a log line: its time, its numbers, its quotes. */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

static const char *line_of(struct log_line *line)
{
    line->bytes[line->len] = '\0';
    return line->bytes;
}

static void a_line_begins_with_the_time_in_milliseconds(void **state)
{
    (void)state;
    struct log_line line;
    log_setup(LOG_LOGFMT, LOG_INFO);
    log_begin(&line, LOG_INFO, "x");
    static const char shape[] =
        "time=[2-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"
        "[0-6][0-9].[0-9][0-9][0-9]Z level=info event=x";
    assert_int_equal(fnmatch(shape, line_of(&line), 0), 0);
}

static void numbers_are_written_whole(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        const char *written;
    } rows[] = { { 0, "n=0" },
                 { -7, "n=-7" },
                 { INT64_MAX, "n=9223372036854775807" },
                 { INT64_MIN, "n=-9223372036854775808" } };
    log_setup(LOG_LOGFMT, LOG_INFO);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct log_line line = { .len = 0 };
        log_int(&line, "n", rows[i].number);
        assert_string_equal(line_of(&line), rows[i].written);
    }
}

static void what_would_break_a_line_is_quoted(void **state)
{
    (void)state;
    struct log_line line = { .len = 0 };
    log_setup(LOG_LOGFMT, LOG_INFO);
    log_string(&line, "a", "plain");
    log_string(&line, "b", "two words\nand \"more\"");
    log_string(&line, "c", "");
    log_string(&line, "d", NULL);
    assert_string_equal(line_of(&line), "a=plain b=\"two words\\nand \\\"more\\\"\" c=\"\"");
}

static void a_line_never_passes_its_maximum(void **state)
{
    (void)state;
    static struct log_line line = { .len = 0 };
    char value[1001] = { 0 };
    memset(value, 'x', 1000);
    for (int i = 0; i < 10; i++)
        log_string(&line, "k", value);
    assert_true(line.full);
    assert_true(line.len <= LOG_LINE_MAX - 2);
}

static void log_lines(int count)
{
    for (int i = 0; i < count; i++)
        log_say(LOG_INFO, "x", "%s", "a line that is one of very many");
}

static int count_lines(FILE *file)
{
    int lines = 0;
    rewind(file);
    for (int c; (c = fgetc(file)) != EOF;)
        lines += c == '\n';
    return lines;
}

static size_t allocated(void)
{
    struct mallinfo2 all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

/* Its ring has gone back meanwhile. */
static void a_line_after_a_silence_is_written_like_those_before(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    int former = dup(STDERR_FILENO);
    assert_non_null(file);
    log_setup(LOG_LOGFMT, LOG_INFO);
    dup2(fileno(file), STDERR_FILENO);
    log_start_writer();
    size_t held = allocated();
    log_lines(4000);
    usleep(1300000);
    size_t kept = allocated();
    log_lines(2);
    log_stop_writer();
    dup2(former, STDERR_FILENO);
    close(former);
    assert_int_equal(log_dropped(), 0);
    assert_int_equal(count_lines(file), 4002);
    assert_true(kept < held + 100000);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_begins_with_the_time_in_milliseconds),
        cmocka_unit_test(numbers_are_written_whole),
        cmocka_unit_test(what_would_break_a_line_is_quoted),
        cmocka_unit_test(a_line_never_passes_its_maximum),
        cmocka_unit_test(a_line_after_a_silence_is_written_like_those_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
