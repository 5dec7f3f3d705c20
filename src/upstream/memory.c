/* memory.c - the small blocks of curl's memory, kept by the thread that works with them. */
#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What precedes the data of each block. */
struct memory_block {
    size_t room;               /* bytes of data */
    struct memory_block *next; /* on a shelf */
};

_Static_assert(sizeof(struct memory_block) % _Alignof(max_align_t) == 0, "data is aligned");

static _Thread_local struct memory_shelf *own;

void memory_use(struct memory_shelf *shelf)
{
    own = shelf;
}

void memory_clear(struct memory_shelf *shelf)
{
    for (size_t i = 0; i < MEMORY_SIZES; i++) {
        for (struct memory_block *block; (block = shelf->first[i]);) {
            shelf->first[i] = block->next;
            free(block);
        }
    }
    shelf->kept = 0;
    if (own == shelf)
        own = NULL;
}

static size_t step_of(size_t size)
{
    return size ? (size - 1) / MEMORY_STEP : 0;
}

static struct memory_block *block_of(void *data)
{
    return (struct memory_block *)data - 1;
}

static void *take_new(size_t size)
{
    size_t step = step_of(size);
    size_t room = step < MEMORY_SIZES ? (step + 1) * MEMORY_STEP : size;
    if (room > SIZE_MAX - sizeof(struct memory_block))
        return NULL;
    struct memory_block *block = malloc(sizeof(*block) + room);
    if (!block)
        return NULL;
    block->room = room;
    return block + 1;
}

void *memory_take(size_t size)
{
    size_t step = step_of(size);
    struct memory_block *block = own && step < MEMORY_SIZES ? own->first[step] : NULL;
    if (!block)
        return take_new(size);
    own->first[step] = block->next;
    own->kept -= block->room;
    return block + 1;
}

void *memory_take_zeroed(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *data = memory_take(bytes);
    if (data)
        memset(data, 0, bytes);
    return data;
}

void memory_give(void *data)
{
    if (!data)
        return;
    struct memory_block *block = block_of(data);
    size_t step = step_of(block->room);
    if (!own || step >= MEMORY_SIZES || own->kept + block->room > MEMORY_KEPT_MAX) {
        free(block);
        return;
    }
    block->next = own->first[step];
    own->first[step] = block;
    own->kept += block->room;
}

void *memory_resize(void *data, size_t size)
{
    if (data && block_of(data)->room >= size && size > 0)
        return data;
    void *larger = memory_take(size);
    if (!larger || !data)
        return larger;
    size_t held = block_of(data)->room;
    memcpy(larger, data, held < size ? held : size);
    memory_give(data);
    return larger;
}

char *memory_copy(const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = memory_take(size);
    return copy ? memcpy(copy, string, size) : NULL;
}
