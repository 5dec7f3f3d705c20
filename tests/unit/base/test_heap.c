/* test_heap.c - what a thread has freed goes back to the kernel when it is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED true /* by a sanitizer with a malloc of its own, which may keep what it likes */
#else
#define WATCHED false
#endif

#define BLOCKS     200
#define BLOCK_SIZE 4000 /* together less than may stay free while requests come */

static size_t own_kb(void)
{
    char line[200];
    size_t kb = 0;
    FILE *status = fopen("/proc/self/status", "re");
    assert_non_null(status);
    while (fgets(line, sizeof(line), status))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kb = strtoul(line + 8, NULL, 10);
    fclose(status);
    return kb;
}

struct kilobytes {
    size_t before, freed, after;
};

static void *come_and_go(void *context)
{
    struct kilobytes *kb = context;
    void *blocks[BLOCKS];
    free(malloc(1)); /* the thread has its heap */
    kb->before = own_kb();
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = memset(malloc(BLOCK_SIZE), 1, BLOCK_SIZE);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    kb->freed = own_kb();
    heap_give_back();
    kb->after = own_kb();
    return NULL;
}

static void what_another_thread_has_freed_last_goes_back(void **state)
{
    (void)state;
    struct kilobytes kb;
    pthread_t thread;
    heap_keep_flat();
    assert_int_equal(pthread_create(&thread, NULL, come_and_go, &kb), 0);
    pthread_join(thread, NULL);
    assert_true(kb.freed > kb.before + 600 || WATCHED);
    assert_true(kb.after < kb.before + 100 || WATCHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_another_thread_has_freed_last_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
