/* event_stream.h - Amazon's binary event streams as they arrive, in pieces of any size.
 *
 *     ┌ total ─┬ headers ┬ crc of both ┬ headers ─────────────┬ payload ─┬ crc of all ┐
 *     │ 4      │ 4       │ 4           │ name, type, value, … │          │ 4          │
 *
 * Numbers are big-endian. Both sums are checked: what does not fit ends the stream, because behind
 * a length that is wrong nothing can be found again. */
#ifndef BOURSE_WIRE_EVENT_STREAM_H
#define BOURSE_WIRE_EVENT_STREAM_H

#include "base/buffer.h"

struct event_message {
    struct text kind; /* its :message-type: event, exception, error */
    struct text name; /* its :event-type, :exception-type or :error-code */
    struct text payload;
};

/* False stops the feeding at once. The message's texts end with the call. */
typedef bool event_sink(void *owner, const struct event_message *message);

struct event_stream {
    event_sink *sink;
    void *owner;
    bool too_large;        /* a message was longer than the maximum */
    struct buffer pending; /* the message that is not complete yet; its max is that of a message */
};

void event_stream_init(struct event_stream *stream, size_t max_message, event_sink *sink,
                       void *owner);
void event_stream_clear(struct event_stream *stream);

/* False when the sink stopped it, a message is too large, or is damaged. */
bool event_stream_feed(struct event_stream *stream, struct text bytes);

#endif
