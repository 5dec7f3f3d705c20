/* shape.h - recognises an event that differs from the last one only in what its values say.
 *
 *     learnt    data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Hel"}}]}
 *     the next  data: {"id":"c1","choices":[{"index":0,"delta":{"content":"lo, you"}}]}
 *               ───────────────── the same bytes ─────────────────── loose ── the same ──
 *
 * A stream's events are mostly alike. Where one has the bytes of an event that was scanned, but for
 * another string in the place of a string (or number in the place of a number), it is JSON because
 * that one was, and every fact that was read there without looking into those values holds here.
 * What is compared is the whole event, its line ends included, so its framing is known with it. */
#ifndef BOURSE_DIALECT_SHAPE_H
#define BOURSE_DIALECT_SHAPE_H

#include "base/buffer.h"
#include "chat/request.h"
#include "facts.h"

struct shape {
    struct buffer bytes;                /* of the event; empty: none is known */
    size_t data_at;                     /* where in them the document begins */
    struct span loose[FACTS_LOOSE_MAX]; /* in `bytes`, in order, with their quotes */
    size_t loose_count;
};

void shape_init(struct shape *shape);
void shape_clear(struct shape *shape);

void shape_forget(struct shape *shape);
/* `event` is its bytes as they came, `data_at` where in them the document begins that was read.
 * Some are not kept: a long one, or one whose line ends depend on what stood before it. */
void shape_learn(struct shape *shape, struct text event, size_t data_at,
                 const struct facts_reader *reader);

enum shape_span { SHAPE_USAGE, SHAPE_WORDS, SHAPE_SPANS };

/* How long the event of this shape at the front of `bytes` is; 0 where none is. The spans, of the
 * learnt event, are moved to where they stand in this one. */
size_t shape_match(const struct shape *shape, struct text bytes, struct span spans[SHAPE_SPANS]);

#endif
