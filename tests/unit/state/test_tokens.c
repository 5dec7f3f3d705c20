/* test_tokens.c - the bearer tokens that are taken from a source again and again. */
#include "state/tokens.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "state/live.h"

#define START 1000000

static void assert_token(const struct live_token *token, int64_t now_ms, const char *expected)
{
    struct arena arena;
    arena_init(&arena);
    const struct secret secret = live_token_take(token, now_ms, &arena);
    assert_true(text_is(secret.hidden, expected));
    assert_int_equal(live_token_is_valid(token, now_ms), *expected != '\0');
    arena_clear(&arena);
}

static void put(struct live_token *token, const char *value, int64_t ends_ms, int64_t now_ms)
{
    live_token_put(token, text_of(value), ends_ms, now_ms, now_ms + 1000);
}

static void a_token_is_given_out_until_it_ends(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "file:/a");
    assert_token(token, START, "");
    put(token, "first-token", START + 100, START);
    assert_token(token, START + 99, "first-token");
    assert_token(token, START + 100, "");
    put(token, "second", TOKEN_ENDS_NEVER, START + 100);
    assert_token(token, START + 1000000000, "second");
    put(token, "third-token-is-longer", START + 300, START + 200);
    assert_token(token, START + 299, "third-token-is-longer");
    live_free(live);
}

static void the_same_token_may_live_longer(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "file:/a");
    put(token, "the-same", START + 100, START);
    put(token, "the-same", START + 200, START + 50);
    assert_token(token, START + 150, "the-same");
    live_free(live);
}

static void a_failure_takes_nothing_away(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "http://localhost/");
    struct live_token_report report;
    put(token, "good-token", START + 1000, START);
    live_token_miss(token, TOKEN_STATUS, 500, START + 10, START + 20);
    live_token_miss(token, TOKEN_UNREACHABLE, 0, START + 20, START + 40);
    assert_token(token, START + 30, "good-token");
    assert_int_equal(live_token_failed_in_a_row(token), 2);
    live_token_report(token, START + 30, &report);
    assert_int_equal(report.trouble, TOKEN_UNREACHABLE);
    assert_int_equal(report.ends_in_ms, 970);
    assert_int_equal(report.next_in_ms, 10);
    assert_int_equal(report.fetches, 3);
    assert_int_equal(report.failures, 2);
    put(token, "good-token", START + 2000, START + 40);
    live_token_report(token, START + 50, &report);
    assert_int_equal(report.trouble, TOKEN_FINE);
    assert_int_equal(report.last_trouble, TOKEN_UNREACHABLE);
    assert_int_equal(report.failed_ago_ms, 30);
    assert_int_equal(live_token_failed_in_a_row(token), 0);
    live_free(live);
}

static void a_doubt_hastens_the_next_time_but_not_at_once(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "http://localhost/");
    assert_int_equal(live_token_due_ms(token), 0);
    live_token_put(token, text_of("a-token"), START + 3600000, START, START + 3000000);
    live_token_doubt(token);
    assert_int_equal(live_token_due_ms(token), START + 10000);
    live_token_put(token, text_of("a-token"), START + 3600000, START + 10000, START + 3000000);
    assert_int_equal(live_token_due_ms(token), START + 3000000);
    live_free(live);
}

static void a_source_has_one_slot_and_a_stranger_none_of_others(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "file:/0");
    assert_ptr_equal(live_token_slot(live, "file:/0"), token);
    for (int i = 1; i < LIVE_TOKENS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof(name), "file:/%d", i);
        assert_non_null(live_token_slot(live, name));
    }
    assert_null(live_token_slot(live, "file:/more"));
    assert_ptr_equal(live_token_slot(live, "file:/0"), token);
    assert_int_equal(live_token_count(live), LIVE_TOKENS_MAX);
    live_free(live);
}

static void who_lacks_its_token_is_paused_and_not_asked(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *model = live_slot(live, "m", "google");
    struct live_provider *provider = live_provider_slot(live, "google");
    struct live_token *token = live_token_slot(live, "file:/a");
    live_provider_needs(provider, token);
    live_token_miss(token, TOKEN_EMPTY, 0, START, START + 2000);
    struct health health = live_health(model, START + 500);
    assert_int_equal(health.state, HEALTH_PAUSED);
    assert_int_equal(health.why, FAIL_NO_TOKEN);
    assert_int_equal(health.out_ms, 1501);
    assert_true(health.of_whole_provider);
    assert_int_equal(live_ask(model, START + 500), GRANT_NONE);
    put(token, "a-token", START + 5000, START + 600);
    assert_int_equal(live_health(model, START + 700).state, HEALTH_WELL);
    assert_int_equal(live_ask(model, START + 700), GRANT_STARTS);
    assert_int_equal(live_health(model, START + 5000).state, HEALTH_PAUSED);
    live_provider_needs(provider, NULL);
    assert_int_equal(live_health(model, START + 5000).state, HEALTH_WELL);
    live_free(live);
}

/* ---- while another thread puts them in ---- */

#define CHANGES 20000

static void make_token(char token[LIVE_TOKEN_MAX], int number)
{
    memset(token, 'a' + number % 26, LIVE_TOKEN_MAX);
    token[100 + number * 37 % 4000] = '\0';
}

static void *change_often(void *argument)
{
    struct live_token *token = argument;
    char value[LIVE_TOKEN_MAX];
    for (int i = 0; i < CHANGES; i++) {
        make_token(value, i);
        put(token, value, TOKEN_ENDS_NEVER, START);
    }
    return NULL;
}

static bool is_of_one_piece(struct text token)
{
    for (size_t i = 1; i < token.len; i++)
        if (token.data[i] != token.data[0])
            return false;
    return token.len >= 100;
}

static void half_of_one_token_and_half_of_another_are_never_taken(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "file:/a");
    pthread_t thread;
    struct arena arena;
    arena_init(&arena);
    put(token, "first", TOKEN_ENDS_NEVER, START);
    assert_int_equal(pthread_create(&thread, NULL, change_often, token), 0);
    for (int i = 0; i < CHANGES; i++) {
        const struct secret secret = live_token_take(token, START, &arena);
        assert_true(text_is(secret.hidden, "first") || is_of_one_piece(secret.hidden));
        if (i % 100 == 0)
            arena_clear(&arena);
    }
    pthread_join(thread, NULL);
    arena_clear(&arena);
    live_free(live);
}

/* ---- hiding ---- */

static bool is_hidden(const char *value)
{
    char text[64];
    snprintf(text, sizeof(text), "said %s here", value);
    secret_redact(text, strlen(text));
    return strstr(text, value) == NULL;
}

static void a_token_is_hidden_while_it_or_its_successor_counts(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "file:/a");
    put(token, "canary-one", START + 100, START);
    put(token, "canary-two", START + 200, START + 100);
    assert_true(is_hidden("canary-one") && is_hidden("canary-two"));
    put(token, "canary-three", START + 300, START + 200);
    assert_false(is_hidden("canary-one"));
    assert_true(is_hidden("canary-two") && is_hidden("canary-three"));
    live_free(live);
}

/* Else the keys of the configuration would be forgotten after some weeks. */
static void many_tokens_do_not_push_other_secrets_out(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_token *token = live_token_slot(live, "file:/a");
    secret_register((struct secret){ text_of("sk-of-the-configuration") });
    for (int i = 0; i < 5000; i++) {
        char value[32];
        snprintf(value, sizeof(value), "canary-number-%d", i);
        put(token, value, START + 100, START);
    }
    assert_true(is_hidden("sk-of-the-configuration"));
    live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_given_out_until_it_ends),
        cmocka_unit_test(the_same_token_may_live_longer),
        cmocka_unit_test(a_failure_takes_nothing_away),
        cmocka_unit_test(a_doubt_hastens_the_next_time_but_not_at_once),
        cmocka_unit_test(a_source_has_one_slot_and_a_stranger_none_of_others),
        cmocka_unit_test(who_lacks_its_token_is_paused_and_not_asked),
        cmocka_unit_test(half_of_one_token_and_half_of_another_are_never_taken),
        cmocka_unit_test(a_token_is_hidden_while_it_or_its_successor_counts),
        cmocka_unit_test(many_tokens_do_not_push_other_secrets_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
