/* map.c - open addressing over a power of two, at most two thirds full. */
#include "base/map.h"

#include "base/random.h"

struct map_slot {
    struct text name;
    void *value; /* NULL: the slot is free */
};

#define MAP_FIRST_ROOM 16

void map_init(struct map *map, struct arena *arena)
{
    *map = (struct map){ .arena = arena };
}

/* The slot that holds the name, or the free one where it belongs. */
static struct map_slot *map_slot(const struct map *map, struct text name)
{
    size_t at = hash_bytes(name.data, name.len, 0) & (map->room - 1);
    while (map->slots[at].value && !text_equal(map->slots[at].name, name))
        at = (at + 1) & (map->room - 1);
    return &map->slots[at];
}

static void map_grow(struct map *map)
{
    struct map old = *map;
    map->room = old.room ? old.room * 2 : MAP_FIRST_ROOM;
    map->slots = arena_array(map->arena, map->room, sizeof(*map->slots));
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].value)
            *map_slot(map, old.slots[i].name) = old.slots[i];
}

void *map_add(struct map *map, struct text name, void *value)
{
    if (3 * (map->count + 1) > 2 * map->room)
        map_grow(map);
    struct map_slot *slot = map_slot(map, name);
    if (slot->value)
        return slot->value;
    *slot = (struct map_slot){ name, value };
    map->count++;
    return NULL;
}

void *map_find(const struct map *map, struct text name)
{
    return map->room ? map_slot(map, name)->value : NULL;
}
