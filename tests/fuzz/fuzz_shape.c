/* fuzz_shape.c - an event and a changed copy of it say the same whether the copy is recognised by
 * its shape or read.
 *
 * The input is: a byte for endpoint and hiding, where the change stands (2 bytes, from the end of
 * the document), how many bytes it takes away, how many it puts in, those bytes, the document. */
#include <assert.h>
#include <stdlib.h>

#include "dialect/openai.h"

#define EVENT_MAX 4096
#define HEAD      5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct buffer bytes, kinds;
    struct usage usage;
    uint64_t events, malformed;
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
    ret->events = listener.events;
    ret->malformed = listener.malformed;
    ret->finished = listener.finished;
    ret->done = listener.done;
    stream_listener_clear(&listener);
}

static void assert_same(const struct heard *a, const struct heard *b)
{
    assert(text_equal(buffer_text(&a->bytes), buffer_text(&b->bytes)));
    assert(text_equal(buffer_text(&a->kinds), buffer_text(&b->kinds)));
    assert(memcmp(&a->usage, &b->usage, sizeof(a->usage)) == 0);
    assert(a->events == b->events && a->malformed == b->malformed);
    assert(a->finished == b->finished && a->done == b->done);
}

static void heard_clear(struct heard *heard)
{
    buffer_clear(&heard->bytes);
    buffer_clear(&heard->kinds);
}

static size_t at_most(size_t wanted, size_t most)
{
    return wanted < most ? wanted : most;
}

/* The document as an event, twice the changed copy, and the document again. */
static void write_stream(struct buffer *out, const uint8_t *data, size_t size)
{
    const char *added = (const char *)data + HEAD;
    size_t added_len = at_most(data[4], size - HEAD);
    struct text document = { added + added_len, size - HEAD - added_len };
    size_t behind = at_most((size_t)data[1] << 8 | data[2], document.len);
    size_t at = document.len - behind, rest = at + at_most(data[3], behind);
    for (int i = 0; i < 4; i++) {
        bool changed = i == 1 || i == 2;
        buffer_append_string(out, "data: ");
        buffer_append(out, document.data, at);
        if (changed)
            buffer_append(out, added, added_len);
        size_t from = changed ? rest : at;
        buffer_append(out, document.data + from, document.len - from);
        buffer_append_string(out, "\n\n");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= HEAD)
        return 0;
    struct buffer stream;
    struct heard known, read;
    buffer_init(&stream, 5 * size + 64);
    write_stream(&stream, data, size);
    listen_in_pieces(data[0], buffer_text(&stream), stream.len, &known);
    listen_in_pieces(data[0], buffer_text(&stream), 1, &read);
    assert_same(&known, &read);
    heard_clear(&known);
    heard_clear(&read);
    buffer_clear(&stream);
    return 0;
}
