/* test_messages.c - what Anthropic's clients ask and are answered is as tests/golden/messages says,
 * however a stream is cut; and what was said in their language comes back as it was.
 *
 * A case is a folder with one or more of these pairs:
 *     request.json ──> chat.json       as OpenAI's servers are asked
 *     request.json ──> reading.json    as our own reader sees it
 *     completion.json ──> message.json a whole reply
 *     chunks.sse ──> events.sse        a stream, which is also read with a cut at every byte
 *     refused.json ──> error.json      an error's body */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <glob.h>

#include "catalog/catalog.h"
#include "dialect/foreign.h"
#include "dialect/messages.h"
#include "dialect/openai.h"
#include "dialect/voice.h"

#define GOLDEN_MAX ((size_t)256 << 10)

static const struct chat_aim for_openai = { .model = "gpt-x",
                                            .limit = "max_completion_tokens",
                                            .may_reason = true };
static const struct chat_aim for_reading = { .limit = "max_tokens" };
static const struct voice_about about = { .id = "req_1" };

static bool read_file(const char *folder, const char *name, struct buffer *ret)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    buffer_init(ret, GOLDEN_MAX);
    if (!file)
        return false;
    assert_true(buffer_reserve(ret, GOLDEN_MAX));
    ret->len = fread(ret->data, 1, GOLDEN_MAX, file);
    fclose(file);
    assert_true(ret->len < GOLDEN_MAX);
    return true;
}

static void assert_same(const char *folder, const char *name, struct text got)
{
    struct buffer wanted;
    if (!read_file(folder, name, &wanted))
        fail_msg("%s has no %s; it gives\n%.*s", folder, name, TEXT_ARGS(got));
    if (!text_equal(text_trim(got), text_trim(buffer_text(&wanted))))
        fail_msg("%s gives\n%.*s\nnot\n%.*s", folder, TEXT_ARGS(got),
                 TEXT_ARGS(buffer_text(&wanted)));
    buffer_clear(&wanted);
}

static void check_chat(const char *folder, const char *name, const struct buffer *request,
                       const struct chat_aim *aim)
{
    struct buffer out;
    const char *why = NULL;
    buffer_init(&out, 0);
    assert_int_equal(
        voice_to_chat(voice_of(ENDPOINT_MESSAGES), buffer_text(request), aim, &out, &why),
        FAIL_NONE);
    assert_same(folder, name, buffer_text(&out));
    buffer_clear(&out);
}

static void check_request(const char *folder)
{
    struct buffer request;
    if (!read_file(folder, "request.json", &request))
        return;
    check_chat(folder, "chat.json", &request, &for_openai);
    check_chat(folder, "reading.json", &request, &for_reading);
    buffer_clear(&request);
}

static void check_reply(const char *folder)
{
    struct buffer completion, out;
    if (!read_file(folder, "completion.json", &completion))
        return;
    buffer_init(&out, GOLDEN_MAX);
    assert_true(voice_reply(voice_of(ENDPOINT_MESSAGES), &about, buffer_text(&completion), &out));
    assert_same(folder, "message.json", buffer_text(&out));
    buffer_clear(&completion);
    buffer_clear(&out);
}

static void check_error(const char *folder)
{
    struct buffer refused, out;
    if (!read_file(folder, "refused.json", &refused))
        return;
    buffer_init(&out, GOLDEN_MAX);
    voice_error_of(voice_of(ENDPOINT_MESSAGES), buffer_text(&refused), "req_1", &out);
    assert_same(folder, "error.json", buffer_text(&out));
    buffer_clear(&refused);
    buffer_clear(&out);
}

static void check_cut(const char *folder, struct text stream, size_t first, size_t step)
{
    struct buffer out;
    struct voice_writer *writer = voice_writer_new(voice_of(ENDPOINT_MESSAGES), &about, GOLDEN_MAX);
    buffer_init(&out, GOLDEN_MAX);
    for (size_t at = 0, len = first; at < stream.len; at += len, len = step) {
        if (len > stream.len - at)
            len = stream.len - at;
        assert_true(voice_events(writer, (struct text){ stream.data + at, len }, &out));
    }
    assert_true(voice_end(writer, &out));
    assert_same(folder, "events.sse", buffer_text(&out));
    voice_writer_free(writer);
    buffer_clear(&out);
}

static void check_stream(const char *folder)
{
    struct buffer chunks;
    if (!read_file(folder, "chunks.sse", &chunks))
        return;
    struct text stream = buffer_text(&chunks);
    for (size_t cut = 0; cut <= stream.len; cut++)
        check_cut(folder, stream, cut, stream.len);
    check_cut(folder, stream, 1, 1);
    buffer_clear(&chunks);
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

static void check_all(const char *pattern, void (*check)(const char *folder))
{
    glob_t found;
    assert_int_equal(glob(pattern, GLOB_ONLYDIR, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
    globfree(&found);
}

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
