/* heap.h - what the daemon asks of the C library's malloc: to keep little, and to give back what a
 * crowd has left behind. */
#ifndef BOURSE_BASE_HEAP_H
#define BOURSE_BASE_HEAP_H

/* Before there are threads. */
void heap_keep_flat(void);

/* The pages that are free, of all threads; of the free end behind them, that of the calling thread.
 * Takes an eighth of a millisecond for each MB, and makes others wait that want memory meanwhile.
 */
void heap_give_back(void);

#endif
