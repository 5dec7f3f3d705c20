/* decision_copy.c - a decision in one block that outlives the snapshot it was made in.
 *
 * The walk goes on when the block is full, and then has found how large it must be. */
#include <stddef.h>
#include <stdlib.h>

#include "route/router.h"

struct packing {
    char *block;
    size_t room, used; /* nothing more is written once it would be more than there is room for */
};

#define ALIGNMENT _Alignof(max_align_t)

/* A place for `size` bytes, and what stands at `from` copied there; NULL where there is no room. */
static void *pack(struct packing *packing, const void *from, size_t size)
{
    size_t at = (packing->used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    packing->used = at + size;
    if (packing->used > packing->room)
        return NULL;
    return size ? memcpy(packing->block + at, from, size) : packing->block + at;
}

static const char *pack_string(struct packing *packing, const char *string)
{
    return string ? pack(packing, string, strlen(string) + 1) : NULL;
}

/* What an explanation says of a model: its names and its price. */
static const struct model *pack_model(struct packing *packing, const struct model *model)
{
    struct model small = { .object.name = pack_string(packing, model->object.name),
                           .index = model->index,
                           .provider_name = pack_string(packing, model->provider_name),
                           .price = model->price,
                           .context_window = model->context_window };
    small.price.object = (struct schema_object){ NULL, NULL };
    return pack(packing, &small, sizeof small);
}

static const struct route *pack_route(struct packing *packing, const struct route *route)
{
    struct route small = { .object.name = pack_string(packing, route->object.name),
                           .index = route->index };
    return pack(packing, &small, sizeof small);
}

static struct candidate *pack_candidates(struct packing *packing, const struct decision *decision)
{
    struct candidate *copies =
        pack(packing, decision->candidates, decision->count * sizeof *decision->candidates);
    for (size_t i = 0; i < decision->count; i++) {
        const struct model *model = pack_model(packing, decision->candidates[i].model);
        const char *detail = pack_string(packing, decision->candidates[i].detail);
        if (copies) {
            copies[i].model = model;
            copies[i].detail = detail;
        }
    }
    return copies;
}

static void pack_decision(struct packing *packing, const struct decision *decision)
{
    struct decision copy = *decision;
    struct decision *home = pack(packing, decision, sizeof *decision);
    copy.message = pack_string(packing, decision->message);
    copy.route = pack_route(packing, decision->route);
    copy.objective.name = pack_string(packing, decision->objective.name);
    copy.constraints.object = (struct schema_object){ NULL, NULL };
    copy.candidates = pack_candidates(packing, decision);
    for (size_t i = 0; i < decision->learned.count; i++)
        copy.learned.name[i] = pack_string(packing, decision->learned.name[i]);
    for (size_t i = 0; i < decision->matched_count; i++)
        copy.matched[i] = pack_string(packing, decision->matched[i]);
    copy.split = pack_string(packing, decision->split);
    for (size_t i = 0; i < decision->flip_count; i++) {
        const struct model *model = decision->flips[i].model;
        copy.flips[i].model = model ? pack_model(packing, model) : NULL;
    }
    if (home)
        *home = copy;
}

struct decision *decision_copy_into(const struct decision *decision, void *block, size_t room,
                                    size_t *ret_size)
{
    struct packing packing = { block, room, 0 };
    pack_decision(&packing, decision);
    *ret_size = packing.used;
    return packing.used <= room ? block : NULL;
}

struct decision *decision_copy(const struct decision *decision)
{
    size_t size;
    decision_copy_into(decision, NULL, 0, &size);
    void *block = malloc(size);
    if (!block)
        abort();
    return decision_copy_into(decision, block, size, &size);
}
