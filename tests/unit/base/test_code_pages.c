/* test_code_pages.c - what of the program's files is let go, what is not, and that all still runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/code_pages.h"

/* Pages of files that are mapped, of /proc/self/status. */
static size_t mapped_kb(void)
{
    char line[200];
    size_t kb = 0;
    FILE *status = fopen("/proc/self/status", "re");
    assert_non_null(status);
    while (fgets(line, sizeof(line), status))
        if (strncmp(line, "RssFile:", 8) == 0)
            kb = strtoul(line + 8, NULL, 10);
    fclose(status);
    return kb;
}

/* Goes through libcrypto, the C library and libm, and not through this file alone. */
static void say_something(char said[100])
{
    unsigned char sum[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)"bourse", 6, sum);
    snprintf(said, 100, "%02x%02x %.6f", sum[0], sum[31], exp(1.5));
}

static void what_went_is_no_longer_mapped_and_the_code_still_runs(void **state)
{
    (void)state;
    char before[100], after[100];
    say_something(before);
    size_t held = mapped_kb(), gone = code_pages_let_go() * (size_t)sysconf(_SC_PAGESIZE) / 1024;
    size_t kept = mapped_kb();
    assert_true(gone > 500);
    assert_in_range(kept, 1, held - gone / 2);
    say_something(after);
    assert_string_equal(before, after);
}

/* Alone on its pages, in the segment of constants. */
static const char constants[3 * 4096] __attribute__((aligned(4096))) = { 1, 2, 3 };

static void a_segment_that_was_written_to_is_left_alone(void **state)
{
    (void)state;
    void *volatile page = (void *)constants; /* what the compiler knows of it is no longer true */
    assert_int_equal(mprotect(page, 4096, PROT_READ | PROT_WRITE), 0);
    memset(page, 7, 1);
    assert_int_equal(mprotect(page, 4096, PROT_READ), 0);
    assert_true(code_pages_let_go() > 0);
    assert_memory_equal(page, "\7\2", 2);
}

struct talker {
    atomic_bool has_to_end;
    char expected[100];
    size_t wrong;
};

static void *talk(void *context)
{
    struct talker *talker = context;
    char said[100];
    while (!atomic_load(&talker->has_to_end)) {
        say_something(said);
        talker->wrong += strcmp(said, talker->expected) != 0;
    }
    return NULL;
}

static void others_may_run_what_goes(void **state)
{
    (void)state;
    struct talker talker = { 0 };
    pthread_t thread;
    say_something(talker.expected);
    assert_int_equal(pthread_create(&thread, NULL, talk, &talker), 0);
    for (int i = 0; i < 50; i++)
        code_pages_let_go();
    atomic_store(&talker.has_to_end, true);
    pthread_join(thread, NULL);
    assert_int_equal(talker.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_is_no_longer_mapped_and_the_code_still_runs),
        cmocka_unit_test(others_may_run_what_goes),
        cmocka_unit_test(a_segment_that_was_written_to_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
