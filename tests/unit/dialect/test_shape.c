/* test_shape.c - what is recognised without being read is what reading would have said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dialect/openai.h"
#include "dialect/shape.h"
#include "dialect/stitch.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define EVENT(json)   "data: " json "\n\n"
#define SAYS(content) EVENT("{\"n\":7,\"choices\":[{\"index\":0,\"delta\":{" content "}}]}")

/* How long the event at the front of `next` is, after `learnt` was read; the spans are moved. */
static size_t match_moving(const char *learnt, const char *next, struct span spans[SHAPE_SPANS])
{
    struct facts_reader reader;
    struct shape shape;
    struct text event = text_of(learnt);
    size_t data_at = (size_t)(strstr(learnt, "data: ") + strlen("data: ") - learnt);
    facts_reader_init(&reader);
    shape_init(&shape);
    assert_true(facts_read(&reader, (struct text){ event.data + data_at, event.len - data_at }));
    shape_learn(&shape, event, data_at, &reader);
    size_t len = shape_match(&shape, text_of(next), spans);
    shape_clear(&shape);
    facts_reader_clear(&reader);
    return len;
}

static size_t match(const char *learnt, const char *next)
{
    struct span spans[SHAPE_SPANS] = { 0 };
    return match_moving(learnt, next, spans);
}

static void an_event_is_known_where_only_what_its_values_say_is_another(void **state)
{
    (void)state;
    static const char learnt[] = SAYS("\"content\":\"word\"");
    static const char *const known[] = {
        SAYS("\"content\":\"word\""),
        SAYS("\"content\":\"w\""),
        SAYS("\"content\":\"wordy, and longer than the one before\""),
        SAYS("\"content\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83d\\ude00\""),
        SAYS("\"content\":\"gr\xc3\xbc\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80\""),
        SAYS("\"content\":\"\x7f\""),
        EVENT("{\"n\":0,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}"),
        EVENT("{\"n\":71,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"both\"}}]}"),
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (match(learnt, known[i]) != strlen(known[i]))
            fail_msg("not known: %s", known[i]);
    assert_int_equal(match(learnt, SAYS("\"content\":\"a\"") "data: [DONE]\n\n"),
                     strlen(SAYS("\"content\":\"a\"")));
}

static void an_event_is_not_known_where_it_could_be_anything_else(void **state)
{
    (void)state;
    static const char learnt[] = SAYS("\"content\":\"word\"");
    static const char *const unknown[] = {
        "",
        "data: {\"n\":7,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"wo",
        "data: {\"n\":7",
        SAYS("\"content\":\"\""),     /* nothing is said */
        SAYS("\"content\":null"),     /* another kind of value */
        SAYS("\"context\":\"word\""), /* another name */
        SAYS("\"content\":\"word\",\"a\":1"),
        SAYS("\"content\":\"wo\nrd\""),   /* a line end */
        SAYS("\"content\":\"wo\x01rd\""), /* not JSON from here on */
        SAYS("\"content\":\"wo\\xrd\""),
        SAYS("\"content\":\"wo\\u12g4rd\""),
        SAYS("\"content\":\"wo\\u12\""),
        SAYS("\"content\":\"wo\\\""),
        SAYS("\"content\":\"wo\xc3\""),
        SAYS("\"content\":\"wo\xed\xa0\x80\""),
        EVENT("{\"n\":7,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"word\"}}]}"),
        EVENT("{\"n\":-7,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}"),
        EVENT("{\"n\":07,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}"),
        EVENT("{\"n\":7.5,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}"),
        EVENT("{\"n\":,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}"),
        EVENT("{\"m\":7,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}"),
    };
    for (size_t i = 0; i < COUNT(unknown); i++)
        if (match(learnt, unknown[i]) != 0)
            fail_msg("known: %s", unknown[i]);
}

static void a_value_that_was_read_has_to_be_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *learnt, *next;
    } rows[] = {
        { EVENT("{\"type\":\"a.delta\"}"), EVENT("{\"type\":\"b.delta\"}") },
        { EVENT("{\"error\":\"one\"}"), EVENT("{\"error\":\"two\"}") },
        { EVENT("{\"message\":\"one\"}"), EVENT("{\"message\":\"two\"}") },
        { EVENT("{\"error\":{\"code\":400}}"), EVENT("{\"error\":{\"code\":401}}") },
        { EVENT("{\"usage\":{\"prompt_tokens\":1}}"), EVENT("{\"usage\":{\"prompt_tokens\":2}}") },
        { EVENT("{\"choices\":[{\"finish_reason\":\"stop\"}]}"),
          EVENT("{\"choices\":[{\"finish_reason\":\"length\"}]}") },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(match(rows[i].learnt, rows[i].learnt), strlen(rows[i].learnt));
        if (match(rows[i].learnt, rows[i].next) != 0)
            fail_msg("known: %s", rows[i].next);
    }
}

/* Where its lines end depends on what stood before it, or behind. */
static void an_event_that_does_not_stand_alone_is_not_learnt(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\xef\xbb\xbf" EVENT("{}"),
        "\n" EVENT("{}"),
        "\r" EVENT("{}"),
        "data: {}\r\r",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(match(rows[i], rows[i]), 0);
    assert_int_equal(match("data: {}\r\n\r\n", "data: {}\r\n\r\n"), 12);
}

static struct span between(const char *event, const char *from, const char *to)
{
    return (struct span){ (size_t)(strstr(event, from) - event),
                          (size_t)(strstr(event, to) - event) };
}

static void spans_move_with_the_values_before_them_and_in_them(void **state)
{
    (void)state;
    static const char learnt[] = EVENT("{\"a\":\"x\",\"usage\":{\"b\":\"x\"},\"c\":\"x\"}");
    static const char next[] = EVENT("{\"a\":\"four\",\"usage\":{\"b\":\"three\"},\"c\":\"yy\"}");
    struct span spans[SHAPE_SPANS] = { between(learnt, ",\"usage\"", ",\"c\""),
                                       between(learnt, "\"x\"}", "},\"c\"") };
    const struct span usage = between(next, ",\"usage\"", ",\"c\"");
    const struct span words = between(next, "\"three\"", "},\"c\"");
    assert_int_equal(match_moving(learnt, next, spans), strlen(next));
    assert_memory_equal(&spans[SHAPE_USAGE], &usage, sizeof(usage));
    assert_memory_equal(&spans[SHAPE_WORDS], &words, sizeof(words));
}

/* ---- in a stream ---- */

struct heard {
    struct buffer trace;
    size_t times;
};

static bool hear(void *owner, const struct stream_event *event)
{
    struct heard *heard = owner;
    heard->times++;
    for (size_t i = 0; i < event->count; i++)
        buffer_printf(&heard->trace, "%d ", event->kind);
    return true;
}

static void listen_in_pieces(struct text stream, size_t piece, struct heard *ret)
{
    struct stream_listener listener;
    struct delivered delivered;
    *ret = (struct heard){ 0 };
    buffer_init(&ret->trace, 4096);
    delivered_init(&delivered, 4096);
    stream_listener_init(&listener, ENDPOINT_CHAT, false, 4096, hear, ret);
    listener.delivered = &delivered;
    for (size_t at = 0; at < stream.len; at += piece) {
        size_t left = stream.len - at;
        struct text next = { stream.data + at, piece < left ? piece : left };
        assert_true(stream_listener_feed(&listener, next));
    }
    buffer_printf(&ret->trace, "| %d %d %ju %ju", listener.finished, listener.done,
                  (uintmax_t)listener.malformed, (uintmax_t)listener.events);
    buffer_printf(&ret->trace, " | %.*s", TEXT_ARGS(buffer_text(&delivered.words)));
    stream_listener_clear(&listener);
    delivered_clear(&delivered);
}

static void events_that_are_alike_are_told_in_one(void **state)
{
    (void)state;
    struct heard heard;
    listen_in_pieces(text_of(SAYS("\"content\":\"a\"") SAYS("\"content\":\"b\"")
                                 SAYS("\"content\":\"c\"") SAYS("\"content\":\"\"")),
                     4096, &heard);
    assert_int_equal(heard.times, 3);
    assert_true(text_is(buffer_text(&heard.trace), "1 1 1 0 | 0 0 0 4 | abc"));
    buffer_clear(&heard.trace);
}

/* Byte for byte no event is ever whole in one piece, so that each is read. */
static void a_stream_with_one_byte_changed_says_what_it_says_when_each_event_is_read(void **state)
{
    (void)state;
    static const char bytes[] = "\"\\{}[]:, 019-.eu\n\r\xc3\x80\x01t";
    char stream[] = SAYS("\"content\":\"a\",\"x\":[1,{\"y\":\"z\"}]")
        SAYS("\"content\":\"b\\n\",\"x\":[2,{\"y\":\"\xc3\xa9\"}]")
            EVENT("{\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}");
    size_t len = strlen(stream), second = len / 3;
    for (size_t at = second; at < len; at++) {
        char kept = stream[at];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            struct heard whole, read;
            stream[at] = bytes[i];
            listen_in_pieces((struct text){ stream, len }, len, &whole);
            listen_in_pieces((struct text){ stream, len }, 1, &read);
            if (!text_equal(buffer_text(&whole.trace), buffer_text(&read.trace)))
                fail_msg("%.*s and not %.*s: %s", TEXT_ARGS(buffer_text(&whole.trace)),
                         TEXT_ARGS(buffer_text(&read.trace)), stream);
            buffer_clear(&whole.trace);
            buffer_clear(&read.trace);
        }
        stream[at] = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_known_where_only_what_its_values_say_is_another),
        cmocka_unit_test(an_event_is_not_known_where_it_could_be_anything_else),
        cmocka_unit_test(a_value_that_was_read_has_to_be_the_same),
        cmocka_unit_test(an_event_that_does_not_stand_alone_is_not_learnt),
        cmocka_unit_test(spans_move_with_the_values_before_them_and_in_them),
        cmocka_unit_test(events_that_are_alike_are_told_in_one),
        cmocka_unit_test(a_stream_with_one_byte_changed_says_what_it_says_when_each_event_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
