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

void arena_init(struct arena *arena)
{
    *arena = (struct arena){ 0 };
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
        free(block);
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
    struct arena_block *block = malloc(sizeof(*block) + size);
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
