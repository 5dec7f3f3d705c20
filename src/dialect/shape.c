/* shape.c - recognises an event that differs from the last one only in what its values say. */
#include "shape.h"

#include <ctype.h>

#include "base/utf8.h"

#define SHAPE_MAX ((size_t)4096) /* a longer event is rarely followed by one that is like it */

void shape_init(struct shape *shape)
{
    *shape = (struct shape){ 0 };
    buffer_init(&shape->bytes, SHAPE_MAX);
}

void shape_clear(struct shape *shape)
{
    buffer_clear(&shape->bytes);
}

void shape_forget(struct shape *shape)
{
    shape->bytes.len = 0;
}

/* A BOM means something at the front of a stream only; a line end at the front may belong to the
 * line before, and a CR at the end may be followed by an LF that belongs to it. */
static bool stands_alone(struct text event)
{
    return event.len > 0 && !memchr("\xef\r\n", event.data[0], 3) &&
           event.data[event.len - 1] == '\n';
}

void shape_learn(struct shape *shape, struct text event, size_t data_at,
                 const struct facts_reader *reader)
{
    shape_forget(shape);
    if (!stands_alone(event) || !buffer_append_text(&shape->bytes, event))
        return;
    shape->data_at = data_at;
    shape->loose_count = reader->loose_count;
    for (size_t i = 0; i < reader->loose_count; i++)
        shape->loose[i] =
            (struct span){ data_at + reader->loose[i].start, data_at + reader->loose[i].end };
}

/* Eight bytes at a time. */
static size_t first_difference(const char *a, const char *b, size_t len)
{
    size_t at = 0;
    for (; len - at >= 8; at += 8) {
        uint64_t of_a, of_b;
        memcpy(&of_a, a + at, sizeof(of_a));
        memcpy(&of_b, b + at, sizeof(of_b));
        if (of_a != of_b)
            break;
    }
    while (at < len && a[at] == b[at])
        at++;
    return at;
}

/* ---- another value in the place of one ---- */

static size_t escape_len(const char *at, size_t len)
{
    if (len < 2)
        return 0;
    if (at[1] != 'u')
        return memchr("\"\\/bfnrt", at[1], 8) ? 2 : 0;
    for (size_t i = 2; i < 6; i++)
        if (i == len || !isxdigit((unsigned char)at[i]))
            return 0;
    return 6;
}

/* Behind the closing quote; 0 where it is empty, cut off, or anything but plainly valid. */
static size_t string_end(struct text bytes, size_t start)
{
    size_t at = start + 1;
    while (at < bytes.len) {
        unsigned char byte = (unsigned char)bytes.data[at];
        size_t len = 1;
        if (byte == '"')
            return at > start + 1 ? at + 1 : 0;
        if (byte == '\\')
            len = escape_len(bytes.data + at, bytes.len - at);
        else if (byte < 0x20)
            return 0;
        else if (byte >= 0x80)
            len = utf8_sequence(bytes.data + at, bytes.len - at);
        if (len == 0)
            return 0;
        at += len;
    }
    return 0;
}

/* A whole number without a sign. Its last digit is known by what follows being the same as in the
 * event that was learnt. */
static size_t number_end(struct text bytes, size_t start)
{
    size_t at = start;
    while (at < bytes.len && bytes.data[at] >= '0' && bytes.data[at] <= '9')
        at++;
    bool leading_zero = at > start + 1 && bytes.data[start] == '0';
    return leading_zero || at == start ? 0 : at;
}

static bool is_string(const struct shape *shape, struct span value)
{
    return shape->bytes.data[value.start] == '"';
}

/* May the first difference from the learnt event, standing at `place`, be one of this value? */
static bool may_differ_at(const struct shape *shape, struct span value, size_t place)
{
    if (is_string(shape, value))
        return value.start < place && place < value.end;
    return value.start <= place && place <= value.end;
}

/* ---- the walk ---- */

struct walk {
    size_t learnt, at;              /* places in the learnt event and in the bytes */
    size_t next_loose;              /* of the values */
    const struct span *asked;       /* for SHAPE_SPANS, as learnt */
    struct span moved[SHAPE_SPANS]; /* as far as it is known in the bytes */
};

static void walk_along_the_same(struct walk *walk, const struct shape *shape, struct text bytes)
{
    size_t len = shape->bytes.len - walk->learnt, left = bytes.len - walk->at;
    size_t same = first_difference(shape->bytes.data + walk->learnt, bytes.data + walk->at,
                                   len < left ? len : left);
    walk->learnt += same;
    walk->at += same;
}

static void move_spans(struct walk *walk, struct span value, size_t len)
{
    size_t more = len - (value.end - value.start);
    for (int i = 0; i < SHAPE_SPANS; i++) {
        if (value.start < walk->asked[i].start)
            walk->moved[i].start += more;
        if (value.start < walk->asked[i].end)
            walk->moved[i].end += more;
    }
}

/* Behind the value in which the two differ; false where they differ anywhere else. */
static bool walk_over_value(struct walk *walk, const struct shape *shape, struct text bytes)
{
    while (walk->next_loose < shape->loose_count) {
        struct span value = shape->loose[walk->next_loose++];
        if (!may_differ_at(shape, value, walk->learnt))
            continue;
        size_t start = walk->at - (walk->learnt - value.start);
        size_t end = is_string(shape, value) ? string_end(bytes, start) : number_end(bytes, start);
        if (end == 0)
            return false;
        move_spans(walk, value, end - start);
        walk->at = end;
        walk->learnt = value.end;
        return true;
    }
    return false;
}

size_t shape_match(const struct shape *shape, struct text bytes, struct span spans[SHAPE_SPANS])
{
    struct walk walk = { .asked = spans };
    memcpy(walk.moved, spans, sizeof(walk.moved));
    if (shape->bytes.len == 0)
        return 0;
    walk_along_the_same(&walk, shape, bytes);
    while (walk.learnt < shape->bytes.len) {
        if (!walk_over_value(&walk, shape, bytes))
            return 0;
        walk_along_the_same(&walk, shape, bytes);
    }
    memcpy(spans, walk.moved, sizeof(walk.moved));
    return walk.at;
}
