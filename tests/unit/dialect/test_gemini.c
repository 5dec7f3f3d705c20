/* test_gemini.c - where Google is asked, and how much its models are told to think. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "dialect/foreign.h"

static const struct foreign *gemini(void)
{
    return foreign_of(DIALECT_GEMINI);
}

static void each_name_leads_to_an_address_that_it_cannot_leave(void **state)
{
    (void)state;
    static const struct {
        const char *model, *whole, *streamed;
    } rows[] = {
        { "gemini-2.5-flash", "/models/gemini-2.5-flash:generateContent",
          "/models/gemini-2.5-flash:streamGenerateContent?alt=sse" },
        { "models/gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent",
          "/models/gemini-2.5-pro:streamGenerateContent?alt=sse" },
        { "tunedModels/mine-1", "/tunedModels/mine-1:generateContent",
          "/tunedModels/mine-1:streamGenerateContent?alt=sse" },
        { "../../x?y#z", "/models/..%2F..%2Fx%3Fy%23z:generateContent",
          "/models/..%2F..%2Fx%3Fy%23z:streamGenerateContent?alt=sse" },
        { "m\xc3\xbc %\n:x", "/models/m%C3%BC%20%25%0A%3Ax:generateContent",
          "/models/m%C3%BC%20%25%0A%3Ax:streamGenerateContent?alt=sse" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena;
        struct chat_request request = { .stream = false };
        const struct model model = { .upstream_model = rows[i].model };
        const struct foreign_question question = { .request = &request, .model = &model };
        arena_init(&arena);
        assert_true(text_is(foreign_path(gemini(), &question, &arena), rows[i].whole));
        request.stream = true;
        assert_true(text_is(foreign_path(gemini(), &question, &arena), rows[i].streamed));
        arena_clear(&arena);
    }
}

#define ON  "\"includeThoughts\":true,"
#define OFF ""

/* What stands in `thinkingConfig`; NULL: there is none. */
static const struct {
    const char *model, *none, *minimal, *medium, *high;
} families[] = {
    { "gemini-2.5-flash", OFF "\"thinkingBudget\":0", ON "\"thinkingBudget\":1024",
      ON "\"thinkingBudget\":8192", ON "\"thinkingBudget\":24576" },
    { "gemini-2.5-flash-lite", OFF "\"thinkingBudget\":0", ON "\"thinkingBudget\":1024",
      ON "\"thinkingBudget\":8192", ON "\"thinkingBudget\":24576" },
    { "gemini-2.5-pro", OFF "\"thinkingBudget\":128", ON "\"thinkingBudget\":1024",
      ON "\"thinkingBudget\":8192", ON "\"thinkingBudget\":24576" },
    { "gemini-3-pro-preview", OFF "\"thinkingLevel\":\"LOW\"", ON "\"thinkingLevel\":\"LOW\"",
      ON "\"thinkingLevel\":\"HIGH\"", ON "\"thinkingLevel\":\"HIGH\"" },
    { "gemini-3.1-pro-preview", OFF "\"thinkingLevel\":\"LOW\"", ON "\"thinkingLevel\":\"LOW\"",
      ON "\"thinkingLevel\":\"MEDIUM\"", ON "\"thinkingLevel\":\"HIGH\"" },
    { "gemini-3-flash-preview", OFF "\"thinkingLevel\":\"MINIMAL\"",
      ON "\"thinkingLevel\":\"MINIMAL\"", ON "\"thinkingLevel\":\"MEDIUM\"",
      ON "\"thinkingLevel\":\"HIGH\"" },
    { "gemini-4-argon", OFF "\"thinkingLevel\":\"LOW\"", ON "\"thinkingLevel\":\"LOW\"",
      ON "\"thinkingLevel\":\"MEDIUM\"", ON "\"thinkingLevel\":\"HIGH\"" },
    { "gemini-2.0-flash", NULL, NULL, NULL, NULL },
    { "gemini-2.5-flash-image", NULL, NULL, NULL, NULL },
    { "gemini-2.5-pro-preview-tts", NULL, NULL, NULL, NULL },
    { "gemma-3-27b-it", NULL, NULL, NULL, NULL },
};

static void assert_thinks(const char *name, const char *member, const char *wanted)
{
    struct buffer out;
    struct arena arena;
    const struct chat_request request = { .stream = false };
    const struct model model = { .upstream_model = name };
    arena_init(&arena);
    buffer_init(&out, 0);
    const char *body =
        arena_printf(&arena, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],%s}", member);
    const struct foreign_question question = { .request = &request,
                                               .body = text_of(body),
                                               .model = &model };
    const char *config =
        wanted ? arena_printf(&arena, ",\"generationConfig\":{\"thinkingConfig\":{%s}}", wanted)
               : "";
    assert_int_equal(foreign_write(gemini(), &question, &out), FAIL_NONE);
    const char *said = arena_string_of(&arena, buffer_text(&out));
    assert_string_equal(said, arena_printf(&arena,
                                           "{\"contents\":[{\"role\":\"user\",\"parts\":[{"
                                           "\"text\":\"a\"}]}]%s}",
                                           config));
    buffer_clear(&out);
    arena_clear(&arena);
}

static void an_effort_is_told_as_the_model_takes_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const char *model = families[i].model;
        assert_thinks(model, "\"reasoning_effort\":\"none\"", families[i].none);
        assert_thinks(model, "\"reasoning_effort\":\"minimal\"", families[i].minimal);
        assert_thinks(model, "\"reasoning_effort\":\"medium\"", families[i].medium);
        assert_thinks(model, "\"reasoning_effort\":\"high\"", families[i].high);
        assert_thinks(model, "\"reasoning_effort\":\"whatever\"", NULL);
    }
}

static void other_ways_to_ask_for_thoughts_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *member, *wanted;
    } rows[] = {
        { "\"reasoning\":{\"effort\":\"low\"}", ON "\"thinkingBudget\":1024" },
        { "\"reasoning\":{\"effort\":\"low\",\"exclude\":true}", "\"thinkingBudget\":1024" },
        { "\"reasoning\":{\"max_tokens\":99999}", ON "\"thinkingBudget\":32768" },
        { "\"reasoning\":{\"max_tokens\":1}", ON "\"thinkingBudget\":128" },
        { "\"reasoning\":{\"enabled\":true}", "\"includeThoughts\":true" },
        { "\"reasoning\":{\"enabled\":false}", OFF "\"thinkingBudget\":128" },
        { "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}",
          ON "\"thinkingBudget\":2000" },
        { "\"thinking\":{\"type\":\"adaptive\"}", "\"includeThoughts\":true" },
        { "\"thinking\":{\"type\":\"disabled\"}", OFF "\"thinkingBudget\":128" },
        { "\"reasoning\":7", NULL },
        { "\"thinking\":null", NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_thinks("gemini-2.5-pro", rows[i].member, rows[i].wanted);
}

static void an_error_may_say_how_long_to_wait(void **state)
{
    (void)state;
    static const struct {
        const char *details;
        int64_t wait_ms;
    } rows[] = {
        { "[{\"@type\":\"x\"},{\"retryDelay\":\"34s\"}]", 34000 },
        { "[{\"retryDelay\":\"0.25s\"}]", 250 },
        { "[{\"retryDelay\":34}]", -1 },
        { "[{\"retryDelay\":\"soon\"},7]", -1 },
        { "\"none\"", -1 },
        { "{\"a\":[]}", -1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena;
        struct buffer out;
        arena_init(&arena);
        buffer_init(&out, 1000);
        const char *body =
            arena_printf(&arena, "{\"error\":{\"code\":429,\"details\":%s}}", rows[i].details);
        assert_int_equal(foreign_error(gemini(), text_of(body), &out), rows[i].wait_ms);
        buffer_clear(&out);
        arena_clear(&arena);
    }
}

static void assert_vectors(const char *question, const char *reply, const char *wanted)
{
    struct buffer out;
    const struct foreign_about about = { .model = "m" };
    buffer_init(&out, 1000);
    bool is_one = foreign_embeddings(gemini(), &about, text_of(question), text_of(reply), &out);
    assert_int_equal(is_one, wanted != NULL);
    if (wanted && !text_is(buffer_text(&out), wanted))
        fail_msg("%.*s", TEXT_ARGS(buffer_text(&out)));
    buffer_clear(&out);
}

#define VECTORS "{\"embeddings\":[{\"values\":[ 1,\n-0.5 ]},{\"values\":[]}]"

static void vectors_are_told_as_they_are_wanted(void **state)
{
    (void)state;
    assert_vectors("{}", VECTORS "}",
                   "{\"object\":\"list\",\"data\":["
                   "{\"object\":\"embedding\",\"index\":0,\"embedding\":[1,-0.5]},"
                   "{\"object\":\"embedding\",\"index\":1,\"embedding\":[]}],\"model\":\"m\"}");
    assert_vectors("{\"encoding_format\":\"base64\"}",
                   VECTORS ",\"usageMetadata\":{\"promptTokenCount\":7}}",
                   "{\"object\":\"list\",\"data\":["
                   "{\"object\":\"embedding\",\"index\":0,\"embedding\":\"AACAPwAAAL8=\"},"
                   "{\"object\":\"embedding\",\"index\":1,\"embedding\":\"\"}],\"model\":\"m\","
                   "\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}");
    assert_vectors("{}", "{\"embeddings\":[{\"values\":7}]}", NULL);
    assert_vectors("{}", "{\"embeddings\":[{\"statistics\":1}]}", NULL);
    assert_vectors("{}", "{\"embedding\":{}}", NULL);
    assert_vectors("{}", "<html>", NULL);
}

static void only_texts_become_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *input, *wanted;
    } rows[] = {
        { "\"a\"", "{\"requests\":[{\"model\":\"models/e\",\"content\":{\"parts\":[{\"text\":"
                   "\"a\"}]},\"outputDimensionality\":8}]}" },
        { "[]", "{\"requests\":[]}" },
        { "[1,2]", NULL },
        { "[\"a\",[1]]", NULL },
        { "7", NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena;
        struct buffer out;
        const struct chat_request request = { .endpoint = ENDPOINT_EMBEDDINGS };
        const struct model model = { .upstream_model = "e" };
        arena_init(&arena);
        buffer_init(&out, 0);
        const struct foreign_question question = {
            .request = &request,
            .model = &model,
            .body = text_of(arena_printf(&arena, "{\"dimensions\":8,\"input\":%s}", rows[i].input))
        };
        assert_int_equal(foreign_write(gemini(), &question, &out),
                         rows[i].wanted ? FAIL_NONE : FAIL_BAD_VALUE);
        if (rows[i].wanted)
            assert_true(text_is(buffer_text(&out), rows[i].wanted));
        assert_true(
            text_is(foreign_path(gemini(), &question, &arena), "/models/e:batchEmbedContents"));
        buffer_clear(&out);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_leads_to_an_address_that_it_cannot_leave),
        cmocka_unit_test(an_effort_is_told_as_the_model_takes_it),
        cmocka_unit_test(an_error_may_say_how_long_to_wait),
        cmocka_unit_test(vectors_are_told_as_they_are_wanted),
        cmocka_unit_test(only_texts_become_vectors),
        cmocka_unit_test(other_ways_to_ask_for_thoughts_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
