/* test_stitch.c - two streams become the one that tests/golden/stitch says, however they are cut.
 *
 * A case is a folder: `case` (endpoint, mode, and whether usage is hidden), `first.sse` (what comes
 * before the break), `later.sse` (the other answer), `client.sse` (what is passed on of both) and
 * `heard` (the words that the next would be asked to go on from, and how it ended). */
#include "golden.h"

#include "dialect/stitch.h"
#include "dialect/units.h"

#define GOLDEN "tests/golden/stitch"

struct golden {
    enum endpoint endpoint;
    enum stitch_mode mode;
    bool hide_usage;
    struct buffer first, later, client, heard;
};

/* A client of both streams. */
struct reader {
    struct delivered delivered;
    struct stitch *stitch;
    bool differs;
    struct buffer client, heard;
};

static void golden_load(struct golden *golden, const char *folder)
{
    struct buffer about;
    golden_read(folder, "case", &about);
    struct text rest = text_trim(buffer_text(&about));
    golden->endpoint = golden_endpoint(golden_word(&rest));
    golden->mode = text_is(golden_word(&rest), "continue") ? STITCH_CONTINUE : STITCH_RESTART;
    golden->hide_usage = text_is(rest, "hide");
    buffer_clear(&about);
    golden_read(folder, "first.sse", &golden->first);
    golden_read(folder, "later.sse", &golden->later);
    golden_read(folder, "client.sse", &golden->client);
    golden_read(folder, "heard", &golden->heard);
}

static void golden_clear(struct golden *golden)
{
    buffer_clear(&golden->first);
    buffer_clear(&golden->later);
    buffer_clear(&golden->client);
    buffer_clear(&golden->heard);
}

static bool hear_first(void *owner, const struct stream_event *event)
{
    struct reader *reader = owner;
    return buffer_append_text(&reader->client, event->bytes);
}

static bool hear_later(void *owner, const struct stream_event *event)
{
    struct reader *reader = owner;
    assert_int_equal(event->count, 1);
    if (event->document.len == 0)
        return buffer_append_text(&reader->client, event->bytes);
    reader->differs =
        stitch_event(reader->stitch, event->document, &reader->client) == STITCH_DIFFERS;
    return !reader->differs;
}

static void listen(struct reader *reader, const struct golden *golden, const struct buffer *bytes,
                   stream_sink *sink, size_t step)
{
    struct stream_listener listener;
    stream_listener_init(&listener, golden->endpoint, golden->hide_usage, GOLDEN_MAX, sink, reader);
    listener.delivered = sink == hear_first ? &reader->delivered : NULL;
    listener.one_by_one = sink == hear_later;
    for (size_t at = 0; at < bytes->len; at += step) {
        size_t left = bytes->len - at;
        if (!stream_listener_feed(&listener,
                                  (struct text){ bytes->data + at, step < left ? step : left }))
            break;
    }
    stream_listener_clear(&listener);
}

static void read_both(struct reader *reader, const struct golden *golden, size_t step)
{
    *reader = (struct reader){ 0 };
    buffer_init(&reader->client, GOLDEN_MAX);
    buffer_init(&reader->heard, GOLDEN_MAX);
    delivered_init(&reader->delivered, GOLDEN_MAX);
    listen(reader, golden, &golden->first, hear_first, step);
    buffer_append(&reader->heard, reader->delivered.words.data,
                  delivered_prefill_len(&reader->delivered));
    if (!delivered_is_fit(&reader->delivered)) {
        buffer_append_string(&reader->heard, "\nunfit\n");
        return;
    }
    reader->stitch = stitch_new(&reader->delivered, golden->mode, !golden->hide_usage);
    listen(reader, golden, &golden->later, hear_later, step);
    buffer_printf(&reader->heard, "\n%s\n", reader->differs ? "differs" : "whole");
    if (!reader->differs && !stitch_has_caught_up(reader->stitch))
        fail_msg("not caught up: %.*s", TEXT_ARGS(buffer_text(&reader->client)));
}

static void reader_clear(struct reader *reader)
{
    stitch_free(reader->stitch);
    delivered_clear(&reader->delivered);
    buffer_clear(&reader->client);
    buffer_clear(&reader->heard);
}

static void two_streams_become_one_in_pieces_of_every_size(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob(GOLDEN "/*", GLOB_ONLYDIR, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct golden golden;
        golden_load(&golden, found.gl_pathv[i]);
        for (size_t step = 1; step <= golden.first.len + golden.later.len; step++) {
            struct reader reader;
            read_both(&reader, &golden, step);
            assert_golden_is(found.gl_pathv[i], &reader.heard, &golden.heard);
            assert_golden_is(found.gl_pathv[i], &reader.client, &golden.client);
            reader_clear(&reader);
        }
        golden_clear(&golden);
    }
    globfree(&found);
}

/* ---- whatever the break hits ---- */

#define ANSWER                                                                                     \
    "One \\\"t\\u0077o\\\"\\n\\ud83d\\ude00 gr\xc3\xbc\xc3\x9f\xe2\x82\xac \xf0\x9f\x98\x80."

static void append_event(struct buffer *out, struct text words)
{
    buffer_printf(out, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%.*s\"}}]}\n\n",
                  TEXT_ARGS(words));
}

/* The words of a client's events, put together. */
static struct text words_of_client(struct buffer *client, struct buffer *words)
{
    static const char before[] = "\"content\":\"";
    buffer_append(client, "", 1);
    for (const char *at = client->data; (at = strstr(at, before));) {
        at += strlen(before);
        buffer_append(words, at, (size_t)(strstr(at, "\"}") - at));
    }
    return buffer_text(words);
}

static bool say_the_same(struct text a, struct text b)
{
    struct units of_a = units_of(a), of_b = units_of(b);
    while (units_left(&of_a) && units_left(&of_b))
        if (units_next(&of_a) != units_next(&of_b))
            return false;
    return !units_left(&of_a) && !units_left(&of_b);
}

/* A place between two whole characters or escapes. */
static bool can_be_cut(struct text answer, size_t at)
{
    struct units units = units_of(answer);
    while (units_left(&units) && answer.len - units.rest.len < at)
        units_next(&units);
    return answer.len - units.rest.len == at;
}

static void an_answer_that_is_cut_anywhere_and_begun_again_is_whole(void **state)
{
    (void)state;
    const struct text answer = text_of(ANSWER);
    for (size_t cut = 1; cut < answer.len; cut++) {
        for (size_t other = 1; other < answer.len; other++) {
            if (!can_be_cut(answer, cut) || !can_be_cut(answer, other))
                continue;
            struct golden golden = { .endpoint = ENDPOINT_CHAT, .mode = STITCH_RESTART };
            struct reader reader;
            struct buffer words;
            buffer_init(&golden.first, GOLDEN_MAX);
            buffer_init(&golden.later, GOLDEN_MAX);
            buffer_init(&words, GOLDEN_MAX);
            append_event(&golden.first, (struct text){ answer.data, cut });
            append_event(&golden.later, (struct text){ answer.data, other });
            append_event(&golden.later, (struct text){ answer.data + other, answer.len - other });
            read_both(&reader, &golden, GOLDEN_MAX);
            assert_true(say_the_same(words_of_client(&reader.client, &words), answer));
            assert_true(say_the_same(buffer_text(&reader.delivered.words), answer));
            reader_clear(&reader);
            buffer_clear(&golden.first);
            buffer_clear(&golden.later);
            buffer_clear(&words);
        }
    }
}

static void above_their_maximum_words_are_unfit(void **state)
{
    (void)state;
    struct delivered delivered;
    delivered_init(&delivered, 4);
    assert_true(buffer_append_string(&delivered.sample, "{}"));
    delivered_add(&delivered, text_of("four"));
    assert_true(delivered_is_fit(&delivered));
    delivered_add(&delivered, text_of("5"));
    assert_false(delivered_is_fit(&delivered));
    delivered_clear(&delivered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_streams_become_one_in_pieces_of_every_size),
        cmocka_unit_test(an_answer_that_is_cut_anywhere_and_begun_again_is_whole),
        cmocka_unit_test(above_their_maximum_words_are_unfit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
