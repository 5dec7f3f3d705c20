/* test_health.c - who may be asked: breakers of models and providers, pauses, the retry budget. */
#include "state/live.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define START 1000000

static void note(struct live_model *slot, enum fail fail, int64_t now_ms, int64_t pause_ms,
                 unsigned grant)
{
    bool is_reply = fail == FAIL_NONE || fail == FAIL_PROVIDER_ERROR || fail == FAIL_RATE_LIMITED ||
                    fail == FAIL_PROVIDER_REFUSED || fail == FAIL_PROVIDER_AUTH;
    const struct attempt_outcome outcome = {
        .fail = fail,
        .status = is_reply ? 200 : 0,
        .grant = grant,
        .now_ms = now_ms,
        .started_ms = now_ms,
        .first_token_ms = -1,
        .pause_ms = pause_ms,
        .usage = USAGE_UNKNOWN,
        .cost = -1,
    };
    live_note_start(slot);
    live_note_end(slot, &outcome);
}

static void note_often(struct live_model *slot, enum fail fail, int64_t now_ms)
{
    for (int i = 0; i < 5; i++)
        note(slot, fail, now_ms, -1, GRANT_STARTS);
}

static struct figures read_at(const struct live_model *slot, int64_t now_ms)
{
    struct figures figures;
    live_read(slot, &(struct live_view){ .now_ms = now_ms, .streamed = true }, &figures);
    return figures;
}

static enum health_state state_at(const struct live_model *slot, int64_t now_ms)
{
    return live_health(slot, now_ms).state;
}

static void only_the_providers_faults_open_a_breaker(void **state)
{
    (void)state;
    struct live *live = live_new();
    for (int fail = FAIL_NONE; fail < FAIL_COUNT; fail++) {
        struct live_model *slot =
            live_slot(live, fail_row((enum fail)fail)->name, fail_row((enum fail)fail)->name);
        for (int i = 0; i < 20; i++)
            note(slot, (enum fail)fail, START, -1, GRANT_STARTS);
        bool out = state_at(slot, START) == HEALTH_COOLING;
        if (out != fail_row((enum fail)fail)->providers_fault)
            fail_msg("%s", fail_row((enum fail)fail)->name);
    }
    live_free(live);
}

static void what_is_the_whole_providers_fault_takes_all_its_models_out(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *one = live_slot(live, "one", "p"), *two = live_slot(live, "two", "p");
    struct live_model *other = live_slot(live, "one", "q");
    note_often(one, FAIL_CONNECT, START);
    struct health health = live_health(two, START);
    assert_int_equal(health.state, HEALTH_COOLING);
    assert_int_equal(health.why, FAIL_CONNECT);
    assert_true(health.of_whole_provider);
    assert_int_equal(live_ask(two, START + 500), GRANT_NONE);
    assert_int_equal(state_at(other, START), HEALTH_WELL);

    unsigned grant = live_ask(two, START + 1000);
    assert_int_equal(grant, GRANT_STARTS | GRANT_PROBES_PROVIDER);
    assert_int_equal(live_ask(one, START + 1000), GRANT_NONE);
    note(two, FAIL_PROVIDER_ERROR, START + 1100, -1, grant); /* it can be reached again */
    assert_int_equal(live_provider_health(live_provider_slot(live, "p"), START + 1100).state,
                     HEALTH_RECOVERING);
    live_free(live);
}

static void a_client_that_leaves_says_nothing_of_a_provider_that_is_out(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "one", "p");
    note_often(slot, FAIL_PROVIDER_AUTH, START);
    unsigned grant = live_ask(slot, START + 1000);
    const struct attempt_outcome left = {
        .fail = FAIL_CLIENT_GONE, /* after the head of a reply that may be the same refusal */
        .status = 401,
        .grant = grant,
        .now_ms = START + 1100,
        .started_ms = START + 1000,
        .pause_ms = -1,
        .usage = USAGE_UNKNOWN,
        .cost = -1,
    };
    live_note_start(slot);
    live_note_end(slot, &left);
    assert_int_equal(state_at(slot, START + 1100), HEALTH_DUE);
    assert_int_equal(live_ask(slot, START + 1100), grant);
    live_free(live);
}

/* Nobody waited for it in vain: what it had said was delivered. */
static void a_long_stream_that_breaks_counts_once(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "one", "p");
    const struct attempt_outcome broken = {
        .fail = FAIL_STREAM_CUT,
        .status = 200,
        .now_ms = START,
        .started_ms = START - 20000,
        .spoke_ms = START - 19000,
        .first_token_ms = 1000,
        .duration_ms = 20000,
        .pause_ms = -1,
        .streamed = true,
        .usage = USAGE_UNKNOWN,
        .cost = -1,
    };
    for (int i = 0; i < 5; i++) {
        assert_int_equal(state_at(slot, START), HEALTH_WELL);
        live_note_start(slot);
        live_note_end(slot, &broken);
    }
    assert_int_equal(state_at(slot, START), HEALTH_COOLING);
    live_free(live);
}

static void a_failure_of_one_model_leaves_its_providers_others_alone(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *one = live_slot(live, "one", "p"), *two = live_slot(live, "two", "p");
    note_often(one, FAIL_PROVIDER_ERROR, START);
    assert_int_equal(state_at(one, START), HEALTH_COOLING);
    assert_int_equal(state_at(two, START), HEALTH_WELL);
    live_free(live);
}

static void a_probe_that_needs_both_claims_takes_both_or_none(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *one = live_slot(live, "one", "p"), *two = live_slot(live, "two", "p");
    note_often(one, FAIL_PROVIDER_ERROR, START);
    note_often(two, FAIL_CONNECT, START);
    unsigned grant = live_ask(one, START + 1000);
    assert_int_equal(grant, GRANT_STARTS | GRANT_PROBES_MODEL | GRANT_PROBES_PROVIDER);
    live_give_back(one, grant);
    note_often(one, FAIL_PROVIDER_ERROR, START + 1000); /* stays open: none of these was a probe */
    assert_int_equal(live_ask(one, START + 1000),
                     GRANT_STARTS | GRANT_PROBES_MODEL); /* 503: the provider was reached */
    assert_int_equal(live_ask(one, START + 1001), GRANT_NONE);
    live_free(live);
}

static void a_known_pause_is_kept_and_never_shortened_by_a_later_failure(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    note(slot, FAIL_RATE_LIMITED, START, 30000, GRANT_STARTS);
    note(slot, FAIL_RATE_LIMITED, START + 10, 2000, GRANT_STARTS);
    note_often(slot, FAIL_PROVIDER_ERROR, START + 20);
    struct health health = live_health(slot, START + 1000);
    assert_int_equal(health.state, HEALTH_PAUSED);
    assert_int_equal(health.out_ms, 29000);
    assert_int_equal(live_ask(slot, START + 29999), GRANT_NONE);
    assert_int_equal(live_ask(slot, START + 30000), GRANT_STARTS | GRANT_PROBES_MODEL);
    live_free(live);
}

static void rate_limits_with_a_known_end_open_no_breaker(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    for (int i = 0; i < 30; i++)
        note(slot, FAIL_RATE_LIMITED, START, 2000, GRANT_STARTS);
    assert_int_equal(state_at(slot, START), HEALTH_PAUSED);
    assert_int_equal(live_ask(slot, START + 2000), GRANT_STARTS);
    assert_int_equal(read_at(slot, START).failures, 0);
    live_free(live);
}

static void a_used_up_limit_that_a_success_tells_of_is_a_pause(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    note(slot, FAIL_NONE, START, 6000, GRANT_STARTS);
    assert_int_equal(live_health(slot, START).out_ms, 6000);
    note(slot, FAIL_NONE, START + 100, -1, GRANT_STARTS); /* asked all the same, and served */
    assert_int_equal(state_at(slot, START + 100), HEALTH_WELL);
    live_free(live);
}

static void a_clients_mistake_pauses_nobody(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    note(slot, FAIL_PROVIDER_REFUSED, START, 60000, GRANT_STARTS);
    assert_int_equal(state_at(slot, START), HEALTH_WELL);
    live_free(live);
}

static void who_is_back_is_as_attractive_as_before(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    for (int i = 0; i < 20; i++)
        note(slot, i % 3 ? FAIL_NONE : FAIL_PROVIDER_ERROR, START, -1, GRANT_STARTS);
    assert_true(read_at(slot, START).failures > 4);
    note_often(slot, FAIL_PROVIDER_ERROR, START);
    unsigned grant = live_ask(slot, START + 1000);
    assert_int_equal(grant, GRANT_STARTS | GRANT_PROBES_MODEL);
    note(slot, FAIL_PROVIDER_ERROR, START + 1000, -1, grant);
    grant = live_ask(slot, START + 3000);
    note(slot, FAIL_NONE, START + 3000, -1, grant);
    struct figures figures = read_at(slot, START + 3000);
    assert_true(figures.failures < 0.01 && figures.successes > 10);
    live_free(live);
}

static void the_first_event_of_a_stream_ends_the_probe(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    note_often(slot, FAIL_PROVIDER_ERROR, START);
    unsigned grant = live_ask(slot, START + 1000);
    assert_int_equal(live_note_spoke(slot, grant, START + 1000, START + 1300), GRANT_STARTS);
    assert_int_equal(state_at(slot, START + 1300), HEALTH_RECOVERING);
    assert_int_equal(live_ask(slot, START + 1300), GRANT_STARTS);
    live_free(live);
}

static void slots_found_by_name_keep_their_health(void **state)
{
    (void)state;
    struct live *live = live_new();
    note_often(live_slot(live, "m", "p"), FAIL_PROVIDER_ERROR, START);
    note_often(live_slot(live, "n", "p"), FAIL_CONNECT, START);
    assert_int_equal(state_at(live_slot(live, "m", "p"), START), HEALTH_COOLING);
    assert_int_equal(live_provider_health(live_provider_slot(live, "p"), START).state,
                     HEALTH_COOLING);
    assert_int_equal(live_provider_count(live), 1);
    live_free(live);
}

static void providers_beyond_the_limit_share_one_slot(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_provider *last = NULL;
    for (int i = 0; i < LIVE_PROVIDERS_MAX + 2; i++) {
        char name[] = { (char)('a' + i % 16), (char)('a' + i / 16 % 16), (char)('a' + i / 256), 0 };
        last = live_provider_slot(live, name);
    }
    assert_ptr_equal(last, live_provider_slot(live, "one more"));
    assert_int_equal(live_provider_count(live), LIVE_PROVIDERS_MAX + 1);
    live_free(live);
}

/* ---- the retry budget ---- */

static void three_repeats_at_a_time_are_always_allowed(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_provider *provider = live_provider_slot(live, "p");
    for (int i = 0; i < 3; i++)
        assert_true(live_retry_take(provider, 0.2, START));
    assert_false(live_retry_take(provider, 0.2, START));
    live_retry_give_back(provider);
    assert_true(live_retry_take(provider, 0.2, START));
    struct live_provider_report report;
    live_provider_report(live, 0, START, &report);
    assert_int_equal(report.retries, 4);
    assert_int_equal(report.retries_refused, 1);
    live_free(live);
}

static void beyond_three_repeats_are_a_share_of_the_traffic_lately(void **state)
{
    (void)state;
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m", "p");
    struct live_provider *provider = live_provider_slot(live, "p");
    int taken = 0;
    for (int i = 0; i < 100; i++)
        note(slot, FAIL_NONE, START, -1, GRANT_STARTS);
    for (int i = 0; i < 100; i++)
        taken += live_retry_take(provider, 0.2, START);
    assert_int_equal(taken, 20);
    assert_false(live_retry_take(provider, 0, START + 1000));
    live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_providers_faults_open_a_breaker),
        cmocka_unit_test(what_is_the_whole_providers_fault_takes_all_its_models_out),
        cmocka_unit_test(a_client_that_leaves_says_nothing_of_a_provider_that_is_out),
        cmocka_unit_test(a_long_stream_that_breaks_counts_once),
        cmocka_unit_test(a_failure_of_one_model_leaves_its_providers_others_alone),
        cmocka_unit_test(a_probe_that_needs_both_claims_takes_both_or_none),
        cmocka_unit_test(a_known_pause_is_kept_and_never_shortened_by_a_later_failure),
        cmocka_unit_test(rate_limits_with_a_known_end_open_no_breaker),
        cmocka_unit_test(a_used_up_limit_that_a_success_tells_of_is_a_pause),
        cmocka_unit_test(a_clients_mistake_pauses_nobody),
        cmocka_unit_test(who_is_back_is_as_attractive_as_before),
        cmocka_unit_test(the_first_event_of_a_stream_ends_the_probe),
        cmocka_unit_test(slots_found_by_name_keep_their_health),
        cmocka_unit_test(providers_beyond_the_limit_share_one_slot),
        cmocka_unit_test(three_repeats_at_a_time_are_always_allowed),
        cmocka_unit_test(beyond_three_repeats_are_a_share_of_the_traffic_lately),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
