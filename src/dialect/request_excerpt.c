/* request_excerpt.c - keeps the first and the last bytes of a text. */
#include "request_excerpt.h"

#include "base/utf8.h"

void excerpt_collector_reset(struct excerpt_collector *collector)
{
    collector->head_len = collector->tail_len = collector->tail_at = collector->total = 0;
}

/* As many bytes as fit into the head without cutting a character. */
static size_t head_share(const struct excerpt_collector *collector, struct text text)
{
    size_t share = EXCERPT_HALF - collector->head_len;
    if (text.len <= share)
        return text.len;
    while (share > 0 && utf8_continues(text.data[share]))
        share--;
    return share;
}

static void append_to_tail(struct excerpt_collector *collector, struct arena *arena,
                           struct text text)
{
    if (!collector->tail)
        collector->tail = arena_alloc(arena, EXCERPT_HALF);
    if (text.len > EXCERPT_HALF) {
        text.data += text.len - EXCERPT_HALF;
        text.len = EXCERPT_HALF;
    }
    size_t until_end = EXCERPT_HALF - collector->tail_at;
    size_t first = text.len < until_end ? text.len : until_end;
    memcpy(collector->tail + collector->tail_at, text.data, first);
    memcpy(collector->tail, text.data + first, text.len - first);
    collector->tail_at = (collector->tail_at + text.len) % EXCERPT_HALF;
    collector->tail_len += text.len;
    if (collector->tail_len > EXCERPT_HALF)
        collector->tail_len = EXCERPT_HALF;
}

#define HEAD_FIRST ((size_t)256)

/* Most texts are short: the head grows to its half only for those that are not. */
static void make_room_in_head(struct excerpt_collector *collector, struct arena *arena,
                              size_t needed)
{
    size_t room = collector->head_room ? collector->head_room : HEAD_FIRST;
    if (needed <= collector->head_room)
        return;
    while (room < needed)
        room *= 2;
    char *head = arena_alloc(arena, room < EXCERPT_HALF ? room : EXCERPT_HALF);
    if (collector->head_len > 0)
        memcpy(head, collector->head, collector->head_len);
    collector->head = head;
    collector->head_room = room;
}

void excerpt_collector_append(struct excerpt_collector *collector, struct arena *arena,
                              struct text text)
{
    if (text.len == 0)
        return;
    size_t share = 0;
    if (collector->total == collector->head_len) { /* nothing is in the tail yet */
        share = head_share(collector, text);
        make_room_in_head(collector, arena, collector->head_len + share);
        if (share > 0)
            memcpy(collector->head + collector->head_len, text.data, share);
        collector->head_len += share;
    }
    collector->total += text.len;
    if (share < text.len)
        append_to_tail(collector, arena, (struct text){ text.data + share, text.len - share });
}

void excerpt_collector_append_line(struct excerpt_collector *collector, struct arena *arena,
                                   struct text text)
{
    if (text.len == 0)
        return;
    if (collector->total > 0)
        excerpt_collector_append(collector, arena, text_of("\n"));
    excerpt_collector_append(collector, arena, text);
}

/* Between the ends there may be what is lost: then the ring is full, and so is this one's behind.
 */
void excerpt_collector_join(struct excerpt_collector *collector, struct arena *arena,
                            const struct excerpt_collector *other)
{
    const size_t total = collector->total + other->total;
    const size_t oldest = other->tail_len < EXCERPT_HALF ? 0 : other->tail_at;
    excerpt_collector_append(collector, arena, (struct text){ other->head, other->head_len });
    if (other->tail_len > 0) {
        const struct text first = { other->tail + oldest, other->tail_len - oldest };
        excerpt_collector_append(collector, arena, first);
        excerpt_collector_append(collector, arena, (struct text){ other->tail, oldest });
    }
    collector->total = total;
}

/* The ring laid out straight, without the rest of a character whose beginning was overwritten. */
static struct text read_tail(const struct excerpt_collector *collector, struct arena *arena)
{
    if (collector->tail_len == 0)
        return (struct text){ 0 };
    char *straight = arena_alloc(arena, collector->tail_len);
    size_t oldest = collector->tail_len < EXCERPT_HALF ? 0 : collector->tail_at;
    size_t first = collector->tail_len - oldest;
    memcpy(straight, collector->tail + oldest, first);
    memcpy(straight + first, collector->tail, oldest);

    size_t skip = 0;
    while (skip < collector->tail_len && utf8_continues(straight[skip]))
        skip++;
    return (struct text){ straight + skip, collector->tail_len - skip };
}

struct excerpt excerpt_collector_read(const struct excerpt_collector *collector,
                                      struct arena *arena)
{
    return (struct excerpt){
        .head = { collector->head, collector->head_len },
        .tail = read_tail(collector, arena),
        .total = collector->total,
    };
}
