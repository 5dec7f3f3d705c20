/* strips.c - a strip counts its blocks; one that has none left is kept for the next. */
#include "strips.h"

#include <assert.h>
#include <stdlib.h>

#define STRIP_ROOM ((size_t)32 << 10)
#define ALIGNMENT  _Alignof(max_align_t)

struct strip {
    size_t blocks, used, room;
    _Alignas(max_align_t) char bytes[];
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct strip *strip_new(size_t room)
{
    struct strip *strip = malloc(sizeof(*strip) + room);
    if (strip)
        *strip = (struct strip){ .room = room };
    return strip;
}

/* What is left of the one before is left over, until its blocks are gone. It has some: one without
 * any is empty, and has room. */
static struct strip *strip_with(struct strips *strips, size_t room)
{
    struct strip *strip = strips->cut_from;
    if (room > STRIP_ROOM)
        return strip_new(room);
    if (strip && strip->room - strip->used >= room)
        return strip;
    strip = strips->spare ? strips->spare : strip_new(STRIP_ROOM);
    if (!strip)
        return NULL;
    strips->spare = NULL;
    return strips->cut_from = strip;
}

bool strips_cut(struct strips *strips, size_t room, struct block *ret_block)
{
    room = aligned(room);
    struct strip *strip = strip_with(strips, room);
    if (!strip)
        return false;
    *ret_block = (struct block){ strip->bytes + strip->used, room, strip };
    strip->used += room;
    strip->blocks++;
    return true;
}

void strips_shorten(struct block *block, size_t room)
{
    struct strip *strip = block->strip;
    room = aligned(room);
    assert(room <= block->room);
    if ((char *)block->bytes + block->room == strip->bytes + strip->used)
        strip->used -= block->room - room;
    block->room = room;
}

void strips_give(struct strips *strips, struct block *block)
{
    struct strip *strip = block->strip;
    *block = (struct block){ 0 };
    if (!strip || --strip->blocks > 0)
        return;
    strip->used = 0;
    if (strip == strips->cut_from)
        return;
    if (strips->spare || strip->room != STRIP_ROOM)
        free(strip);
    else
        strips->spare = strip;
}

void strips_clear(struct strips *strips)
{
    free(strips->cut_from);
    free(strips->spare);
    *strips = (struct strips){ 0 };
}
