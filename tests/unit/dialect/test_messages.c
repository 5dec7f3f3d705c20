/* test_messages.c - what Anthropic's clients ask and are answered is as tests/golden/messages says,
 * however a stream is cut; and what was said in their language comes back as it was.
 *
 * A case is a folder as voice_cases.h has it, or with refused.json ──> error.json, an error's body.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "dialect/foreign.h"
#include "dialect/messages.h"
#include "dialect/openai.h"
#include "dialect/voice.h"

#define VOICE ENDPOINT_MESSAGES
#define TOLD  "message.json"

#include "voice_cases.h"

static void check_error(const char *folder)
{
    struct buffer refused, out;
    if (!read_file(folder, "refused.json", &refused))
        return;
    buffer_init(&out, GOLDEN_MAX);
    voice_error_of(voice_of(VOICE), buffer_text(&refused), "req_1", &out);
    assert_same(folder, "error.json", buffer_text(&out));
    buffer_clear(&refused);
    buffer_clear(&out);
}

/* ---- there and back ---- */

static void write_anthropic(const char *folder, struct text chat, struct buffer *out)
{
    struct arena arena;
    struct chat_request request;
    struct buffer name;
    arena_init(&arena);
    buffer_init(out, 0);
    bool is_named = read_file(folder, "model", &name);
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, &arena);
    assert_int_equal(request_reader_feed(reader, chat, 0), FAIL_NONE);
    assert_int_equal(request_reader_finish(reader, chat, &request), FAIL_NONE);
    const struct model model = {
        .upstream_model =
            is_named ? arena_string_of(&arena, text_trim(buffer_text(&name))) : "claude-sonnet-4-5",
        .context_window = 200000,
        .max_output_tokens = 64000,
    };
    const struct foreign_question question = { .request = &request, .body = chat, .model = &model };
    assert_int_equal(foreign_write(foreign_of(DIALECT_ANTHROPIC), &question, out), FAIL_NONE);
    buffer_clear(&name);
    arena_clear(&arena);
}

static void check_there_and_back(const char *folder)
{
    struct buffer body, chat, again;
    const char *why = NULL;
    if (!read_file(folder, "provider.json", &body))
        return;
    buffer_init(&chat, 0);
    assert_int_equal(
        voice_to_chat(voice_of(ENDPOINT_MESSAGES), buffer_text(&body), &for_reading, &chat, &why),
        FAIL_NONE);
    write_anthropic(folder, buffer_text(&chat), &again);
    assert_same(folder, "provider.json", buffer_text(&again));
    buffer_clear(&body);
    buffer_clear(&chat);
    buffer_clear(&again);
}

static void check_reply_there_and_back(const char *folder)
{
    static const struct foreign_about provider_about = { .id = "req_1", .model = "m" };
    struct buffer completion, message, again, last;
    if (!read_file(folder, "completion.json", &completion))
        return;
    buffer_init(&message, GOLDEN_MAX);
    buffer_init(&again, GOLDEN_MAX);
    buffer_init(&last, GOLDEN_MAX);
    assert_true(
        voice_reply(voice_of(ENDPOINT_MESSAGES), &about, buffer_text(&completion), &message));
    assert_true(foreign_reply(foreign_of(DIALECT_ANTHROPIC), &provider_about, buffer_text(&message),
                              &again));
    assert_true(voice_reply(voice_of(ENDPOINT_MESSAGES), &about, buffer_text(&again), &last));
    if (!text_equal(buffer_text(&message), buffer_text(&last)))
        fail_msg("%s gives\n%.*s\nnot\n%.*s", folder, TEXT_ARGS(buffer_text(&last)),
                 TEXT_ARGS(buffer_text(&message)));
    buffer_clear(&completion);
    buffer_clear(&message);
    buffer_clear(&again);
    buffer_clear(&last);
}

/* ---- what must be true of them ---- */

#define CASES "tests/golden/messages/*"

static void every_golden_request_becomes_a_chat(void **state)
{
    (void)state;
    check_all(CASES, check_request);
}

static void every_golden_completion_becomes_a_message(void **state)
{
    (void)state;
    check_all(CASES, check_reply);
}

static void every_golden_stream_gives_the_same_events_however_it_is_cut(void **state)
{
    (void)state;
    check_all(CASES, check_stream);
}

static void every_golden_error_becomes_one_of_anthropic(void **state)
{
    (void)state;
    check_all(CASES, check_error);
}

static void a_request_that_became_a_chat_comes_back_as_it_was(void **state)
{
    (void)state;
    check_all("tests/golden/anthropic/*", check_there_and_back);
}

static void a_reply_that_became_a_message_comes_back_as_it_was(void **state)
{
    (void)state;
    check_all(CASES, check_reply_there_and_back);
    check_all("tests/golden/anthropic/*", check_reply_there_and_back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_request_becomes_a_chat),
        cmocka_unit_test(every_golden_completion_becomes_a_message),
        cmocka_unit_test(every_golden_stream_gives_the_same_events_however_it_is_cut),
        cmocka_unit_test(every_golden_error_becomes_one_of_anthropic),
        cmocka_unit_test(a_request_that_became_a_chat_comes_back_as_it_was),
        cmocka_unit_test(a_reply_that_became_a_message_comes_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
