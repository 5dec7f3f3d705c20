/* test_decisions.c - the last decisions are kept, the older ones are not, whoever keeps them. */
#include "state/decisions.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "state/printed_decisions.h"

static const struct route route = { .object.name = "auto" };

static void keep(struct decisions *decisions, int number)
{
    char id[DECISION_ID_SIZE];
    struct decision decision = { .route = &route, .features.tokens_in = number };
    snprintf(id, sizeof(id), "dec_%d", number);
    decisions_keep(decisions, id, &decision);
}

/* The number that was kept under the id; -1 where it is not there. */
static int64_t kept(struct decisions *decisions, int number)
{
    char id[DECISION_ID_SIZE];
    snprintf(id, sizeof(id), "dec_%d", number);
    json_t *explanation = decisions_explain(decisions, text_of(id));
    if (!explanation)
        return -1;
    assert_string_equal(json_string_value(json_object_get(explanation, "id")), id);
    const json_t *features = json_object_get(explanation, "features");
    int64_t found = json_integer_value(json_object_get(features, "tokens_in"));
    json_decref(explanation);
    return found;
}

static void the_last_ones_are_kept_and_the_oldest_leaves_first(void **state)
{
    (void)state;
    struct decisions *decisions = decisions_new();
    assert_int_equal(kept(decisions, 0), -1);
    for (int i = 0; i < DECISIONS_MAX; i++)
        keep(decisions, i);
    assert_int_equal(kept(decisions, 0), 0);
    keep(decisions, DECISIONS_MAX);
    assert_int_equal(kept(decisions, 0), -1);
    for (int i = 1; i <= DECISIONS_MAX; i++)
        assert_int_equal(kept(decisions, i), i);
    decisions_free(decisions);
}

static void a_rescue_is_told_with_the_decision_that_it_followed(void **state)
{
    (void)state;
    struct decisions *decisions = decisions_new();
    const struct rescue_note note = { RESCUE_RESTART, RESCUE_DIFFERED, "m0", "m1" };
    keep(decisions, 1);
    keep(decisions, 2);
    decisions_note_rescue(decisions, "dec_1", &note);
    decisions_note_rescue(decisions, "dec_3", &note);
    json_t *with = decisions_explain(decisions, text_of("dec_1"));
    json_t *without = decisions_explain(decisions, text_of("dec_2"));
    json_t *rescue = json_object_get(with, "rescue");
    assert_string_equal(json_string_value(json_object_get(rescue, "kind")), "restart");
    assert_string_equal(json_string_value(json_object_get(rescue, "outcome")), "differed");
    assert_string_equal(json_string_value(json_object_get(rescue, "from")), "m0");
    assert_string_equal(json_string_value(json_object_get(rescue, "by")), "m1");
    assert_null(json_object_get(without, "rescue"));
    json_decref(with);
    json_decref(without);
    decisions_free(decisions);
}

static void a_second_attempt_is_told_as_it_ended_last(void **state)
{
    (void)state;
    struct decisions *decisions = decisions_new();
    keep(decisions, 1);
    keep(decisions, 2);
    decisions_note_hedge(decisions, "dec_1", &(struct hedge_note){ HEDGE_STARTED, "m0", "m1", 70 });
    decisions_note_hedge(decisions, "dec_1", &(struct hedge_note){ HEDGE_WON, "m0", "m1", 70 });
    json_t *with = decisions_explain(decisions, text_of("dec_1"));
    json_t *without = decisions_explain(decisions, text_of("dec_2"));
    json_t *hedge = json_object_get(with, "hedge");
    assert_string_equal(json_string_value(json_object_get(hedge, "outcome")), "won");
    assert_string_equal(json_string_value(json_object_get(hedge, "of")), "m0");
    assert_string_equal(json_string_value(json_object_get(hedge, "by")), "m1");
    assert_int_equal(json_integer_value(json_object_get(hedge, "after_ms")), 70);
    assert_null(json_object_get(with, "rescue"));
    assert_null(json_object_get(without, "hedge"));
    json_decref(with);
    json_decref(without);
    decisions_free(decisions);
}

/* The newest takes the place of the oldest, and nothing of what followed that is the newest's. */
static void the_place_of_the_oldest_serves_decisions_of_any_size(void **state)
{
    (void)state;
    char *words = malloc(9000);
    memset(words, 'x', 8999);
    words[8999] = '\0';
    const struct route wordy = { .object.name = words };
    struct decisions *decisions = decisions_new();
    for (int i = 0; i < DECISIONS_MAX; i++)
        keep(decisions, i);
    decisions_note_hedge(decisions, "dec_0", &(struct hedge_note){ HEDGE_WON, "m0", "m1", 70 });
    decisions_keep(decisions, "long", &(struct decision){ .route = &wordy });
    json_t *explanation = decisions_explain(decisions, text_of("long"));
    assert_string_equal(json_string_value(json_object_get(explanation, "route")), words);
    assert_null(json_object_get(explanation, "hedge"));
    json_decref(explanation);
    for (int i = 1; i <= DECISIONS_MAX; i++)
        keep(decisions, 1000 + i);
    assert_int_equal(kept(decisions, 1000 + DECISIONS_MAX), 1000 + DECISIONS_MAX);
    decisions_free(decisions);
    free(words);
}

static void *keep_many(void *context)
{
    for (int i = 0; i < 2000; i++)
        keep(context, i);
    return NULL;
}

static void threads_may_keep_and_ask_at_the_same_time(void **state)
{
    (void)state;
    struct decisions *decisions = decisions_new();
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_many, decisions), 0);
    for (int i = 0; i < 2000; i++) {
        int64_t found = kept(decisions, i);
        assert_true(found == -1 || found == i);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(kept(decisions, 1999), 1999);
    decisions_free(decisions);
}

static int open_memory(void)
{
    int fd = memfd_create("decisions", MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void those_of_a_former_process_are_found_beside_our_own(void **state)
{
    (void)state;
    struct decisions *former = decisions_new(), *decisions = decisions_new();
    int fd = open_memory();
    for (int i = 0; i < DECISIONS_MAX + 10; i++)
        keep(former, i);
    keep(decisions, 1000);
    decisions_take_former(decisions, dup(fd));
    assert_int_equal(kept(decisions, 20), -1);
    decisions_print(former, fd);
    keep(former, 2000);
    assert_int_equal(kept(decisions, 9), -1);
    for (int i = 10; i < DECISIONS_MAX + 10; i++)
        assert_int_equal(kept(decisions, i), i);
    assert_int_equal(kept(decisions, 1000), 1000);
    assert_int_equal(kept(decisions, 2000), -1);
    decisions_print(former, fd);
    assert_int_equal(kept(decisions, 2000), 2000);
    close(fd);
    decisions_free(former);
    decisions_free(decisions);
}

static void put(int fd, const char *bytes)
{
    assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
}

/* NULL for nothing. */
static bool says(int fd, const char *id, const char *expected)
{
    json_t *found = printed_find(fd, text_of(id));
    char *printed = found ? json_dumps(found, JSON_COMPACT) : NULL;
    bool same = expected && printed ? strcmp(printed, expected) == 0 : expected == printed;
    free(printed);
    json_decref(found);
    return same;
}

static void the_last_whole_line_of_an_id_holds(void **state)
{
    (void)state;
    int fd = open_memory();
    assert_true(says(fd, "a", NULL) && says(-1, "a", NULL));
    put(fd, "a {\"n\":1}\nb {\"n\":2}\na {\"n\":3}\n");
    assert_true(says(fd, "a", "{\"n\":3}") && says(fd, "b", "{\"n\":2}"));
    put(fd, "a {\"n\":4}");
    assert_true(says(fd, "a", "{\"n\":3}"));
    put(fd, "\nb {\"n\":\n\n nothing\n");
    assert_true(says(fd, "a", "{\"n\":4}") && says(fd, "b", NULL) && says(fd, "", NULL));
    close(fd);
}

static void there_is_an_end_to_what_is_printed(void **state)
{
    (void)state;
    int fd = open_memory();
    char *words = malloc(PRINTED_MAX / 4);
    memset(words, 'x', PRINTED_MAX / 4 - 1);
    words[PRINTED_MAX / 4 - 1] = '\0';
    json_t *long_one = json_pack("[s]", words);
    for (int i = 0; i < 5; i++)
        printed_add(fd, "long", long_one);
    assert_in_range(lseek(fd, 0, SEEK_END), PRINTED_MAX / 2, PRINTED_MAX);
    json_decref(long_one);
    free(words);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_are_kept_and_the_oldest_leaves_first),
        cmocka_unit_test(a_rescue_is_told_with_the_decision_that_it_followed),
        cmocka_unit_test(a_second_attempt_is_told_as_it_ended_last),
        cmocka_unit_test(the_place_of_the_oldest_serves_decisions_of_any_size),
        cmocka_unit_test(threads_may_keep_and_ask_at_the_same_time),
        cmocka_unit_test(those_of_a_former_process_are_found_beside_our_own),
        cmocka_unit_test(the_last_whole_line_of_an_id_holds),
        cmocka_unit_test(there_is_an_end_to_what_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
