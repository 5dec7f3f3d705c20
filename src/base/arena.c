/* arena.c - blocks of growing size, given back all at once. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(max_align_t) char bytes[];
};

struct arena_ending {
    struct arena_ending *older;
    void (*ending)(void *);
    void *object;
};

#define ARENA_FIRST_BLOCK   4000 /* with malloc's own header still inside a page */
#define ARENA_LARGEST_BLOCK ((size_t)256 << 10)
#define ARENA_ALIGN         _Alignof(max_align_t)

/* Blocks of the smaller sizes that nobody needs now, kept for the next arena of this thread: an
 * exchange takes the same two or three each time, and malloc would cut and join them anew. */
#define SPARE_SIZES    6
#define SPARES_OF_SIZE 8
#define KEEPS_SPARES   !ARENA_WATCHED /* a sanitizer must see every block come and go */

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_WATCHED 1
#else
#define ARENA_WATCHED 0
#endif

static const size_t spare_sizes[SPARE_SIZES] = {
    ARENA_FIRST_BLOCK,     ARENA_FIRST_BLOCK * 3 / 2, ARENA_FIRST_BLOCK * 2,
    ARENA_FIRST_BLOCK * 3, ARENA_FIRST_BLOCK * 4,     ARENA_FIRST_BLOCK * 8,
};

static _Thread_local struct arena_spares {
    struct arena_block *blocks[SPARE_SIZES];
    int counts[SPARE_SIZES];
} spares;

void arena_init(struct arena *arena)
{
    *arena = (struct arena){ 0 };
}

/* The smallest size of the spare ones that is large enough; SPARE_SIZES where none is. */
static int size_class(size_t size)
{
    int class = 0;
    while (class < SPARE_SIZES && spare_sizes[class] < size)
        class ++;
    return class;
}

static void give_block(struct arena_block *block)
{
    int class = size_class(block->size);
    bool is_kept = KEEPS_SPARES && class < SPARE_SIZES && spare_sizes[class] == block->size &&
                   spares.counts[class] < SPARES_OF_SIZE;
    if (!is_kept) {
        free(block);
        return;
    }
    block->older = spares.blocks[class];
    spares.blocks[class] = block;
    spares.counts[class]++;
}

static struct arena_block *take_spare(int class)
{
    struct arena_block *block = spares.blocks[class];
    if (block) {
        spares.blocks[class] = block->older;
        spares.counts[class]--;
    }
    return block;
}

void arena_forget_spares(void)
{
    for (int class = 0; class < SPARE_SIZES; class ++)
        for (struct arena_block *block; (block = take_spare(class));)
            free(block);
}

void arena_clear(struct arena *arena)
{
    while (arena->endings) {
        struct arena_ending *ending = arena->endings;
        arena->endings = ending->older;
        ending->ending(ending->object);
    }
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->older;
        give_block(block);
    }
    arena_init(arena);
}

static void out_of_memory(size_t size)
{
    fprintf(stderr, "bourse: out of memory (%zu bytes wanted)\n", size);
    abort();
}

/* Blocks double until they are large enough that their number stays small. */
static void arena_grow(struct arena *arena, size_t needed)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : ARENA_FIRST_BLOCK;
    if (size > ARENA_LARGEST_BLOCK)
        size = ARENA_LARGEST_BLOCK;
    if (size < needed)
        size = needed;
    int class = size_class(size);
    if (class < SPARE_SIZES)
        size = spare_sizes[class];
    struct arena_block *block = class < SPARE_SIZES ? take_spare(class) : NULL;
    if (!block)
        block = malloc(sizeof(*block) + size);
    if (!block) {
        out_of_memory(size);
        return;
    }
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->free = block->bytes;
    arena->end = block->bytes + size;
    arena->used += size;
}

void arena_reserve(struct arena *arena, size_t size)
{
    if (!arena->free || (size_t)(arena->end - arena->free) < size)
        arena_grow(arena, size);
}

static char *arena_take(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        out_of_memory(size);
    size_t rounded = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if ((size_t)(arena->end - arena->free) < rounded || !arena->free)
        arena_grow(arena, rounded);
    char *taken = arena->free;
    arena->free += rounded;
    return taken;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_take(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    return arena_alloc(arena, bytes);
}

#define FIRST_ITEMS ((size_t)4)

/* The room is the power of two that is not below the count. */
void *arena_room_for_one(struct arena *arena, void *items, size_t count, size_t size)
{
    bool is_full = !items || (count >= FIRST_ITEMS && (count & (count - 1)) == 0);
    if (!is_full)
        return items;
    void *grown = arena_array(arena, count ? 2 * count : FIRST_ITEMS, size);
    return count ? memcpy(grown, items, count * size) : grown;
}

char *arena_string(struct arena *arena, const char *string)
{
    return string ? arena_string_of(arena, text_of(string)) : NULL;
}

char *arena_string_of(struct arena *arena, struct text text)
{
    char *copy = arena_take(arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

struct text arena_text(struct arena *arena, struct text text)
{
    return (struct text){ arena_string_of(arena, text), text.len };
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return arena_string(arena, "");

    char *printed = arena_take(arena, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(printed, (size_t)len + 1, format, args);
    va_end(args);
    return printed;
}

void arena_at_end(struct arena *arena, void (*ending)(void *), void *object)
{
    struct arena_ending *entry = arena_new(arena, struct arena_ending);
    entry->older = arena->endings;
    entry->ending = ending;
    entry->object = object;
    arena->endings = entry;
}
