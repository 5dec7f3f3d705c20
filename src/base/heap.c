/* heap.c - the settings of glibc's malloc, and how it is made to give back all that is free. */
#include "base/heap.h"

#include <malloc.h>
#include <stdlib.h>

#define MAPPED_FROM (512 << 10) /* bytes of a block that is mapped by itself */
#define END_KEPT    (1 << 20)   /* bytes that may be free at the end while requests come */
#define END_PAD     (128 << 10) /* what is taken on top when the end grows: as glibc has it */

/* glibc would raise the first two with the largest block that was ever freed, and keep as much.
 * What is larger than the first grows without being copied, and goes back when it is freed. Without
 * its lists of small blocks that are not put together yet, they need not be put together at each
 * request for a larger one, of which every exchange has some. */
void heap_keep_flat(void)
{
    mallopt(M_MXFAST, 0);
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    mallopt(M_TRIM_THRESHOLD, END_KEPT);
    mallopt(M_TOP_PAD, END_PAD);
}

/* malloc_trim cuts the end off the main thread's heap only. That of another thread is looked at
 * when the thread frees a large block, and cut where it is longer than it may be. */
static void give_back_end(void)
{
    mallopt(M_TRIM_THRESHOLD, 0);
    mallopt(M_TOP_PAD, 0);
    void *volatile large = malloc(MAPPED_FROM / 2);
    free(large);
    mallopt(M_TOP_PAD, END_PAD);
    mallopt(M_TRIM_THRESHOLD, END_KEPT);
}

void heap_give_back(void)
{
    give_back_end();
    malloc_trim(0);
}
