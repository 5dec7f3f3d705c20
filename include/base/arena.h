/* arena.h - memory that ends together.
 *
 * There are four lives: turn, exchange, snapshot, process. Each has an arena, and a pointer may
 * only point into a life that is as long as its own or longer. Nothing is freed singly.
 *
 * Small allocations are taken to succeed: without memory the process ends with a message. What a
 * client or a provider can lengthen does not belong here but into a buffer with its maximum. */
#ifndef BOURSE_BASE_ARENA_H
#define BOURSE_BASE_ARENA_H

#include "base/text.h"

struct arena_block;
struct arena_ending;

struct arena {
    struct arena_block *blocks;   /* newest first */
    struct arena_ending *endings; /* what to call at the end, newest first */
    char *free;                   /* the next free byte of the newest block */
    char *end;
    size_t used; /* bytes taken from the system, all blocks together */
};

void arena_init(struct arena *arena);
/* Runs the endings, newest first, then gives all memory back. The arena can be used again. */
void arena_clear(struct arena *arena);

/* A thread keeps a few blocks for its next arenas; this gives them back, before it ends. */
void arena_forget_spares(void);

/* Makes room for what is known to come, in one block. */
void arena_reserve(struct arena *arena, size_t size);

/* Zeroed, aligned for anything. Never NULL, not even for size 0. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* For an array that grows by one: itself while there is room for it, else a copy with twice as
 * much. From NULL and 0 on nobody else may lengthen it. */
void *arena_room_for_one(struct arena *arena, void *items, size_t count, size_t size);

/* A copy that ends with a zero byte. NULL stays NULL. */
char *arena_string(struct arena *arena, const char *string);
char *arena_string_of(struct arena *arena, struct text text);
struct text arena_text(struct arena *arena, struct text text);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Registers what is to be called when the arena ends: on the line after a curl handle, an MHD
 * response or a json_t was created. */
void arena_at_end(struct arena *arena, void (*ending)(void *), void *object);

#endif
