/* voice_cases.h - the cases of a client's language in tests/golden, which is VOICE, an endpoint.
 *
 * A case is a folder with one or more of these pairs:
 *     request.json ──> chat.json       as OpenAI's servers are asked
 *     request.json ──> reading.json    as other languages are written from it
 *     completion.json ──> TOLD         a whole reply
 *     chunks.sse ──> events.sse        a stream, which is also read with a cut at every byte
 * and question.json, which was asked before the last two. */
#ifndef BOURSE_TESTS_DIALECT_VOICE_CASES_H
#define BOURSE_TESTS_DIALECT_VOICE_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <glob.h>

#include "dialect/voice.h"

#define GOLDEN_MAX ((size_t)256 << 10)

static const struct chat_aim for_openai = { .model = "gpt-x",
                                            .limit = "max_completion_tokens",
                                            .may_reason = true };
static const struct chat_aim for_reading = { .limit = "max_tokens" };
static const struct voice_about about = {
    .question = { "{}", 2 }, .id = "req_1", .created = 1700000000, .wants_usage = true
};

static inline bool read_file(const char *folder, const char *name, struct buffer *ret)
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

static inline void assert_same(const char *folder, const char *name, struct text got)
{
    struct buffer wanted;
    if (!read_file(folder, name, &wanted))
        fail_msg("%s has no %s; it gives\n%.*s", folder, name, TEXT_ARGS(got));
    if (!text_equal(text_trim(got), text_trim(buffer_text(&wanted))))
        fail_msg("%s gives\n%.*s\nnot\n%.*s", folder, TEXT_ARGS(got),
                 TEXT_ARGS(buffer_text(&wanted)));
    buffer_clear(&wanted);
}

static inline void check_chat(const char *folder, const char *name, const struct buffer *request,
                              const struct chat_aim *aim)
{
    struct buffer out;
    const char *why = NULL;
    buffer_init(&out, 0);
    assert_int_equal(voice_to_chat(voice_of(VOICE), buffer_text(request), aim, &out, &why),
                     FAIL_NONE);
    assert_same(folder, name, buffer_text(&out));
    buffer_clear(&out);
}

static inline void check_request(const char *folder)
{
    struct buffer request;
    if (!read_file(folder, "request.json", &request))
        return;
    check_chat(folder, "chat.json", &request, &for_openai);
    check_chat(folder, "reading.json", &request, &for_reading);
    buffer_clear(&request);
}

/* The question must outlive what is returned. */
static inline struct voice_about about_of(const char *folder, struct buffer *question)
{
    struct voice_about asked = about;
    if (read_file(folder, "question.json", question))
        asked.question = buffer_text(question);
    return asked;
}

static inline void check_reply(const char *folder)
{
    struct buffer completion, question, out;
    if (!read_file(folder, "completion.json", &completion))
        return;
    const struct voice_about asked = about_of(folder, &question);
    buffer_init(&out, GOLDEN_MAX);
    assert_true(voice_reply(voice_of(VOICE), &asked, buffer_text(&completion), &out));
    assert_same(folder, TOLD, buffer_text(&out));
    buffer_clear(&completion);
    buffer_clear(&question);
    buffer_clear(&out);
}

static inline void check_cut(const char *folder, const struct voice_about *asked,
                             struct text stream, size_t first, size_t step)
{
    struct buffer out;
    struct voice_writer *writer = voice_writer_new(voice_of(VOICE), asked, GOLDEN_MAX);
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

static inline void check_stream(const char *folder)
{
    struct buffer chunks, question;
    if (!read_file(folder, "chunks.sse", &chunks))
        return;
    const struct voice_about asked = about_of(folder, &question);
    struct text stream = buffer_text(&chunks);
    for (size_t cut = 0; cut <= stream.len; cut++)
        check_cut(folder, &asked, stream, cut, stream.len);
    check_cut(folder, &asked, stream, 1, 1);
    buffer_clear(&chunks);
    buffer_clear(&question);
}

static inline void check_all(const char *pattern, void (*check)(const char *folder))
{
    glob_t found;
    assert_int_equal(glob(pattern, GLOB_ONLYDIR, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
    globfree(&found);
}

#endif
