/* heard.h - a stream of any bytes, listened to in pieces, and what was heard of it. */
#ifndef BOURSE_TESTS_FUZZ_HEARD_H
#define BOURSE_TESTS_FUZZ_HEARD_H

#include <assert.h>
#include <stdlib.h>

#include "dialect/openai.h"

#define EVENT_MAX 4096

struct heard {
    struct buffer bytes, kinds;
    struct usage usage;
    uint64_t events, malformed;
    bool finished, done;
};

static inline bool hear(void *owner, const struct stream_event *event)
{
    struct heard *heard = owner;
    char kind = (char)('a' + event->kind);
    for (size_t i = 0; i < event->count; i++)
        buffer_append(&heard->kinds, &kind, 1);
    return buffer_append_text(&heard->bytes, event->bytes);
}

/* The low bits of `choice` are the endpoint, the highest one hides usage. */
static inline void listen_in_pieces(uint8_t choice, struct text stream, size_t piece,
                                    struct heard *ret)
{
    *ret = (struct heard){ 0 };
    buffer_init(&ret->bytes, 8 * stream.len + 64);
    buffer_init(&ret->kinds, stream.len + 1);
    struct stream_listener listener;
    stream_listener_init(&listener, (enum endpoint)(choice % ENDPOINT_COUNT), choice & 0x80,
                         EVENT_MAX, hear, ret);
    bool fed = true;
    for (size_t at = 0; at < stream.len && fed; at += piece) {
        size_t left = stream.len - at;
        struct text next = { stream.data + at, piece < left ? piece : left };
        fed = stream_listener_feed(&listener, next);
    }
    ret->usage = listener.usage;
    ret->events = listener.events;
    ret->malformed = listener.malformed;
    ret->finished = listener.finished;
    ret->done = listener.done;
    stream_listener_clear(&listener);
}

static inline void assert_same(const struct heard *a, const struct heard *b)
{
    assert(text_equal(buffer_text(&a->bytes), buffer_text(&b->bytes)));
    assert(text_equal(buffer_text(&a->kinds), buffer_text(&b->kinds)));
    assert(memcmp(&a->usage, &b->usage, sizeof(a->usage)) == 0);
    assert(a->events == b->events && a->malformed == b->malformed);
    assert(a->finished == b->finished && a->done == b->done);
}

static inline void heard_clear(struct heard *heard)
{
    buffer_clear(&heard->bytes);
    buffer_clear(&heard->kinds);
}

#endif
