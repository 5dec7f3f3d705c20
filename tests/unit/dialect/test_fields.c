/* test_fields.c - what the table says of a field in a dialect is what its writer does.
 *
 * Each field has an example. Where the table says that it is carried, what is written with it
 * differs from what is written without it; where it says that it is lost, it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "catalog/manners.h"
#include "dialect/foreign.h"
#include "dialect/openai.h"

#define USER "{\"role\":\"user\",\"content\":\"hi\"}"
#define SAID "\"messages\":[" USER "]"
#define TOOL "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"
#define PART(p)                                                                                    \
    "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}," p "]}]"
#define BODY(m) "{\"model\":\"m\"," m "}"

struct example {
    enum field field;
    const char *without, *with;
};

#define MEMBER(name, member)                                                                       \
    {                                                                                              \
        FIELD_##name, BODY(SAID), BODY(SAID "," member)                                            \
    }
#define TOOLED(name, member)                                                                       \
    {                                                                                              \
        FIELD_##name, BODY(SAID "," TOOL), BODY(SAID "," TOOL "," member)                          \
    }
#define PARTED(name, part)                                                                         \
    {                                                                                              \
        FIELD_##name, BODY(PART("{\"type\":\"text\",\"text\":\"a\"}")),                            \
            BODY(PART("{\"type\":\"text\",\"text\":\"a\"}," part))                                 \
    }

/* clang-format off */
static const struct example examples[] = {
    MEMBER(TEMPERATURE, "\"temperature\":0.5"),
    { FIELD_TEMPERATURE_ABOVE_1, BODY(SAID ",\"temperature\":1"), BODY(SAID ",\"temperature\":1.5") },
    MEMBER(TOP_P, "\"top_p\":0.5"),
    MEMBER(TOP_K, "\"top_k\":5"),
    MEMBER(FREQUENCY_PENALTY, "\"frequency_penalty\":0.5"),
    MEMBER(PRESENCE_PENALTY, "\"presence_penalty\":0.5"),
    MEMBER(LOGIT_BIAS, "\"logit_bias\":{\"5\":1}"),
    MEMBER(SEED, "\"seed\":5"),
    MEMBER(STOP, "\"stop\":\"END\""),
    { FIELD_STOP_BLANK, BODY(SAID ",\"stop\":[\"END\"]"), BODY(SAID ",\"stop\":[\"END\",\"\\n\"]") },
    MEMBER(MAX_TOKENS, "\"max_tokens\":5"),
    MEMBER(N, "\"n\":2"),
    MEMBER(LOGPROBS, "\"logprobs\":true"),
    MEMBER(TOP_LOGPROBS, "\"top_logprobs\":3"),
    MEMBER(JSON_SCHEMA, "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"object\"}}}"),
    MEMBER(JSON_OBJECT, "\"response_format\":{\"type\":\"json_object\"}"),
    MEMBER(REASONING_EFFORT, "\"reasoning_effort\":\"low\""),
    MEMBER(REASONING, "\"reasoning\":{\"effort\":\"low\"}"),
    MEMBER(THINKING, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}"),
    MEMBER(VERBOSITY, "\"verbosity\":\"low\""),
    MEMBER(PREDICTION, "\"prediction\":{\"type\":\"content\",\"content\":\"x\"}"),
    MEMBER(AUDIO_OUTPUT, "\"modalities\":[\"text\",\"audio\"],\"audio\":{\"voice\":\"a\",\"format\":\"wav\"}"),
    MEMBER(WEB_SEARCH, "\"web_search_options\":{}"),
    MEMBER(TOOLS, TOOL),
    TOOLED(TOOL_CHOICE, "\"tool_choice\":\"required\""),
    TOOLED(PARALLEL_TOOL_CALLS, "\"parallel_tool_calls\":false"),
    { FIELD_TOOL_STRICT, BODY(SAID "," TOOL), BODY(SAID ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}}]") },
    { FIELD_CUSTOM_TOOLS, BODY(SAID "," TOOL), BODY(SAID ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"custom\",\"custom\":{\"name\":\"g\"}}]") },
    { FIELD_SERVER_TOOLS, BODY(SAID "," TOOL), BODY(SAID ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]") },
    MEMBER(FUNCTIONS, "\"functions\":[{\"name\":\"f\"}]"),
    { FIELD_SYSTEM, BODY(SAID), BODY("\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," USER "]") },
    { FIELD_NAME, BODY(SAID), BODY("\"messages\":[{\"role\":\"user\",\"content\":\"hi\",\"name\":\"Al\"}]") },
    PARTED(IMAGE_DATA, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\"}}"),
    PARTED(IMAGE_ADDRESS, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.org/a.png\"}}"),
    { FIELD_IMAGE_DETAIL, BODY(PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\"}}")),
      BODY(PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\",\"detail\":\"low\"}}")) },
    PARTED(AUDIO_INPUT, "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA==\",\"format\":\"wav\"}}"),
    { FIELD_AUDIO_ANSWER, BODY("\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}," USER "]"),
      BODY("\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"audio\":{\"id\":\"x\"}}," USER "]") },
    PARTED(FILE_DATA, "{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,AA==\"}}"),
    PARTED(FILE_ID, "{\"type\":\"file\",\"file\":{\"file_id\":\"x\"}}"),
    { FIELD_CITATIONS, BODY(PART("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,AA==\"}}")),
      BODY(PART("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,AA==\"},\"citations\":{\"enabled\":true}}")) },
    { FIELD_DOCUMENT_NOTES, BODY(PART("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,AA==\"}}")),
      BODY(PART("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,AA==\"},\"context\":\"c\"}")) },
    { FIELD_OWN_BLOCKS, BODY("\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}," USER "]"),
      BODY("\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"extra_content\":{\"anthropic\":{\"blocks\":[{\"type\":\"x\"}]}}}," USER "]") },
    { FIELD_REASONING_DETAILS, BODY("\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}," USER "]"),
      BODY("\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"c2ln\"},{\"type\":\"reasoning.encrypted\",\"format\":\"google-gemini-v1\",\"data\":\"c2ln\"}]}," USER "]") },
    PARTED(OWN_PART, "{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://example.org/a.pdf\"}}"),
    PARTED(OTHER_PART, "{\"type\":\"video_url\",\"video_url\":{\"url\":\"x\"}}"),
    MEMBER(USER, "\"user\":\"u\""),
    MEMBER(METADATA, "\"metadata\":{\"a\":\"b\"}"),
    MEMBER(STORE, "\"store\":true"),
    MEMBER(SERVICE_TIER, "\"service_tier\":\"default\""),
    MEMBER(PROMPT_CACHE_KEY, "\"prompt_cache_key\":\"k\""),
    MEMBER(CACHE_CONTROL, "\"cache_control\":{\"type\":\"ephemeral\"}"),
    MEMBER(OWN, "\"container\":\"c\",\"output_config\":{\"effort\":\"low\"}"),
    MEMBER(OWN_GOOGLE, "\"safety_settings\":[]"),
    MEMBER(OTHER, "\"something_new\":1"),
};
/* clang-format on */

static const struct {
    enum provider_dialect dialect;
    const char *model; /* one that takes all that its language has */
} languages[] = {
    { DIALECT_ANTHROPIC, "claude-opus-4-0" },
    { DIALECT_GEMINI, "gemini-2.5-flash" },
    { DIALECT_BEDROCK, "anthropic.claude-opus-4-1-20250805-v1:0" },
};

/* Fields that no chat has. */
static const struct {
    enum field field;
    enum endpoint endpoint;
    const char *body;
} elsewhere[] = {
    { FIELD_STORED, ENDPOINT_RESPONSES, "{\"previous_response_id\":\"resp_1\"}" },
    { FIELD_BACKGROUND, ENDPOINT_RESPONSES, "{\"background\":true}" },
    { FIELD_TRUNCATION, ENDPOINT_RESPONSES, "{\"truncation\":\"auto\"}" },
    { FIELD_PROMPTS, ENDPOINT_COMPLETIONS, "{\"prompt\":[\"a\",\"b\"]}" },
    { FIELD_SUFFIX, ENDPOINT_COMPLETIONS, "{\"prompt\":\"a\",\"suffix\":\"b\"}" },
    { FIELD_ECHO, ENDPOINT_COMPLETIONS, "{\"prompt\":\"a\",\"echo\":true}" },
    { FIELD_BEST_OF, ENDPOINT_COMPLETIONS, "{\"prompt\":\"a\",\"best_of\":3}" },
    { FIELD_LEGACY_LOGPROBS, ENDPOINT_COMPLETIONS, "{\"prompt\":\"a\",\"logprobs\":0}" },
};

static uint64_t fields_at(enum endpoint endpoint, const char *body, struct arena *arena,
                          struct chat_request *ret)
{
    struct request_reader *reader = request_reader_new(endpoint, arena);
    assert_int_equal(request_reader_feed(reader, text_of(body), 0), FAIL_NONE);
    assert_int_equal(request_reader_finish(reader, text_of(body), ret), FAIL_NONE);
    return ret->fields;
}

static uint64_t fields_of(const char *body, struct arena *arena, struct chat_request *ret)
{
    return fields_at(ENDPOINT_CHAT, body, arena, ret);
}

static uint64_t see_elsewhere(void)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        struct arena arena;
        struct chat_request request;
        arena_init(&arena);
        if (fields_at(elsewhere[i].endpoint, elsewhere[i].body, &arena, &request) !=
            field_bit(elsewhere[i].field))
            fail_msg("%s: %s", field_row(elsewhere[i].field)->name, elsewhere[i].body);
        arena_clear(&arena);
        seen |= field_bit(elsewhere[i].field);
    }
    return seen;
}

static void write_it(size_t language, const char *body, struct buffer *out)
{
    struct arena arena;
    struct chat_request request;
    arena_init(&arena);
    buffer_init(out, 0);
    fields_of(body, &arena, &request);
    const struct model model = { .upstream_model = languages[language].model,
                                 .context_window = 100000,
                                 .max_output_tokens = 20000 };
    const struct foreign_question question = { .request = &request,
                                               .body = text_of(body),
                                               .model = &model };
    assert_int_equal(foreign_write(foreign_of(languages[language].dialect), &question, out),
                     FAIL_NONE);
    arena_clear(&arena);
}

static void every_field_is_seen_in_its_example_and_nowhere_else(void **state)
{
    (void)state;
    uint64_t seen = see_elsewhere();
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct arena arena;
        struct chat_request request;
        const uint64_t bit = field_bit(examples[i].field);
        arena_init(&arena);
        if (!(fields_of(examples[i].with, &arena, &request) & bit) ||
            fields_of(examples[i].without, &arena, &request) & bit)
            fail_msg("%s: %s", field_row(examples[i].field)->name, examples[i].with);
        arena_clear(&arena);
        seen |= bit;
    }
    for (int field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (!(seen & field_bit((enum field)field)))
            fail_msg("%s has no example", field_row((enum field)field)->name);
}

static void a_field_is_written_where_the_table_says_that_it_is_carried(void **state)
{
    (void)state;
    for (size_t language = 0; language < sizeof(languages) / sizeof(languages[0]); language++) {
        for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
            const struct field_row *row = field_row(examples[i].field);
            const int carried = row->carried[languages[language].dialect];
            struct buffer without, with;
            write_it(language, examples[i].without, &without);
            write_it(language, examples[i].with, &with);
            bool differs = !text_equal(buffer_text(&without), buffer_text(&with));
            if (differs != (carried == CARRIED_ALIKE || carried == CARRIED_MAPPED))
                fail_msg("%s is said to be %s, and is written as\n%.*s", row->name,
                         carriage_word((enum carriage)carried), TEXT_ARGS(buffer_text(&with)));
            buffer_clear(&without);
            buffer_clear(&with);
        }
    }
}

static void a_value_that_means_nothing_is_no_loss(void **state)
{
    (void)state;
    struct arena arena;
    struct chat_request request;
    arena_init(&arena);
    assert_int_equal(
        fields_of(BODY(SAID ",\"n\":1,\"logprobs\":false,\"seed\":null,\"frequency_penalty\":0.0,"
                            "\"top_p\":1.0,\"logit_bias\":{},\"stop\":[],\"tools\":[],"
                            "\"parallel_tool_calls\":true,\"unheard\":null,"
                            "\"modalities\":[\"text\"],\"service_tier\":\"auto\""),
                  &arena, &request),
        0);
    assert_int_equal(request.unknown.count, 0);
    arena_clear(&arena);
}

static void members_that_are_not_known_are_named(void **state)
{
    (void)state;
    struct arena arena;
    struct chat_request request;
    arena_init(&arena);
    fields_of(BODY(SAID ",\"new_one\":1,\"bourse\":{\"max_cost\":1},\"other\":{\"new_two\":2}"),
              &arena, &request);
    assert_int_equal(request.unknown.count, 2);
    assert_true(text_is(request.unknown.items[0], "new_one"));
    assert_true(text_is(request.unknown.items[1], "other"));
    arena_clear(&arena);
}

static void what_a_model_does_not_take_is_lost_on_it(void **state)
{
    (void)state;
    static const struct {
        const char *model, *members, *lost;
        enum provider_dialect dialect; /* where none is named, Anthropic's */
    } rows[] = {
        { "claude-opus-4-0", "\"temperature\":0.5,\"top_p\":0.5", "" },
        { "claude-sonnet-4-5", "\"temperature\":0.5,\"top_p\":0.5", "top_p" },
        { "claude-sonnet-4-5", "\"top_p\":0.5", "" },
        { "claude-opus-5", "\"temperature\":0.5,\"top_k\":5", "temperature,top_k" },
        { "claude-opus-4-0", "\"temperature\":0.5,\"reasoning_effort\":\"low\"", "temperature" },
        { "claude-3-5-haiku", "\"temperature\":0.5,\"reasoning_effort\":\"low\"",
          "reasoning_effort" },
        { "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
          "\"temperature\":0.5,\"top_p\":0.5,\"top_k\":5", "top_p", DIALECT_BEDROCK },
        { "anthropic.claude-opus-4-6-v1", "\"temperature\":0.5,\"reasoning_effort\":\"low\"",
          "temperature", DIALECT_BEDROCK },
        { "amazon.nova-pro-v1:0",
          "\"temperature\":0.5,\"top_p\":0.5,\"top_k\":5,\"reasoning_effort\":\"low\"",
          "top_k,reasoning_effort", DIALECT_BEDROCK },
        { "deepseek-chat", "\"temperature\":0.5,\"top_p\":0.5,\"seed\":1", "seed" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena;
        struct chat_request request;
        struct buffer names;
        const struct provider provider = { .dialect = rows[i].dialect ? rows[i].dialect
                                                                      : DIALECT_ANTHROPIC };
        const struct model model = { .upstream_model = rows[i].model, .provider = &provider };
        arena_init(&arena);
        buffer_init(&names, 1000);
        fields_of(arena_printf(&arena, "{" SAID ",%s}", rows[i].members), &arena, &request);
        fields_print(model_loses(&model, &request), ",", &names);
        if (!text_is(buffer_text(&names), rows[i].lost))
            fail_msg("%s loses %.*s of %s", rows[i].model, TEXT_ARGS(buffer_text(&names)),
                     rows[i].members);
        buffer_clear(&names);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_seen_in_its_example_and_nowhere_else),
        cmocka_unit_test(a_field_is_written_where_the_table_says_that_it_is_carried),
        cmocka_unit_test(a_value_that_means_nothing_is_no_loss),
        cmocka_unit_test(members_that_are_not_known_are_named),
        cmocka_unit_test(what_a_model_does_not_take_is_lost_on_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
