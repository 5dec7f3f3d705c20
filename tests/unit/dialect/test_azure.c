/* test_azure.c - where Azure is asked, what its replies say and what its errors mean is as
 * tests/golden/azure says. Its streams are those of test_stream.c.
 *
 * A case is a folder with one of these pairs:
 *     asked ──> address         base_url, deployment (- for none), path and version of a question
 *     reply.json ──> learnt     with `endpoint`: what a whole reply used
 *     refused.json ──> meaning  an error's body; its status, and which of our failures it is */
#include "golden.h"

#include <unistd.h>

#include "catalog/catalog.h"
#include "dialect/azure.h"

#define CASES "tests/golden/azure/*"

static bool has(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return access(path, R_OK) == 0;
}

static size_t check_all(const char *wanted, void (*check)(const char *folder))
{
    glob_t found;
    size_t checked = 0;
    assert_int_equal(glob(CASES, GLOB_ONLYDIR, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (!has(found.gl_pathv[i], wanted))
            continue;
        check(found.gl_pathv[i]);
        checked++;
    }
    globfree(&found);
    return checked;
}

/* ---- where it is asked ---- */

static void check_address(const char *folder)
{
    struct arena arena;
    struct buffer asked, address;
    golden_read(folder, "asked", &asked);
    golden_read(folder, "address", &address);
    arena_init(&arena);
    struct text rest = text_trim(buffer_text(&asked));
    const struct text base = golden_word(&rest), name = golden_word(&rest);
    const struct text path = golden_word(&rest);
    const struct provider provider = { .base_url = arena_string_of(&arena, base),
                                       .api_version = arena_string_of(&arena, rest) };
    const char *deployment = text_is(name, "-") ? NULL : arena_string_of(&arena, name);
    const struct text got = azure_path(&provider, deployment, path, &arena);
    const char *whole = arena_printf(&arena, "%.*s%.*s", TEXT_ARGS(base), TEXT_ARGS(got));
    if (!text_is(text_trim(buffer_text(&address)), whole))
        fail_msg("%s: %s", folder, whole);
    arena_clear(&arena);
    buffer_clear(&asked);
    buffer_clear(&address);
}

static void a_question_goes_to_its_deployment_and_names_the_version(void **state)
{
    (void)state;
    assert_true(check_all("asked", check_address) >= 9);
}

/* ---- what it says ---- */

static void read_json(const char *folder, const char *name, enum endpoint endpoint,
                      struct arena *arena, struct reply_facts *ret)
{
    struct buffer body;
    golden_read(folder, name, &body);
    arena_init(arena);
    reply_read(endpoint, buffer_text(&body), arena, ret);
    assert_true(ret->is_json);
    buffer_clear(&body);
}

static void check_learnt(const char *folder)
{
    struct arena arena;
    struct buffer endpoint, learnt;
    struct reply_facts facts;
    char got[256];
    golden_read(folder, "endpoint", &endpoint);
    golden_read(folder, "learnt", &learnt);
    read_json(folder, "reply.json", golden_endpoint(text_trim(buffer_text(&endpoint))), &arena,
              &facts);
    snprintf(got, sizeof(got), "in %jd cached %jd out %jd reasoning %jd",
             (intmax_t)facts.usage.tokens_in, (intmax_t)facts.usage.tokens_cached,
             (intmax_t)facts.usage.tokens_out, (intmax_t)facts.usage.tokens_reasoning);
    if (facts.is_error || !text_is(text_trim(buffer_text(&learnt)), got))
        fail_msg("%s: %s", folder, got);
    arena_clear(&arena);
    buffer_clear(&endpoint);
    buffer_clear(&learnt);
}

static void what_a_reply_used_is_learnt_beside_what_was_filtered(void **state)
{
    (void)state;
    assert_true(check_all("reply.json", check_learnt) >= 3);
}

static void check_meaning(const char *folder)
{
    struct arena arena;
    struct buffer meaning;
    struct reply_facts facts;
    uint64_t status;
    golden_read(folder, "meaning", &meaning);
    read_json(folder, "refused.json", ENDPOINT_CHAT, &arena, &facts);
    struct text rest = text_trim(buffer_text(&meaning));
    assert_true(facts.is_error && text_to_u64(golden_word(&rest), &status));
    const enum fail fail = fail_from_error((int)status, arena_string_of(&arena, facts.error_code),
                                           arena_string_of(&arena, facts.error_message));
    if (!text_is(rest, fail_row(fail)->name))
        fail_msg("%s: %s", folder, fail_row(fail)->name);
    arena_clear(&arena);
    buffer_clear(&meaning);
}

static void what_an_error_means_is_known_by_its_status_and_code(void **state)
{
    (void)state;
    assert_true(check_all("refused.json", check_meaning) >= 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_goes_to_its_deployment_and_names_the_version),
        cmocka_unit_test(what_a_reply_used_is_learnt_beside_what_was_filtered),
        cmocka_unit_test(what_an_error_means_is_known_by_its_status_and_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
