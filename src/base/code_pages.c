/* code_pages.c - which pages of the loaded files can come back as they are, and letting them go.
 *
 * They go by MADV_DONTNEED, which unmaps. MADV_COLD would leave them mapped, and MADV_PAGEOUT take
 * them out of the page cache as well: then the disk is read for the next request.
 *
 * A page that somebody has written to is no longer the file's, also where no segment may be
 * written: relocations in code, a debugger's breakpoint, a probe of the kernel's, code that was
 * moved to larger pages. It would come back without that. The kernel tells such pages apart, and a
 * segment with one of them is left alone. */
#include "base/code_pages.h"

#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPANS_MAX   8   /* of one file: there are two or three */
#define ENTRIES_MAX 256 /* of the kernel's map, read at once */

/* An entry of /proc/self/pagemap: see Documentation/admin-guide/mm/pagemap.rst of the kernel. */
#define ENTRY_PRESENT ((uint64_t)1 << 63)
#define ENTRY_SWAPPED ((uint64_t)1 << 62)
#define ENTRY_SHARED  ((uint64_t)1 << 61) /* a page of the file's, or of memory that is shared */

/* Whole pages of a segment, by their numbers. */
struct span {
    size_t first, end;
};

struct letting_go {
    int map; /* /proc/self/pagemap */
    size_t page_size;
    size_t gone; /* pages */
};

/* False where one of them is not the file's. */
static bool count_of_file(const uint64_t *entries, size_t count, size_t *mapped)
{
    for (size_t i = 0; i < count; i++) {
        bool is_there = entries[i] & (ENTRY_PRESENT | ENTRY_SWAPPED);
        if (is_there && !(entries[i] & ENTRY_SHARED))
            return false;
        *mapped += (entries[i] & ENTRY_PRESENT) != 0;
    }
    return true;
}

/* False also where nobody knows. */
static bool count_mapped(int map, struct span span, size_t *ret_mapped)
{
    uint64_t entries[ENTRIES_MAX];
    size_t mapped = 0;
    for (size_t page = span.first, count; page < span.end; page += count) {
        count = span.end - page < ENTRIES_MAX ? span.end - page : ENTRIES_MAX;
        size_t size = count * sizeof(*entries);
        if (pread(map, entries, size, (off_t)(page * sizeof(*entries))) != (ssize_t)size ||
            !count_of_file(entries, count, &mapped))
            return false;
    }
    *ret_mapped = mapped;
    return true;
}

static void let_go_of(struct letting_go *letting_go, struct span span)
{
    size_t mapped, size = (span.end - span.first) * letting_go->page_size;
    if (!count_mapped(letting_go->map, span, &mapped) || !mapped)
        return;
    if (madvise((void *)(span.first * letting_go->page_size), size, MADV_DONTNEED) == 0)
        letting_go->gone += mapped;
}

/* Those that nobody may write. What the loader has written before it took the right to write away
 * (RELRO) is in a segment that says otherwise. */
static size_t find_spans(const struct dl_phdr_info *object, size_t page_size,
                         struct span spans[SPANS_MAX])
{
    size_t count = 0;
    for (int i = 0; i < object->dlpi_phnum && count < SPANS_MAX; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        struct span span = { (start + page_size - 1) / page_size,
                             (start + segment->p_filesz) / page_size };
        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W) && span.first < span.end)
            spans[count++] = span;
    }
    return count;
}

/* The headers stand in a page that goes, and would fetch it back: so they are read before. While
 * this runs no object is unloaded: the loader holds a lock. */
static int let_go_of_object(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    struct letting_go *letting_go = context;
    struct span spans[SPANS_MAX];
    bool is_the_kernels = object->dlpi_addr == getauxval(AT_SYSINFO_EHDR);
    size_t count = is_the_kernels ? 0 : find_spans(object, letting_go->page_size, spans);
    for (size_t i = 0; i < count; i++)
        let_go_of(letting_go, spans[i]);
    return 0;
}

size_t code_pages_let_go(void)
{
    struct letting_go letting_go = { .map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC),
                                     .page_size = (size_t)sysconf(_SC_PAGESIZE) };
    if (letting_go.map < 0)
        return 0;
    dl_iterate_phdr(let_go_of_object, &letting_go);
    close(letting_go.map);
    return letting_go.gone;
}
