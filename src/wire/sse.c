/* sse.c - finds the blank lines between server-sent events, and the fields inside one event. */
#include "wire/sse.h"

void sse_init(struct sse *sse, size_t max_event, sse_sink *sink, void *owner)
{
    *sse = (struct sse){ .sink = sink, .owner = owner };
    buffer_init(&sse->pending, max_event);
    buffer_init(&sse->joined, max_event);
}

void sse_clear(struct sse *sse)
{
    buffer_clear(&sse->pending);
    buffer_clear(&sse->joined);
}

static const char *find_byte(const char *from, const char *end, char byte)
{
    const char *found = from < end ? memchr(from, byte, (size_t)(end - from)) : NULL;
    return found ? found : end;
}

/* Where the next LF stands is kept, and only what lies before it is searched for a CR: no byte is
 * looked at again and again, whichever of them a stream uses. */
struct line_ends {
    const char *lf, *end; /* NULL: not searched for; `end` where there is none */
};

static const char *next_line_end(struct line_ends *ends, const char *from)
{
    if (!ends->lf || ends->lf < from)
        ends->lf = find_byte(from, ends->end, '\n');
    return find_byte(from, ends->lf, '\r');
}

enum step { STEP_TAKE, STEP_TAKE_AND_END, STEP_END_BEFORE };

/* A CR that ends a blank line is followed by an LF in a stream that uses CRLF, and that one is
 * waited for. In a stream of bare CRs waiting would hold the event back until the next one. */
static enum step step_at_line_start(struct sse *sse, char byte)
{
    if (byte != '\n' && byte != '\r') {
        sse->place = SSE_INSIDE_LINE;
        return STEP_TAKE;
    }
    if (byte == '\r' && sse->uses_crlf) {
        sse->place = SSE_AFTER_BLANK_CR;
        return STEP_TAKE;
    }
    sse->place = byte == '\r' ? SSE_AFTER_CR : SSE_LINE_START;
    return STEP_TAKE_AND_END;
}

/* What the byte does to the event that is being read. Nothing depends on how pieces were cut. */
static enum step step(struct sse *sse, char byte)
{
    switch (sse->place) {
    case SSE_INSIDE_LINE:
        if (byte == '\n')
            sse->uses_crlf = false;
        sse->place = byte == '\r' ? SSE_AFTER_CR : SSE_LINE_START;
        return STEP_TAKE;
    case SSE_AFTER_CR:
        sse->uses_crlf = byte == '\n';
        if (byte != '\n')
            return step_at_line_start(sse, byte);
        sse->place = SSE_LINE_START;
        return STEP_TAKE;
    case SSE_AFTER_BLANK_CR:
        sse->place = SSE_LINE_START;
        return byte == '\n' ? STEP_TAKE_AND_END : STEP_END_BEFORE;
    case SSE_LINE_START:
        break;
    }
    return step_at_line_start(sse, byte);
}

/* Moves *at behind the event's last byte; false when its end is not among the bytes of the piece.
 */
static bool find_event_end(struct sse *sse, struct line_ends *ends, const char **at)
{
    while (*at < ends->end) {
        if (sse->place == SSE_INSIDE_LINE)
            *at = next_line_end(ends, *at);
        if (*at == ends->end)
            return false;
        enum step taken = step(sse, **at);
        if (taken == STEP_END_BEFORE)
            return true;
        ++*at;
        if (taken == STEP_TAKE_AND_END)
            return true;
    }
    return false;
}

/* Another data line: the first is a view, more are joined. Never more bytes than the event has. */
static void add_data(struct sse *sse, struct sse_event *event, struct text value)
{
    if (event->data_lines++ == 0) {
        event->data = value;
        return;
    }
    if (event->data_lines == 2) {
        sse->joined.len = 0;
        buffer_append_text(&sse->joined, event->data);
    }
    buffer_append(&sse->joined, "\n", 1);
    buffer_append_text(&sse->joined, value);
    event->data = buffer_text(&sse->joined);
}

static void read_line(struct sse *sse, struct sse_event *event, struct text line)
{
    const char *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
    size_t name_len = colon ? (size_t)(colon - line.data) : line.len;
    struct text name = { line.data, name_len };
    struct text value = { line.data + name_len + (colon != NULL),
                          line.len - name_len - (colon != NULL) };
    if (text_starts(value, " ")) {
        value.data++;
        value.len--;
    }
    if (text_is(name, "data"))
        add_data(sse, event, value);
    else if (text_is(name, "event"))
        event->name = value;
}

static bool give_event(struct sse *sse, struct text bytes)
{
    struct sse_event event = { .bytes = bytes };
    const char *at = bytes.data, *end = bytes.data + bytes.len;
    if (!sse->begun && text_starts(bytes, "\xef\xbb\xbf"))
        at += 3;
    sse->begun = true;
    struct line_ends ends = { NULL, end };
    while (at < end) {
        const char *line_end = next_line_end(&ends, at);
        read_line(sse, &event, (struct text){ at, (size_t)(line_end - at) });
        at = line_end + 1;
    }
    return sse->sink(sse->owner, &event);
}

/* The rest of the event whose beginning is pending, or one that lies whole in the piece. */
static bool end_event(struct sse *sse, struct text bytes)
{
    if (bytes.len > sse->pending.max - sse->pending.len) {
        sse->too_large = true;
        return false;
    }
    if (sse->pending.len == 0)
        return give_event(sse, bytes);
    if (!buffer_append_text(&sse->pending, bytes))
        return false;
    bool go_on = give_event(sse, buffer_text(&sse->pending));
    sse->pending.len = 0;
    return go_on;
}

/* Events that end with an LF leave the next byte at the start of a line; the one before the last
 * blank line tells how lines end. */
static bool take_shortcut(struct sse *sse, const char **from, const char *end)
{
    if (!sse->shortcut || sse->place != SSE_LINE_START || sse->pending.len > 0)
        return true;
    struct text rest = { *from, (size_t)(end - *from) };
    bool go_on = sse->shortcut(sse->owner, &rest);
    if (rest.data > *from)
        sse->uses_crlf = rest.data[-2] == '\r' || rest.data[-3] == '\r';
    *from = rest.data;
    return go_on;
}

bool sse_feed(struct sse *sse, struct text bytes)
{
    if (sse->too_large)
        return false;
    if (bytes.len == 0)
        return true;
    const char *from = bytes.data;
    struct line_ends ends = { NULL, from + bytes.len };
    for (;;) {
        if (!take_shortcut(sse, &from, ends.end))
            return false;
        const char *at = from;
        if (!find_event_end(sse, &ends, &at))
            break;
        if (!end_event(sse, (struct text){ from, (size_t)(at - from) }))
            return false;
        from = at;
    }
    sse->too_large = !buffer_append(&sse->pending, from, (size_t)(ends.end - from));
    return !sse->too_large;
}
