/* outbox.c - bytes on their way to one client. */
#include "outbox.h"

#include <stdlib.h>

#define BURST_FROM 4096 /* bytes; below it a client is not worth so much memory */

void outbox_spares_clear(struct outbox_spares *spares)
{
    while (spares->count > 0)
        free(spares->memory[--spares->count]);
}

void outbox_init(struct outbox *outbox, size_t high, size_t max, struct gauge *buffered,
                 size_t together, struct outbox_spares *spares)
{
    *outbox = (struct outbox){
        .high = high, .together = together, .buffered = buffered, .spares = spares
    };
    buffer_init(&outbox->bytes, max);
}

/* The gauge follows the memory that is held, not the bytes that wait. */
static void account(struct outbox *outbox)
{
    if (outbox->counted == outbox->bytes.room)
        return;
    gauge_add(outbox->buffered, (int64_t)outbox->bytes.room - (int64_t)outbox->counted);
    outbox->counted = outbox->bytes.room;
}

/* ---- memory that is used again ---- */

static void give_spare(struct outbox_spares *spares, struct buffer *bytes)
{
    if (bytes->room != OUTBOX_SPARE_ROOM || spares->count == OUTBOX_SPARES_MAX)
        return;
    spares->memory[spares->count++] = bytes->data;
    buffer_init(bytes, bytes->max);
}

static void take_spare(struct outbox_spares *spares, struct buffer *bytes, size_t len)
{
    size_t needed = bytes->len + len;
    if (needed <= bytes->room || needed < BURST_FROM || needed > OUTBOX_SPARE_ROOM ||
        OUTBOX_SPARE_ROOM > bytes->max || spares->count == 0)
        return;
    char *spare = spares->memory[--spares->count];
    if (bytes->len > 0)
        memcpy(spare, bytes->data, bytes->len);
    free(bytes->data);
    bytes->data = spare;
    bytes->room = OUTBOX_SPARE_ROOM;
}

/* ---- bytes ---- */

void outbox_clear(struct outbox *outbox)
{
    give_spare(outbox->spares, &outbox->bytes);
    buffer_clear(&outbox->bytes);
    account(outbox);
    outbox->taken = outbox->held = 0;
}

void outbox_release(struct outbox *outbox)
{
    outbox->held = 0;
}

void outbox_drop_held(struct outbox *outbox)
{
    outbox->bytes.len -= outbox->held;
    outbox->held = 0;
}

/* Bytes move to the front only when that frees at least half: each byte is moved once on average.
 */
static void compact(struct outbox *outbox)
{
    if (outbox->taken == outbox->bytes.len || outbox->taken > outbox->bytes.room / 2) {
        buffer_consume(&outbox->bytes, outbox->taken);
        outbox->taken = 0;
    }
}

static bool append(struct outbox *outbox, struct text bytes)
{
    compact(outbox);
    take_spare(outbox->spares, &outbox->bytes, bytes.len);
    bool added = buffer_append_text(&outbox->bytes, bytes);
    account(outbox);
    return added;
}

bool outbox_hold(struct outbox *outbox, struct text bytes)
{
    bool added = append(outbox, bytes);
    outbox->held += added ? bytes.len : 0;
    return added;
}

bool outbox_add(struct outbox *outbox, struct text bytes)
{
    if (!append(outbox, bytes))
        return false;
    if (outbox->held == 0)
        return true;
    char *held = outbox->bytes.data + outbox->bytes.len - bytes.len - outbox->held;
    memmove(held + bytes.len, held, outbox->held);
    memcpy(held, bytes.data, bytes.len);
    return true;
}

bool outbox_prepend(struct outbox *outbox, struct text bytes)
{
    size_t len = outbox->bytes.len;
    if (!buffer_reserve(&outbox->bytes, bytes.len))
        return false;
    if (len > 0)
        memmove(outbox->bytes.data + bytes.len, outbox->bytes.data, len);
    memcpy(outbox->bytes.data, bytes.data, bytes.len);
    outbox->bytes.len = len + bytes.len;
    account(outbox);
    return true;
}

size_t outbox_take(struct outbox *outbox, char *to, size_t max)
{
    size_t len = outbox_waiting(outbox);
    if (len > max)
        len = max;
    if (len > 0)
        memcpy(to, outbox->bytes.data + outbox->taken, len);
    outbox->taken += len;
    compact(outbox);
    return len;
}
