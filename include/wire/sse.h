/* sse.h - server-sent events as they arrive, in pieces of any size, split anywhere.
 *
 *     sse_feed(bytes) ──> sse_sink(event), one for each blank line
 *
 * An event keeps its own bytes, so that a relay passes on what came: all events' bytes together are
 * the bytes that were fed, but for those of an event that is not complete yet. Lines end with LF,
 * CRLF or CR. Nothing is copied but events that came in several pieces or with several data lines.
 */
#ifndef BOURSE_WIRE_SSE_H
#define BOURSE_WIRE_SSE_H

#include "base/buffer.h"

struct sse_event {
    struct text bytes; /* as they came, the blank line included */
    struct text name;  /* of its last `event:` line; empty when absent */
    struct text data;  /* its data lines, joined by LF; inside `bytes` when there is only one */
    size_t data_lines; /* 0: comments, or fields that are not for us */
};

/* False stops the feeding at once. The event's texts end with the call. */
typedef bool sse_sink(void *owner, const struct sse_event *event);

/* Asked where an event begins: takes from the front of *rest the whole events that the owner knows
 * without our looking into them. Each begins with a line that is not blank and ends with an LF. */
typedef bool sse_shortcut(void *owner, struct text *rest);

enum sse_place { /* of the next byte */
                 SSE_LINE_START,
                 SSE_INSIDE_LINE,
                 SSE_AFTER_CR,       /* an LF still belongs to the end of the line before */
                 SSE_AFTER_BLANK_CR, /* a blank line, in a stream whose lines end with CRLF: the LF
                                        will come */
};

struct sse {
    sse_sink *sink;
    sse_shortcut *shortcut; /* NULL: none */
    void *owner;
    enum sse_place place;
    bool uses_crlf;        /* the last line did */
    bool begun;            /* an event was given out: a BOM can no longer come */
    bool too_large;        /* an event was longer than the maximum: nothing more is accepted */
    struct buffer pending; /* the event that is not complete yet; its max is that of an event */
    struct buffer joined;  /* data of several lines */
};

void sse_init(struct sse *sse, size_t max_event, sse_sink *sink, void *owner);
void sse_clear(struct sse *sse);

/* False when the sink stopped it or an event is too large. */
bool sse_feed(struct sse *sse, struct text bytes);

#endif
