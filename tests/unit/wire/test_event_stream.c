/* test_event_stream.c - Amazon's binary event streams: whole, cut, damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/event_stream.h"

#define MESSAGE_MAX 256

#define TEXT_OF_BYTES(s)                                                                           \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }

/* The first two are of the vectors that Amazon publishes with its own libraries. */
static const struct {
    struct text bytes;
    const char *heard;
} messages[] = {
    { TEXT_OF_BYTES("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"), "//;" },
    { TEXT_OF_BYTES("\x00\x00\x00\x1d\x00\x00\x00\x00\xfd\x52\x8c\x5a{'foo':'bar'}"
                    "\xc3\x65\x39\x36"),
      "//{'foo':'bar'};" },
    { TEXT_OF_BYTES(
          "\000\000\000n\000\000\000W\266/\322\022\013:event-type\007\000\021contentBlockDelta\015:content-type\007\000\020application/json\015:message-type\007\000\005event{\042a\042:1}Q\230\315\200"),
      "event/contentBlockDelta/{\"a\":1};" },
    { TEXT_OF_BYTES(
          "\000\000\000\261\000\000\000\237(5p\030\003yes\000\002no\001\004byte\002x\005short\003xx\003int\004xxxx\004long\005xxxxxxxx\005bytes\006\000\002\000\001\004time\010xxxxxxxx\004uuid\011xxxxxxxxxxxxxxxx\015:message-type\007\000\011exception\017:exception-type\007\000\023throttlingException{}%\320Nw"),
      "exception/throttlingException/{};" },
    { TEXT_OF_BYTES(
          "\000\000\0008\000\000\000(\301\306\204\324\015:message-type\007\000\005error\013:error-code\007\000\003500\014\260x\005"),
      "error/500/;" },
};

#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

static bool note(void *owner, const struct event_message *message)
{
    return buffer_printf(owner, "%.*s/%.*s/%.*s;", TEXT_ARGS(message->kind),
                         TEXT_ARGS(message->name), TEXT_ARGS(message->payload));
}

static bool feed_in_pieces(struct text bytes, size_t piece, struct buffer *heard)
{
    struct event_stream stream;
    bool goes_on = true;
    buffer_init(heard, 10000);
    event_stream_init(&stream, MESSAGE_MAX, note, heard);
    for (size_t at = 0; at < bytes.len && goes_on; at += piece) {
        const size_t left = bytes.len - at;
        const struct text some = { bytes.data + at, piece < left ? piece : left };
        goes_on = event_stream_feed(&stream, some);
    }
    event_stream_clear(&stream);
    return goes_on;
}

static void all_of_them(struct buffer *bytes, struct buffer *wanted)
{
    buffer_init(bytes, 10000);
    buffer_init(wanted, 10000);
    for (size_t i = 0; i < MESSAGES; i++) {
        buffer_append_text(bytes, messages[i].bytes);
        buffer_append_string(wanted, messages[i].heard);
    }
}

static void messages_are_heard_however_they_are_cut(void **state)
{
    (void)state;
    struct buffer bytes, wanted, heard;
    all_of_them(&bytes, &wanted);
    for (size_t piece = 1; piece <= bytes.len; piece++) {
        assert_true(feed_in_pieces(buffer_text(&bytes), piece, &heard));
        assert_true(text_equal(buffer_text(&heard), buffer_text(&wanted)));
        buffer_clear(&heard);
    }
    buffer_clear(&bytes);
    buffer_clear(&wanted);
}

static void a_message_in_which_any_bit_is_wrong_is_not_heard(void **state)
{
    (void)state;
    for (size_t i = 0; i < MESSAGES; i++) {
        for (size_t bit = 0; bit < 8 * messages[i].bytes.len; bit++) {
            char wrong[MESSAGE_MAX];
            struct buffer heard;
            memcpy(wrong, messages[i].bytes.data, messages[i].bytes.len);
            wrong[bit / 8] = (char)(wrong[bit / 8] ^ 1 << bit % 8);
            assert_false(
                feed_in_pieces((struct text){ wrong, messages[i].bytes.len }, 1000, &heard));
            assert_int_equal(heard.len, 0);
            buffer_clear(&heard);
        }
    }
}

static void a_message_that_is_too_large_ends_the_stream_at_its_beginning(void **state)
{
    (void)state;
    static const char prelude[] = "\000\000\001\001\000\000\000\000\223\036%|";
    struct event_stream stream;
    struct buffer heard;
    buffer_init(&heard, 100);
    event_stream_init(&stream, MESSAGE_MAX, note, &heard);
    assert_false(event_stream_feed(&stream, (struct text){ prelude, sizeof(prelude) - 1 }));
    assert_true(stream.too_large);
    event_stream_clear(&stream);
    buffer_clear(&heard);
}

static bool refuse(void *owner, const struct event_message *message)
{
    (void)message;
    ++*(int *)owner;
    return false;
}

static void a_sink_that_has_enough_hears_nothing_more(void **state)
{
    (void)state;
    struct buffer bytes, wanted;
    struct event_stream stream;
    int heard = 0;
    all_of_them(&bytes, &wanted);
    event_stream_init(&stream, MESSAGE_MAX, refuse, &heard);
    assert_false(event_stream_feed(&stream, buffer_text(&bytes)));
    assert_int_equal(heard, 1);
    event_stream_clear(&stream);
    buffer_clear(&bytes);
    buffer_clear(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_heard_however_they_are_cut),
        cmocka_unit_test(a_message_in_which_any_bit_is_wrong_is_not_heard),
        cmocka_unit_test(a_message_that_is_too_large_ends_the_stream_at_its_beginning),
        cmocka_unit_test(a_sink_that_has_enough_hears_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
