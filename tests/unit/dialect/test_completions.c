/* test_completions.c - what clients of legacy completions ask and are answered is as
 * tests/golden/completions says, however a stream is cut. */
#define VOICE ENDPOINT_COMPLETIONS
#define TOLD  "text.json"

#include "voice_cases.h"

#define CASES "tests/golden/completions/*"

static void every_golden_request_becomes_a_chat(void **state)
{
    (void)state;
    check_all(CASES, check_request);
}

static void every_golden_chat_becomes_a_text(void **state)
{
    (void)state;
    check_all(CASES, check_reply);
}

static void every_golden_stream_gives_the_same_events_however_it_is_cut(void **state)
{
    (void)state;
    check_all(CASES, check_stream);
}

static void usage_is_told_to_who_wants_it(void **state)
{
    (void)state;
    static const struct text chunks = TEXT("data: {\"id\":\"c\",\"choices\":[],\"usage\":{}}\n\n");
    for (int wants = 0; wants <= 1; wants++) {
        struct buffer out;
        const struct voice_about asked = { .id = "req_1", .wants_usage = wants };
        struct voice_writer *writer = voice_writer_new(voice_of(VOICE), &asked, GOLDEN_MAX);
        buffer_init(&out, GOLDEN_MAX);
        assert_true(voice_events(writer, chunks, &out));
        assert_int_equal(out.len > 0, wants);
        voice_writer_free(writer);
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_request_becomes_a_chat),
        cmocka_unit_test(every_golden_chat_becomes_a_text),
        cmocka_unit_test(every_golden_stream_gives_the_same_events_however_it_is_cut),
        cmocka_unit_test(usage_is_told_to_who_wants_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
