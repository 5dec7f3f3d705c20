/* event_stream.c - Amazon's binary event streams as they arrive, in pieces of any size. */
#include "wire/event_stream.h"

#define PRELUDE_LEN 12 /* both lengths, and their sum */
#define SUM_LEN     4

/* ---- sums ---- */

/* The CRC-32 of zip and Ethernet, four bits at a time: events are small, and a table of sixteen
 * entries stays in the cache. */
static uint32_t crc32_of(struct text bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        sum ^= (unsigned char)bytes.data[i];
        sum = table[sum & 15] ^ sum >> 4;
        sum = table[sum & 15] ^ sum >> 4;
    }
    return ~sum;
}

static uint32_t number_at(const char *data)
{
    const unsigned char *at = (const unsigned char *)data;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool sum_is_right(struct text bytes)
{
    return number_at(bytes.data + bytes.len) == crc32_of(bytes);
}

/* ---- headers ---- */

enum { TYPE_BYTES = 6, TYPE_STRING = 7, TYPE_COUNT = 10 };

/* Of a value, by its type; those that say it themselves have two bytes in front. */
static const unsigned char value_lens[TYPE_COUNT] = { 0, 0, 1, 2, 4, 8, 0, 0, 8, 16 };

static bool take(struct text *rest, size_t len, struct text *ret)
{
    if (rest->len < len)
        return false;
    *ret = (struct text){ rest->data, len };
    rest->data += len;
    rest->len -= len;
    return true;
}

static bool take_value(struct text *rest, int type, struct text *ret)
{
    struct text len;
    if (type >= TYPE_COUNT)
        return false;
    if (type != TYPE_BYTES && type != TYPE_STRING)
        return take(rest, value_lens[type], ret);
    return take(rest, 2, &len) &&
           take(rest, (size_t)(unsigned char)len.data[0] << 8 | (unsigned char)len.data[1], ret);
}

static bool take_header(struct text *rest, struct text *ret_name, int *ret_type,
                        struct text *ret_value)
{
    struct text byte;
    if (!take(rest, 1, &byte) || !take(rest, (unsigned char)byte.data[0], ret_name) ||
        !take(rest, 1, &byte))
        return false;
    *ret_type = (unsigned char)byte.data[0];
    return take_value(rest, *ret_type, ret_value);
}

static bool read_headers(struct text rest, struct event_message *message)
{
    while (rest.len > 0) {
        struct text name, value;
        int type;
        if (!take_header(&rest, &name, &type, &value))
            return false;
        if (type != TYPE_STRING)
            continue;
        if (text_is(name, ":message-type"))
            message->kind = value;
        else if (text_is(name, ":event-type") || text_is(name, ":exception-type") ||
                 text_is(name, ":error-code"))
            message->name = value;
    }
    return true;
}

/* ---- messages ---- */

static bool read_message(struct event_stream *stream, struct text bytes)
{
    struct event_message message = { 0 };
    const size_t headers = number_at(bytes.data + 4);
    const size_t body = bytes.len - PRELUDE_LEN - SUM_LEN;
    if (headers > body || !sum_is_right((struct text){ bytes.data, bytes.len - SUM_LEN }) ||
        !read_headers((struct text){ bytes.data + PRELUDE_LEN, headers }, &message))
        return false;
    message.payload = (struct text){ bytes.data + PRELUDE_LEN + headers, body - headers };
    return stream->sink(stream->owner, &message);
}

/* 0 where it cannot be one. */
static size_t len_of(struct event_stream *stream, struct text prelude)
{
    const size_t len = number_at(prelude.data);
    if (!sum_is_right((struct text){ prelude.data, PRELUDE_LEN - SUM_LEN }) ||
        len < PRELUDE_LEN + SUM_LEN)
        return 0;
    stream->too_large = len > stream->pending.max;
    return stream->too_large ? 0 : len;
}

/* Takes what the pending message still lacks, up to `len` bytes of it in all. */
static bool fill(struct event_stream *stream, struct text *bytes, size_t len)
{
    const size_t lacks = len > stream->pending.len ? len - stream->pending.len : 0;
    const size_t taken = lacks < bytes->len ? lacks : bytes->len;
    buffer_append(&stream->pending, bytes->data, taken);
    bytes->data += taken;
    bytes->len -= taken;
    return stream->pending.len >= len;
}

void event_stream_init(struct event_stream *stream, size_t max_message, event_sink *sink,
                       void *owner)
{
    *stream = (struct event_stream){ .sink = sink, .owner = owner };
    buffer_init(&stream->pending, max_message);
}

void event_stream_clear(struct event_stream *stream)
{
    buffer_clear(&stream->pending);
}

/* Messages are copied once, even those that came whole: they are small. */
bool event_stream_feed(struct event_stream *stream, struct text bytes)
{
    while (bytes.len > 0) {
        if (!fill(stream, &bytes, PRELUDE_LEN))
            return true;
        const size_t len = len_of(stream, buffer_text(&stream->pending));
        if (len == 0)
            return false;
        if (!fill(stream, &bytes, len))
            return true;
        const bool goes_on = read_message(stream, buffer_text(&stream->pending));
        stream->pending.len = 0;
        if (!goes_on)
            return false;
    }
    return true;
}
