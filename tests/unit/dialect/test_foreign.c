/* test_foreign.c - what goes to providers of other languages and what comes back is as tests/golden
 * says, however a stream is cut.
 *
 * A case is a folder below tests/golden/LANGUAGE with one or more of these pairs:
 *     chat.json ──> provider.json      a request; `model`, if there, names the provider's model
 *     reply.json ──> completion.json   a whole reply
 *     provider.sse ──> client.sse      a stream (or provider.eventstream), which is also read with
 * a cut at every byte refused.json ──> error.json      an error's body `last.json` beside chat.json
 * is the message that comes behind the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <glob.h>

#include "catalog/catalog.h"
#include "dialect/foreign.h"
#include "dialect/openai.h"

#define GOLDEN_MAX ((size_t)256 << 10)

static const struct {
    const char *folder;
    enum provider_dialect dialect;
    const char *model; /* where a case names none */
} languages[] = {
    { "anthropic", DIALECT_ANTHROPIC, "claude-sonnet-4-5" },
    { "gemini", DIALECT_GEMINI, "gemini-2.5-flash" },
    { "bedrock", DIALECT_BEDROCK, "anthropic.claude-sonnet-4-5-20250929-v1:0" },
};

#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

static const struct foreign_about about = { .created = 1700000000, .id = "req_1", .model = "m" };

/* False where there is none of that name. */
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

/* What is wanted stands in a file that ends with a line end. */
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

static void read_chat(struct text body, struct arena *arena, struct chat_request *ret_request)
{
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, arena);
    assert_int_equal(request_reader_feed(reader, body, 0), FAIL_NONE);
    assert_int_equal(request_reader_finish(reader, body, ret_request), FAIL_NONE);
}

static void check_request(const char *folder, size_t language)
{
    struct buffer chat, last, name, out;
    struct arena arena;
    struct chat_request request;
    if (!read_file(folder, "chat.json", &chat))
        return;
    arena_init(&arena);
    buffer_init(&out, 0);
    read_file(folder, "last.json", &last);
    bool is_named = read_file(folder, "model", &name);
    read_chat(buffer_text(&chat), &arena, &request);
    const struct model model = {
        .upstream_model = is_named ? arena_string_of(&arena, text_trim(buffer_text(&name)))
                                   : languages[language].model,
        .context_window = 200000,
        .max_output_tokens = 64000,
    };
    const struct foreign_question question = { .request = &request,
                                               .body = buffer_text(&chat),
                                               .last_message = buffer_text(&last),
                                               .model = &model,
                                               .tokens_in = 100 };
    assert_int_equal(foreign_write(foreign_of(languages[language].dialect), &question, &out),
                     FAIL_NONE);
    assert_same(folder, "provider.json", buffer_text(&out));
    buffer_clear(&chat);
    buffer_clear(&last);
    buffer_clear(&name);
    buffer_clear(&out);
    arena_clear(&arena);
}

static void check_reply(const char *folder, size_t language)
{
    struct buffer reply, out;
    if (!read_file(folder, "reply.json", &reply))
        return;
    buffer_init(&out, GOLDEN_MAX);
    assert_true(
        foreign_reply(foreign_of(languages[language].dialect), &about, buffer_text(&reply), &out));
    assert_same(folder, "completion.json", buffer_text(&out));
    buffer_clear(&reply);
    buffer_clear(&out);
}

static void check_error(const char *folder, size_t language)
{
    struct buffer refused, out;
    if (!read_file(folder, "refused.json", &refused))
        return;
    buffer_init(&out, GOLDEN_MAX);
    foreign_error(foreign_of(languages[language].dialect), buffer_text(&refused), &out);
    assert_same(folder, "error.json", buffer_text(&out));
    buffer_clear(&refused);
    buffer_clear(&out);
}

/* ---- streams ---- */

static bool keep(void *owner, struct text events)
{
    return buffer_append_text(owner, events);
}

/* A first piece of `first` bytes, then pieces of `step`. */
static void hear_in_pieces(size_t language, struct text stream, size_t first, size_t step,
                           struct buffer *ret)
{
    buffer_init(ret, GOLDEN_MAX);
    struct foreign_stream *heard =
        foreign_stream_new(foreign_of(languages[language].dialect), &about, GOLDEN_MAX, keep, ret);
    for (size_t at = 0, len = first; at < stream.len; at += len, len = step) {
        if (len > stream.len - at)
            len = stream.len - at;
        assert_true(foreign_stream_feed(heard, (struct text){ stream.data + at, len }));
    }
    foreign_stream_end(heard);
    foreign_stream_free(heard);
}

static void check_stream_cut(const char *folder, size_t language, struct text stream, size_t first,
                             size_t step)
{
    struct buffer out;
    hear_in_pieces(language, stream, first, step, &out);
    assert_same(folder, "client.sse", buffer_text(&out));
    buffer_clear(&out);
}

static void check_stream(const char *folder, size_t language)
{
    struct buffer provider;
    if (!read_file(folder, "provider.sse", &provider) &&
        !read_file(folder, "provider.eventstream", &provider))
        return;
    struct text stream = buffer_text(&provider);
    for (size_t cut = 0; cut <= stream.len; cut++)
        check_stream_cut(folder, language, stream, cut, stream.len);
    check_stream_cut(folder, language, stream, 1, 1);
    buffer_clear(&provider);
}

/* ---- what must be true of them ---- */

typedef void check(const char *folder, size_t language);

static void check_all(check *check_one)
{
    for (size_t language = 0; language < LANGUAGES; language++) {
        char pattern[256];
        glob_t found;
        snprintf(pattern, sizeof(pattern), "tests/golden/%s/*", languages[language].folder);
        assert_int_equal(glob(pattern, GLOB_ONLYDIR, NULL, &found), 0);
        for (size_t i = 0; i < found.gl_pathc; i++)
            check_one(found.gl_pathv[i], language);
        globfree(&found);
    }
}

static void every_golden_request_is_written_as_its_provider_reads_it(void **state)
{
    (void)state;
    check_all(check_request);
}

static void every_golden_reply_becomes_a_completion(void **state)
{
    (void)state;
    check_all(check_reply);
}

static void every_golden_error_becomes_one_of_openai(void **state)
{
    (void)state;
    check_all(check_error);
}

static void every_golden_stream_gives_the_same_chunks_however_it_is_cut(void **state)
{
    (void)state;
    check_all(check_stream);
}

static void a_reply_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "", "{", "[]", "{}", "\"x\"", "{\"type\":\"message\"}", "{\"content\":[]}", "<html>"
    };
    for (size_t language = 0; language < LANGUAGES; language++) {
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
            struct buffer out;
            buffer_init(&out, GOLDEN_MAX);
            assert_false(foreign_reply(foreign_of(languages[language].dialect), &about,
                                       text_of(bodies[i]), &out));
            buffer_clear(&out);
        }
    }
}

static void an_error_without_words_is_an_error_all_the_same(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "<html>", "{}", "[1]", "{\"error\":7}" };
    for (size_t language = 0; language < LANGUAGES; language++) {
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
            struct buffer out;
            buffer_init(&out, GOLDEN_MAX);
            foreign_error(foreign_of(languages[language].dialect), text_of(bodies[i]), &out);
            assert_true(text_is(buffer_text(&out), "{\"error\":{\"message\":\"\",\"type\":null,"
                                                   "\"param\":null,\"code\":null}}"));
            buffer_clear(&out);
        }
    }
}

static void who_speaks_openai_has_no_other_language(void **state)
{
    (void)state;
    assert_null(foreign_of(DIALECT_OPENAI));
    assert_null(foreign_of(DIALECT_MOCK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_request_is_written_as_its_provider_reads_it),
        cmocka_unit_test(every_golden_reply_becomes_a_completion),
        cmocka_unit_test(every_golden_error_becomes_one_of_openai),
        cmocka_unit_test(every_golden_stream_gives_the_same_chunks_however_it_is_cut),
        cmocka_unit_test(a_reply_that_is_none_is_refused),
        cmocka_unit_test(an_error_without_words_is_an_error_all_the_same),
        cmocka_unit_test(who_speaks_openai_has_no_other_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
