/* test_stream.c - streams as providers send them give what tests/golden says, however they are cut.
 *
 * A case is a folder: `case` (endpoint, and whether usage is hidden), `provider.sse` (what comes),
 * `client.sse` (what is passed on), `heard` (the kinds of its events, and what was learnt). */
#include "golden.h"

#define GOLDEN "tests/golden"

static const char *const kind_names[] = {
    [STREAM_OPENING] = "opening",     [STREAM_DELTA] = "delta",
    [STREAM_FINISH] = "finish",       [STREAM_USAGE] = "usage",
    [STREAM_ERROR] = "error",         [STREAM_DONE] = "done",
    [STREAM_COMMENT] = "comment",     [STREAM_MALFORMED] = "malformed",
    [STREAM_TOO_LARGE] = "too large",
};

struct golden {
    enum endpoint endpoint;
    bool hide_usage;
    struct buffer provider, client, heard;
};

struct outcome {
    struct buffer client, heard;
};

static void golden_load(struct golden *golden, const char *folder)
{
    struct buffer about;
    golden_read(folder, "case", &about);
    struct text rest = text_trim(buffer_text(&about));
    golden->endpoint = golden_endpoint(golden_word(&rest));
    golden->hide_usage = text_is(rest, "hide");
    buffer_clear(&about);
    golden_read(folder, "provider.sse", &golden->provider);
    golden_read(folder, "client.sse", &golden->client);
    golden_read(folder, "heard", &golden->heard);
}

static void golden_clear(struct golden *golden)
{
    buffer_clear(&golden->provider);
    buffer_clear(&golden->client);
    buffer_clear(&golden->heard);
}

static bool hear(void *owner, const struct stream_event *event)
{
    struct outcome *outcome = owner;
    buffer_append_text(&outcome->client, event->bytes);
    for (size_t i = 0; i < event->count; i++) {
        buffer_append_string(&outcome->heard, kind_names[event->kind]);
        if (event->kind == STREAM_ERROR)
            buffer_printf(&outcome->heard, " %.*s | %.*s | %.*s", TEXT_ARGS(event->error_code),
                          TEXT_ARGS(event->error_type), TEXT_ARGS(event->error_message));
        buffer_append_string(&outcome->heard, "\n");
    }
    return true;
}

static void tell_what_was_learnt(struct outcome *outcome, const struct stream_listener *listener)
{
    const struct usage *usage = &listener->usage;
    buffer_printf(&outcome->heard,
                  "tokens in %jd cached %jd out %jd reasoning %jd\n"
                  "finished %s, done %s, malformed %ju\n",
                  (intmax_t)usage->tokens_in, (intmax_t)usage->tokens_cached,
                  (intmax_t)usage->tokens_out, (intmax_t)usage->tokens_reasoning,
                  listener->finished ? "yes" : "no", listener->done ? "yes" : "no",
                  (uintmax_t)listener->malformed);
}

/* A first piece of `first` bytes, then pieces of `step`. */
static void listen_in_pieces(const struct golden *golden, size_t first, size_t step,
                             struct outcome *ret)
{
    buffer_init(&ret->client, GOLDEN_MAX);
    buffer_init(&ret->heard, GOLDEN_MAX);
    struct stream_listener listener;
    stream_listener_init(&listener, golden->endpoint, golden->hide_usage, GOLDEN_MAX, hear, ret);
    struct text stream = buffer_text(&golden->provider);
    for (size_t at = 0, len = first; at < stream.len; at += len, len = step) {
        if (len > stream.len - at)
            len = stream.len - at;
        assert_true(stream_listener_feed(&listener, (struct text){ stream.data + at, len }));
    }
    tell_what_was_learnt(ret, &listener);
    stream_listener_clear(&listener);
}

static void assert_golden(const char *folder, const struct golden *golden, size_t first,
                          size_t step)
{
    struct outcome outcome;
    listen_in_pieces(golden, first, step, &outcome);
    assert_golden_is(folder, &outcome.heard, &golden->heard);
    assert_golden_is(folder, &outcome.client, &golden->client);
    buffer_clear(&outcome.client);
    buffer_clear(&outcome.heard);
}

static void every_golden_stream_is_the_same_whole_and_cut_at_every_byte(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob(GOLDEN "/*_*", GLOB_ONLYDIR, NULL, &found), 0);
    assert_int_equal(glob(GOLDEN "/azure/a_stream_*", GLOB_ONLYDIR | GLOB_APPEND, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct golden golden;
        golden_load(&golden, found.gl_pathv[i]);
        for (size_t cut = 0; cut <= golden.provider.len; cut++)
            assert_golden(found.gl_pathv[i], &golden, cut, golden.provider.len);
        assert_golden(found.gl_pathv[i], &golden, 1, 1);
        golden_clear(&golden);
    }
    globfree(&found);
}

static bool ignore(void *owner, const struct stream_event *event)
{
    (void)owner;
    (void)event;
    return true;
}

static void only_events_that_are_passed_on_are_counted_as_events(void **state)
{
    (void)state;
    struct stream_listener listener;
    stream_listener_init(&listener, ENDPOINT_CHAT, true, 1024, ignore, NULL);
    assert_true(stream_listener_feed(&listener, text_of(": hi\n\ndata: {}\n\ndata: {\n\n"
                                                        "data: {\"usage\":{}}\n\n"
                                                        "data: [DONE]\n\n")));
    assert_int_equal(listener.events, 2);
    assert_int_equal(listener.malformed, 1);
    stream_listener_clear(&listener);
}

struct count {
    size_t events, too_large, stop_after;
};

static bool count_events(void *owner, const struct stream_event *event)
{
    struct count *count = owner;
    count->too_large += event->kind == STREAM_TOO_LARGE;
    return ++count->events != count->stop_after;
}

static void an_event_above_the_maximum_is_told_once_and_ends_the_stream(void **state)
{
    (void)state;
    struct count count = { 0 };
    struct stream_listener listener;
    stream_listener_init(&listener, ENDPOINT_CHAT, true, 32, count_events, &count);
    assert_true(stream_listener_feed(&listener, text_of("data: {}\n\n")));
    assert_false(stream_listener_feed(
        &listener, text_of("data: {\"id\":\"0123456789012345678901234567890123456789\"}\n\n")));
    assert_false(stream_listener_feed(&listener, text_of("data: {}\n\n")));
    assert_int_equal(count.events, 2);
    assert_int_equal(count.too_large, 1);
    stream_listener_clear(&listener);
}

static void a_sink_that_says_false_hears_nothing_more(void **state)
{
    (void)state;
    struct count count = { .stop_after = 1 };
    struct stream_listener listener;
    stream_listener_init(&listener, ENDPOINT_CHAT, true, 1024, count_events, &count);
    assert_false(stream_listener_feed(&listener, text_of("data: {}\n\ndata: {}\n\n")));
    assert_false(stream_listener_feed(&listener, text_of("data: {}\n\n")));
    assert_int_equal(count.events, 1);
    stream_listener_clear(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_stream_is_the_same_whole_and_cut_at_every_byte),
        cmocka_unit_test(only_events_that_are_passed_on_are_counted_as_events),
        cmocka_unit_test(an_event_above_the_maximum_is_told_once_and_ends_the_stream),
        cmocka_unit_test(a_sink_that_says_false_hears_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
