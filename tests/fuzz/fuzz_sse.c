/* fuzz_sse.c - any bytes as a stream of events: however cut, the same events and every byte once.
 */
#include <assert.h>
#include <stdlib.h>

#include "wire/sse.h"

#define EVENT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct buffer bytes, data;
    size_t events;
};

static bool hear(void *owner, const struct sse_event *event)
{
    struct heard *heard = owner;
    heard->events++;
    buffer_append_text(&heard->data, event->data);
    return buffer_append_text(&heard->bytes, event->bytes);
}

static bool feed_in_pieces(struct text stream, size_t piece, struct heard *ret)
{
    *ret = (struct heard){ 0 };
    buffer_init(&ret->bytes, stream.len);
    buffer_init(&ret->data, 2 * stream.len);
    struct sse sse;
    sse_init(&sse, EVENT_MAX, hear, ret);
    bool fed = true;
    for (size_t at = 0; at < stream.len && fed; at += piece) {
        size_t left = stream.len - at;
        fed = sse_feed(&sse, (struct text){ stream.data + at, piece < left ? piece : left });
    }
    sse_clear(&sse);
    return fed;
}

static void heard_clear(struct heard *heard)
{
    buffer_clear(&heard->bytes);
    buffer_clear(&heard->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text stream = { (const char *)data, size };
    struct heard whole, cut;
    bool fed = feed_in_pieces(stream, size + 1, &whole);
    assert(whole.bytes.len <= size &&
           text_equal(buffer_text(&whole.bytes), (struct text){ stream.data, whole.bytes.len }));
    for (size_t piece = 1; piece <= 3; piece++) {
        assert(feed_in_pieces(stream, piece, &cut) == fed);
        assert(whole.events == cut.events);
        assert(text_equal(buffer_text(&whole.bytes), buffer_text(&cut.bytes)));
        assert(text_equal(buffer_text(&whole.data), buffer_text(&cut.data)));
        heard_clear(&cut);
    }
    heard_clear(&whole);
    return 0;
}
