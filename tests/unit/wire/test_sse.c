/* test_sse.c - events are the same however their stream was cut into pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/sse.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* `name=data;` for each event, and all bytes that came through. */
struct heard {
    struct buffer trace, bytes;
    size_t stop_after; /* events */
    size_t events;
};

static bool hear(void *owner, const struct sse_event *event)
{
    struct heard *heard = owner;
    buffer_printf(&heard->trace, "%.*s=%.*s/%zu;", TEXT_ARGS(event->name), TEXT_ARGS(event->data),
                  event->data_lines);
    buffer_append_text(&heard->bytes, event->bytes);
    return ++heard->events != heard->stop_after;
}

static void heard_init(struct heard *heard)
{
    *heard = (struct heard){ 0 };
    buffer_init(&heard->trace, 4096);
    buffer_init(&heard->bytes, 4096);
}

static void heard_clear(struct heard *heard)
{
    buffer_clear(&heard->trace);
    buffer_clear(&heard->bytes);
}

/* Whether the stream, fed in pieces of `step` bytes after a first one of `first`, gives this. */
static void assert_heard(struct text stream, size_t first, size_t step, struct text trace,
                         size_t complete)
{
    struct heard heard;
    heard_init(&heard);
    struct sse sse;
    sse_init(&sse, 4096, hear, &heard);
    for (size_t at = 0, len = first; at < stream.len; at += len, len = step) {
        if (len > stream.len - at)
            len = stream.len - at;
        assert_true(sse_feed(&sse, (struct text){ stream.data + at, len }));
    }
    assert_true(text_equal(buffer_text(&heard.trace), trace));
    assert_true(text_equal(buffer_text(&heard.bytes), (struct text){ stream.data, complete }));
    sse_clear(&sse);
    heard_clear(&heard);
}

static void events_are_the_same_wherever_the_stream_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *stream, *trace;
        size_t left; /* bytes of an event that is not complete */
    } rows[] = {
        { "", "", 0 },
        { "data: a\n\ndata: b\n\n", "=a/1;=b/1;", 0 },
        { "data: a\r\n\r\ndata: b\r\n\r\n", "=a/1;=b/1;", 0 },
        { "data: a\r\rdata: b\r\r", "=a/1;=b/1;", 0 },
        { "data: a\r\r\ndata: b\n\r\n", "=a/1;=b/1;", 1 },
        { "data: a\r\n\rdata: b\r\n\r\n", "=a/1;=b/1;", 0 },
        { "\xef\xbb\xbf"
          "data: a\n\n\xef\xbb\xbf"
          "data: b\n\n",
          "=a/1;=/0;", 0 },
        { "event: x\ndata:a\ndata:  b\ndata\n\n", "x=a\n b\n/3;", 0 },
        { ": keep-alive\n\n: more\ndata: a\n\n", "=/0;=a/1;", 0 },
        { "id: 1\nretry: 5\ndatax: no\n\n", "=/0;", 0 },
        { "\n\ndata: \xc3\xa9\n\n", "=/0;=/0;=\xc3\xa9/1;", 0 },
        { "data:\n\ndata: a:b\n\n", "=/1;=a:b/1;", 0 },
        { "data: a\n\ndata: cut off\n", "=a/1;", 14 },
        { "data: a\n\ndata: cut off", "=a/1;", 13 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text stream = text_of(rows[i].stream), trace = text_of(rows[i].trace);
        size_t complete = stream.len - rows[i].left;
        for (size_t cut = 0; cut <= stream.len; cut++)
            assert_heard(stream, cut, stream.len, trace, complete);
        assert_heard(stream, 1, 1, trace, complete);
    }
}

static void an_event_above_the_maximum_ends_the_stream(void **state)
{
    (void)state;
    static const char stream[] = "data: 1\n\ndata: 123456789\n\n";
    for (size_t step = 1; step <= sizeof(stream); step++) {
        struct heard heard;
        heard_init(&heard);
        struct sse sse;
        sse_init(&sse, 12, hear, &heard);
        bool fed = true;
        for (size_t at = 0; at < sizeof(stream) - 1 && fed; at += step) {
            size_t left = sizeof(stream) - 1 - at;
            fed = sse_feed(&sse, (struct text){ stream + at, step < left ? step : left });
        }
        assert_false(fed);
        assert_true(sse.too_large);
        assert_false(sse_feed(&sse, text_of("data: 2\n\n")));
        assert_int_equal(heard.events, 1);
        sse_clear(&sse);
        heard_clear(&heard);
    }
}

static void a_sink_that_says_false_hears_nothing_more_of_the_piece(void **state)
{
    (void)state;
    struct heard heard;
    heard_init(&heard);
    heard.stop_after = 2;
    struct sse sse;
    sse_init(&sse, 100, hear, &heard);
    assert_false(sse_feed(&sse, text_of("data: 1\n\ndata: 2\n\ndata: 3\n\n")));
    assert_int_equal(heard.events, 2);
    sse_clear(&sse);
    heard_clear(&heard);
}

/* Takes `data: k` with its blank line, however its lines end, as often as it comes. */
static bool take_known(void *owner, struct text *rest)
{
    static const char *const known[] = { "data: k\n\n", "data: k\r\n\r\n", "data: k\r\n\n" };
    struct heard *heard = owner;
    for (size_t i = 0; i < COUNT(known); i++) {
        if (!text_starts(*rest, known[i]))
            continue;
        buffer_append_string(&heard->trace, "known;");
        rest->data += strlen(known[i]);
        rest->len -= strlen(known[i]);
        return heard->stop_after != 1 && take_known(owner, rest);
    }
    return true;
}

static void what_the_owner_knows_is_not_given_and_what_follows_is_read_as_always(void **state)
{
    (void)state;
    static const struct {
        const char *stream, *trace;
    } rows[] = {
        { "data: a\n\ndata: k\n\ndata: k\n\ndata: b\n\n", "=a/1;known;known;=b/1;" },
        { "data: k\n\ndata: k", "known;" },
        { "event: k\ndata: k\n\n", "k=k/1;" },
        { "data: a\n\ndata: k\r\n\r\n\r\ndata: b\n\n", "=a/1;known;=/0;=b/1;" },
        { "data: a\n\ndata: k\r\n\n\r\ndata: b\n\n", "=a/1;known;=/0;=b/1;" },
        { "data: a\r\n\r\ndata: k\n\n\r\rdata: b\n\n", "=a/1;known;=/0;=/0;=b/1;" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct heard heard;
        heard_init(&heard);
        struct sse sse;
        sse_init(&sse, 100, hear, &heard);
        sse.shortcut = take_known;
        assert_true(sse_feed(&sse, text_of(rows[i].stream)));
        if (!text_is(buffer_text(&heard.trace), rows[i].trace))
            fail_msg("row %zu: %.*s", i, TEXT_ARGS(buffer_text(&heard.trace)));
        sse_clear(&sse);
        heard_clear(&heard);
    }
}

static void an_owner_that_takes_a_shortcut_can_stop_the_feeding_too(void **state)
{
    (void)state;
    struct heard heard;
    heard_init(&heard);
    heard.stop_after = 1;
    struct sse sse;
    sse_init(&sse, 100, hear, &heard);
    sse.shortcut = take_known;
    assert_false(sse_feed(&sse, text_of("data: k\n\ndata: k\n\n")));
    assert_true(text_is(buffer_text(&heard.trace), "known;"));
    sse_clear(&sse);
    heard_clear(&heard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_wherever_the_stream_is_cut),
        cmocka_unit_test(an_event_above_the_maximum_ends_the_stream),
        cmocka_unit_test(a_sink_that_says_false_hears_nothing_more_of_the_piece),
        cmocka_unit_test(what_the_owner_knows_is_not_given_and_what_follows_is_read_as_always),
        cmocka_unit_test(an_owner_that_takes_a_shortcut_can_stop_the_feeding_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
