/* strips.h - blocks that are cut off long strips, for what goes in about the order in which it
 * came.
 *
 *     strip [ gone | gone | held | held ]   [ held | held | room        ]
 *           goes with its last block        the one that is cut from
 *
 * From malloc such blocks would lie between others that live shorter, and each would keep a page or
 * two of its own from going back. Blocks are aligned as by malloc. Nothing here is locked. */
#ifndef BOURSE_STATE_STRIPS_H
#define BOURSE_STATE_STRIPS_H

#include <stdbool.h>
#include <stddef.h>

struct strip;

/* Zeroed: there is none. */
struct block {
    void *bytes;
    size_t room;
    struct strip *strip;
};

struct strips {
    struct strip *cut_from, *spare; /* NULL: none yet */
};

/* False without memory. A block may be longer than a strip, and then has its own. */
bool strips_cut(struct strips *strips, size_t room, struct block *ret_block);

/* Of a block that turned out too long; the end serves others as long as none was cut behind it. */
void strips_shorten(struct block *block, size_t room);

/* The block is zeroed; there may have been none. */
void strips_give(struct strips *strips, struct block *block);

/* When all blocks were given. */
void strips_clear(struct strips *strips);

#endif
