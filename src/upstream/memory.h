/* memory.h - the small blocks of curl's memory, kept by the thread that works with them.
 *
 * A request costs curl some fifty blocks that live no longer than it. A shelf takes them back when
 * they are freed and gives them out again by their size. Any thread may free any block; the thread
 * that uses no shelf takes its blocks from malloc, and gives them back to it. */
#ifndef BOURSE_UPSTREAM_MEMORY_H
#define BOURSE_UPSTREAM_MEMORY_H

#include <stddef.h>

#define MEMORY_STEP     ((size_t)32) /* what blocks differ by, in bytes */
#define MEMORY_SIZES    40           /* larger blocks are malloc's own business */
#define MEMORY_KEPT_MAX ((size_t)64 << 10)

struct memory_block;

/* All zero is an empty shelf. */
struct memory_shelf {
    struct memory_block *first[MEMORY_SIZES];
    size_t kept; /* bytes, never above MEMORY_KEPT_MAX */
};

/* From now on this thread works with that shelf: until another is named, or none by NULL. */
void memory_use(struct memory_shelf *shelf);
/* What the shelf keeps goes back to malloc; this thread uses it no longer. Owned blocks stay
 * valid. */
void memory_clear(struct memory_shelf *shelf);

/* As malloc, calloc, realloc, free and strdup, for blocks of their own. NULL when there is no
 * memory. */
void *memory_take(size_t size);
void *memory_take_zeroed(size_t count, size_t size);
void *memory_resize(void *data, size_t size);
void memory_give(void *data);
char *memory_copy(const char *string);

#endif
