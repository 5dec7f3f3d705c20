/* map.h - a name leads to a pointer. Filled once while a snapshot is built, then only read.
 *
 * Names are kept by reference: they must live as long as the map's arena. */
#ifndef BOURSE_BASE_MAP_H
#define BOURSE_BASE_MAP_H

#include "base/arena.h"

struct map_slot;

struct map {
    struct map_slot *slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
    struct arena *arena;
};

void map_init(struct map *map, struct arena *arena);

/* Returns the pointer that already stands under that name and keeps it, or NULL when it was added.
 */
void *map_add(struct map *map, struct text name, void *value);

/* NULL when there is none. */
void *map_find(const struct map *map, struct text name);

#endif
