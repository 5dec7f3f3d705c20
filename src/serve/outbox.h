/* outbox.h - bytes on their way to one client: filled by a provider, emptied by libmicrohttpd.
 *
 * Back-pressure has its one home here: above the high mark the provider's call is paused, below
 * half of it resumed. What a provider had already sent when it was paused may stand above the mark.
 *
 *     taken ╎ waiting for the client ╎ held back: another's answer may still take its place */
#ifndef BOURSE_SERVE_OUTBOX_H
#define BOURSE_SERVE_OUTBOX_H

#include "base/buffer.h"
#include "base/metrics.h"

/* Memory of bursts that are over, for the next ones: given back to the allocator it would be given
 * back to the kernel, and be zeroed anew for each stream. One worker's. */
#define OUTBOX_SPARES_MAX 8
#define OUTBOX_SPARE_ROOM ((size_t)64 << 10)

struct outbox_spares {
    char *memory[OUTBOX_SPARES_MAX];
    size_t count;
};

void outbox_spares_clear(struct outbox_spares *spares);

#define OUTBOX_HIGH_LEAST ((size_t)16 << 10)

enum outbox_end { OUTBOX_OPEN, OUTBOX_COMPLETE, OUTBOX_CUT };

struct outbox {
    struct buffer bytes;
    size_t taken; /* bytes at the front that were sent already */
    size_t held;  /* bytes at the end that are not to be sent yet */
    size_t high, together;
    enum outbox_end end;
    struct gauge *buffered; /* the process's bytes in flight */
    size_t counted;         /* of which this outbox stands for */
    struct outbox_spares *spares;
};

/* `together`: what all that the gauge counts may hold. */
void outbox_init(struct outbox *outbox, size_t high, size_t max, struct gauge *buffered,
                 size_t together, struct outbox_spares *spares);
void outbox_clear(struct outbox *outbox);

/* Behind what waits, in front of what is held back. False when the maximum would be passed: nothing
 * was added. */
bool outbox_add(struct outbox *outbox, struct text bytes);
/* Behind everything, and held back; the same. */
bool outbox_hold(struct outbox *outbox, struct text bytes);
/* What was held back may go. */
void outbox_release(struct outbox *outbox);
/* What was held back is forgotten, to begin anew with another provider. */
void outbox_drop_held(struct outbox *outbox);

/* In front of what waits; only while nothing was taken. */
bool outbox_prepend(struct outbox *outbox, struct text bytes);
/* Copies what there is, at most `max` bytes; 0 when it is empty. */
size_t outbox_take(struct outbox *outbox, char *to, size_t max);

static inline size_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->bytes.len - outbox->taken - outbox->held;
}

/* Once half of what all may hold is held, each has to do with little: so many slow clients cannot
 * take together what none of them could take alone. */
static inline bool outbox_is_scarce(const struct gauge *buffered, size_t together)
{
    return gauge_read(buffered) > (int64_t)(together / 2);
}

static inline size_t outbox_high(const struct outbox *outbox)
{
    bool is_scarce = outbox_is_scarce(outbox->buffered, outbox->together);
    return is_scarce && outbox->high > OUTBOX_HIGH_LEAST ? OUTBOX_HIGH_LEAST : outbox->high;
}

static inline bool outbox_is_high(const struct outbox *outbox)
{
    return outbox_waiting(outbox) > outbox_high(outbox);
}

static inline bool outbox_is_low(const struct outbox *outbox)
{
    return outbox_waiting(outbox) <= outbox_high(outbox) / 2;
}

#endif
