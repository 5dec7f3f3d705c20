/* fuzz_stream.c - any bytes as a provider's stream, and as its whole reply: however cut, the same
 * is passed on and the same is learnt. The first byte chooses the endpoint and what is hidden. */
#include <assert.h>
#include <stdlib.h>

#include "dialect/openai.h"

#define EVENT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct buffer bytes, kinds;
    struct usage usage;
    bool finished, done;
};

static bool hear(void *owner, const struct stream_event *event)
{
    struct heard *heard = owner;
    char kind = (char)('a' + event->kind);
    for (size_t i = 0; i < event->count; i++)
        buffer_append(&heard->kinds, &kind, 1);
    return buffer_append_text(&heard->bytes, event->bytes);
}

static void listen_in_pieces(uint8_t choice, struct text stream, size_t piece, struct heard *ret)
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
    ret->finished = listener.finished;
    ret->done = listener.done;
    stream_listener_clear(&listener);
}

static void heard_clear(struct heard *heard)
{
    buffer_clear(&heard->bytes);
    buffer_clear(&heard->kinds);
}

static void assert_same(const struct heard *a, const struct heard *b)
{
    assert(text_equal(buffer_text(&a->bytes), buffer_text(&b->bytes)));
    assert(text_equal(buffer_text(&a->kinds), buffer_text(&b->kinds)));
    assert(memcmp(&a->usage, &b->usage, sizeof(a->usage)) == 0);
    assert(a->finished == b->finished && a->done == b->done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct text stream = { (const char *)data + 1, size - 1 };
    struct heard whole, cut;
    listen_in_pieces(data[0], stream, size, &whole);
    for (size_t piece = 1; piece <= 3; piece += 2) {
        listen_in_pieces(data[0], stream, piece, &cut);
        assert_same(&whole, &cut);
        heard_clear(&cut);
    }
    heard_clear(&whole);

    struct arena arena;
    arena_init(&arena);
    struct reply_facts facts;
    reply_read(ENDPOINT_CHAT, stream, &arena, &facts);
    assert(facts.is_json || !facts.is_error);
    arena_clear(&arena);
    return 0;
}
