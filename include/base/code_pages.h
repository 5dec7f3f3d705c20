/* code_pages.h - what only the start needed of the program's and the libraries' files is let go.
 *
 *     start:   relocations, constructors, the configuration ──> 10 MB of code and tables are mapped
 *     serving: the paths of a request ─────────────────────────> 4 MB of them are used
 *
 * These pages are the page cache's, shared with every process that has the same file open. Letting
 * go takes them out of this process's page tables and its resident memory, and frees nothing at
 * once: but what nobody has mapped is what the kernel takes first when it is short of memory, or
 * when the group of processes that is charged with them is. What is used again is mapped again, by
 * a minor fault for each sixteen pages, without reading the disk as long as the cache has it. */
#ifndef BOURSE_BASE_CODE_PAGES_H
#define BOURSE_BASE_CODE_PAGES_H

#include <stddef.h>

/* How many pages went. Any thread may call it, and others may run the code meanwhile. Takes between
 * a tenth and half of a millisecond. */
size_t code_pages_let_go(void);

#endif
