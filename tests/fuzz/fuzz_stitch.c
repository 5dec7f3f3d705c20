/* fuzz_stitch.c - any two streams put together: what is kept of them is the inside of a JSON
 * string, the same however they are cut, and every event that is written is JSON.
 *
 * The input is: a byte for endpoint, mode and usage, the first stream, a zero, the later one. */
#include <assert.h>
#include <stdlib.h>

#include "dialect/openai.h"
#include "dialect/stitch.h"
#include "wire/json.h"

#define EVENT_MAX 4096
#define WORDS_MAX 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct client {
    struct delivered delivered;
    struct stitch *stitch;
    struct buffer bytes;
};

static bool on_json(void *owner, const struct json_value *value)
{
    (void)owner;
    (void)value;
    return true;
}

static void assert_json(struct text before, struct text inside, struct text behind)
{
    struct json_scan *scan = json_scan_new(on_json, NULL);
    assert(!json_scan_feed(scan, before) && !json_scan_feed(scan, inside));
    assert(!json_scan_feed(scan, behind) && !json_scan_finish(scan));
    json_scan_free(scan);
}

static bool hear_first(void *owner, const struct stream_event *event)
{
    (void)owner;
    (void)event;
    return true;
}

static bool hear_later(void *owner, const struct stream_event *event)
{
    struct client *client = owner;
    size_t before = client->bytes.len;
    if (event->document.len == 0)
        return true;
    enum stitch_says says = stitch_event(client->stitch, event->document, &client->bytes);
    assert((says == STITCH_MORE) == (client->bytes.len > before));
    before += strlen("data: ");
    if (says == STITCH_MORE)
        assert_json(text_of(" "),
                    (struct text){ client->bytes.data + before, client->bytes.len - before },
                    text_of(" "));
    return says != STITCH_DIFFERS;
}

static void listen_in_pieces(struct client *client, uint8_t choice, struct text stream,
                             size_t piece, stream_sink *sink)
{
    struct stream_listener listener;
    stream_listener_init(&listener, choice & 1 ? ENDPOINT_COMPLETIONS : ENDPOINT_CHAT, choice & 2,
                         EVENT_MAX, sink, client);
    listener.delivered = sink == hear_first ? &client->delivered : NULL;
    listener.one_by_one = sink == hear_later;
    for (size_t at = 0; at < stream.len; at += piece) {
        size_t left = stream.len - at;
        if (!stream_listener_feed(&listener,
                                  (struct text){ stream.data + at, piece < left ? piece : left }))
            break;
    }
    stream_listener_clear(&listener);
}

static void read_both(struct client *client, uint8_t choice, struct text first, struct text later,
                      size_t piece)
{
    *client = (struct client){ 0 };
    buffer_init(&client->bytes, 1 << 24);
    delivered_init(&client->delivered, WORDS_MAX);
    listen_in_pieces(client, choice, first, piece, hear_first);
    if (!delivered_is_fit(&client->delivered))
        return;
    assert(delivered_prefill_len(&client->delivered) <= client->delivered.words.len);
    client->stitch = stitch_new(&client->delivered, choice & 4 ? STITCH_CONTINUE : STITCH_RESTART,
                                !(choice & 2));
    listen_in_pieces(client, choice, later, piece, hear_later);
    assert_json(text_of("\""), buffer_text(&client->delivered.words), text_of("\""));
}

static void client_clear(struct client *client)
{
    stitch_free(client->stitch);
    delivered_clear(&client->delivered);
    buffer_clear(&client->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct text later = { (const char *)data + 1, size - 1 }, first;
    text_split(&later, '\0', &first);
    struct client whole, cut;
    read_both(&whole, data[0], first, later, size);
    read_both(&cut, data[0], first, later, 1);
    assert(text_equal(buffer_text(&whole.bytes), buffer_text(&cut.bytes)));
    assert(whole.delivered.unfit == cut.delivered.unfit);
    assert(whole.delivered.unfit ||
           text_equal(buffer_text(&whole.delivered.words), buffer_text(&cut.delivered.words)));
    client_clear(&whole);
    client_clear(&cut);
    return 0;
}
