/* deadlines.h - when each call must be looked at, the earliest first.
 *
 * A heap that is lazy on purpose: hearing from a provider only moves a deadline further away, so
 * the entry stays where it is and the true deadline is worked out when the entry comes to the top.
 * Only a deadline that comes nearer moves its entry. */
#ifndef BOURSE_UPSTREAM_DEADLINES_H
#define BOURSE_UPSTREAM_DEADLINES_H

#include "call.h"

struct deadlines_entry;

struct deadlines {
    struct deadlines_entry *entries;
    size_t count, room;
};

#define DEADLINES_NO_SLOT SIZE_MAX

void deadlines_clear(struct deadlines *deadlines);
void deadlines_add(struct deadlines *deadlines, struct upstream_call *call);
void deadlines_remove(struct deadlines *deadlines, struct upstream_call *call);
/* The call's limits may have come nearer. */
void deadlines_hasten(struct deadlines *deadlines, struct upstream_call *call);

/* When to look again; INT64_MAX for never. */
int64_t deadlines_next_ms(const struct deadlines *deadlines);

/* A call that has passed one of its limits, removed and with its `fail` set; NULL when there is
 * none left. */
struct upstream_call *deadlines_take_due(struct deadlines *deadlines, int64_t now_ms);

/* The nearest limit of a call as things stand, and the failure it means. */
int64_t deadlines_limit_ms(const struct upstream_call *call, enum fail *ret_fail);

#endif
