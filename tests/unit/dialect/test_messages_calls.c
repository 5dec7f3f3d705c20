/* test_messages_calls.c - calls of tools that come mixed reach an Anthropic client one after the
 * other, with all their arguments, and no more of them wait than may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/random.h"
#include "dialect/voice.h"

#define OUT_MAX   ((size_t)4 << 20)
#define CALLS     3
#define SEEDS     200
#define PIECE_MAX 5

static const struct voice_about about = { .id = "req_1" };

static const char *const arguments[CALLS] = {
    "{\"city\":\"Bern\",\"days\":[1,2,{\"a\":\"}\"}]}",
    "{}",
    "{\"quoted\":\"{\\\"x\\\":1}\",\"deep\":{\"er\":{}}}",
};

/* ---- what a server says ---- */

static bool say(struct voice_writer *writer, struct buffer *out, int call, struct text piece,
                bool is_first)
{
    struct buffer event;
    buffer_init(&event, OUT_MAX);
    buffer_append_string(&event, "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                                 "\"delta\":{\"tool_calls\":[{");
    buffer_printf(&event, "\"index\":%d,", call);
    if (is_first)
        buffer_printf(&event, "\"id\":\"call_%d\",", call);
    buffer_printf(&event, "\"function\":{%s\"arguments\":\"", is_first ? "\"name\":\"f\"," : "");
    buffer_append_json(&event, piece);
    buffer_append_string(&event, "\"}}]},\"finish_reason\":null}]}\n\n");
    bool goes_on = voice_events(writer, buffer_text(&event), out);
    buffer_clear(&event);
    return goes_on;
}

/* A number below `sides`, another one at each throw, the same ones for each seed. */
static size_t throw(uint64_t * seed, size_t sides)
{
    *seed = hash_bytes(seed, sizeof(*seed), 1);
    return (size_t)(*seed % sides);
}

/* All calls, a random piece of a random one at a time. */
static void say_mixed(struct voice_writer *writer, struct buffer *out, uint64_t seed)
{
    size_t said[CALLS] = { 0 };
    bool begun[CALLS] = { false };
    for (int left = CALLS; left > 0;) {
        const int call = (int) throw(&seed, CALLS);
        const size_t rest = strlen(arguments[call]) - said[call];
        size_t len = throw(&seed, PIECE_MAX);
        if (begun[call] && rest == 0)
            continue;
        len = len < rest ? len : rest;
        assert_true(say(writer, out, call, (struct text){ arguments[call] + said[call], len },
                        !begun[call]));
        begun[call] = true;
        said[call] += len;
        left -= said[call] == strlen(arguments[call]) && rest > 0;
    }
    assert_true(voice_end(writer, out));
}

/* ---- what the client hears ---- */

/* It is the last one of its event. */
static struct text last_member(struct text event, const char *name)
{
    const char *at = memmem(event.data, event.len, name, strlen(name));
    assert_non_null(at);
    assert_true(text_ends(event, "\"}}"));
    at += strlen(name);
    return (struct text){ at, (size_t)(event.data + event.len - 3 - at) };
}

static bool contains(struct text event, const char *words)
{
    return memmem(event.data, event.len, words, strlen(words)) != NULL;
}

/* The arguments of each call, by its id. */
static void hear(struct text events, struct buffer heard[CALLS])
{
    int open = -1;
    for (struct text line; text_split(&events, '\n', &line);) {
        if (contains(line, "\"content_block_start\"")) {
            const char *id = memmem(line.data, line.len, "call_", 5);
            assert_int_equal(open, -1);
            assert_non_null(id);
            open = id[5] - '0';
        }
        if (contains(line, "\"content_block_stop\""))
            open = -1;
        if (contains(line, "\"input_json_delta\""))
            assert_true(open >= 0 &&
                        buffer_append_text(&heard[open], last_member(line, "\"partial_json\":\"")));
    }
}

static void calls_that_come_mixed_keep_all_their_arguments(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct voice_writer *writer =
            voice_writer_new(voice_of(ENDPOINT_MESSAGES), &about, OUT_MAX);
        struct buffer out, heard[CALLS];
        buffer_init(&out, OUT_MAX);
        for (size_t i = 0; i < CALLS; i++)
            buffer_init(&heard[i], OUT_MAX);
        say_mixed(writer, &out, seed);
        hear(buffer_text(&out), heard);
        for (size_t i = 0; i < CALLS; i++) {
            struct buffer wanted;
            buffer_init(&wanted, OUT_MAX);
            buffer_append_json(&wanted, text_of(arguments[i]));
            assert_true(text_equal(buffer_text(&heard[i]), buffer_text(&wanted)));
            buffer_clear(&wanted);
            buffer_clear(&heard[i]);
        }
        buffer_clear(&out);
        voice_writer_free(writer);
    }
}

/* ---- what may wait ---- */

static bool ends_in_an_error(const struct buffer *out)
{
    return contains(buffer_text(out), "event: error\n");
}

static void more_than_a_megabyte_does_not_wait(void **state)
{
    (void)state;
    static char piece[64 << 10];
    struct voice_writer *writer = voice_writer_new(voice_of(ENDPOINT_MESSAGES), &about, OUT_MAX);
    struct buffer out;
    size_t said = 0;
    buffer_init(&out, OUT_MAX);
    memset(piece, '1', sizeof(piece));
    assert_true(say(writer, &out, 0, text_of("{"), true));
    assert_true(say(writer, &out, 1, text_of("{"), true));
    while (!ends_in_an_error(&out) && said < OUT_MAX) {
        assert_true(say(writer, &out, 1, (struct text){ piece, sizeof(piece) }, false));
        said += sizeof(piece);
    }
    assert_int_equal(said, (size_t)1 << 20);
    buffer_clear(&out);
    voice_writer_free(writer);
}

static void more_than_a_few_calls_do_not_wait(void **state)
{
    (void)state;
    struct voice_writer *writer = voice_writer_new(voice_of(ENDPOINT_MESSAGES), &about, OUT_MAX);
    struct buffer out;
    int calls = 1;
    buffer_init(&out, OUT_MAX);
    assert_true(say(writer, &out, 0, text_of("{"), true));
    while (!ends_in_an_error(&out) && calls < 1000)
        assert_true(say(writer, &out, calls++, text_of("{}"), true));
    assert_int_equal(calls, 1 + 64 + 1);
    buffer_clear(&out);
    voice_writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_that_come_mixed_keep_all_their_arguments),
        cmocka_unit_test(more_than_a_megabyte_does_not_wait),
        cmocka_unit_test(more_than_a_few_calls_do_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
