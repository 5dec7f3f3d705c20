/* deadlines.c - when each call must be looked at, the earliest first. */
#include "deadlines.h"

#include <stdlib.h>

struct deadlines_entry {
    int64_t due_ms;
    struct upstream_call *call;
};

void deadlines_clear(struct deadlines *deadlines)
{
    free(deadlines->entries);
    *deadlines = (struct deadlines){ 0 };
}

static void nearer(int64_t due_ms, enum fail fail, int64_t *nearest_ms, enum fail *ret_fail)
{
    if (due_ms >= *nearest_ms)
        return;
    *nearest_ms = due_ms;
    *ret_fail = fail;
}

int64_t deadlines_limit_ms(const struct upstream_call *call, enum fail *ret_fail)
{
    const struct call_limits *limits = &call->limits;
    int64_t started_ms = call->started_us / 1000, nearest_ms = INT64_MAX;
    bool audible = call->streamed && !call->paused;

    if (limits->deadline_ms > 0)
        nearer(limits->deadline_ms, FAIL_CLIENT_DEADLINE, &nearest_ms, ret_fail);
    if (limits->total_ms > 0)
        nearer(started_ms + limits->total_ms, FAIL_TOTAL_TIMEOUT, &nearest_ms, ret_fail);
    if (limits->connect_ms > 0 && !call->connected)
        nearer(started_ms + limits->connect_ms, FAIL_CONNECT_TIMEOUT, &nearest_ms, ret_fail);
    if (limits->first_token_ms > 0 && audible && !call->token_noted)
        nearer(started_ms + limits->first_token_ms, FAIL_FIRST_TOKEN_TIMEOUT, &nearest_ms,
               ret_fail);
    if (limits->idle_ms > 0 && audible && call->token_noted)
        nearer(call->heard_ms + limits->idle_ms, FAIL_IDLE_TIMEOUT, &nearest_ms, ret_fail);
    return nearest_ms;
}

static void put(struct deadlines *deadlines, size_t slot, struct deadlines_entry entry)
{
    deadlines->entries[slot] = entry;
    entry.call->deadline_slot = slot;
}

static void rise(struct deadlines *deadlines, size_t slot)
{
    struct deadlines_entry entry = deadlines->entries[slot];
    while (slot > 0 && deadlines->entries[(slot - 1) / 2].due_ms > entry.due_ms) {
        put(deadlines, slot, deadlines->entries[(slot - 1) / 2]);
        slot = (slot - 1) / 2;
    }
    put(deadlines, slot, entry);
}

static void sink(struct deadlines *deadlines, size_t slot)
{
    struct deadlines_entry entry = deadlines->entries[slot];
    for (;;) {
        size_t child = 2 * slot + 1;
        if (child + 1 < deadlines->count &&
            deadlines->entries[child + 1].due_ms < deadlines->entries[child].due_ms)
            child++;
        if (child >= deadlines->count || deadlines->entries[child].due_ms >= entry.due_ms)
            break;
        put(deadlines, slot, deadlines->entries[child]);
        slot = child;
    }
    put(deadlines, slot, entry);
}

void deadlines_add(struct deadlines *deadlines, struct upstream_call *call)
{
    if (deadlines->count == deadlines->room) {
        size_t room = deadlines->room ? deadlines->room * 2 : 64;
        struct deadlines_entry *entries = realloc(deadlines->entries, room * sizeof(*entries));
        if (!entries)
            abort();
        deadlines->entries = entries;
        deadlines->room = room;
    }
    enum fail fail;
    size_t slot = deadlines->count++;
    deadlines->entries[slot] = (struct deadlines_entry){ deadlines_limit_ms(call, &fail), call };
    rise(deadlines, slot);
}

void deadlines_remove(struct deadlines *deadlines, struct upstream_call *call)
{
    size_t slot = call->deadline_slot;
    if (slot == DEADLINES_NO_SLOT)
        return;
    call->deadline_slot = DEADLINES_NO_SLOT;
    struct deadlines_entry last = deadlines->entries[--deadlines->count];
    if (last.call == call)
        return;
    put(deadlines, slot, last);
    rise(deadlines, slot);
    sink(deadlines, last.call->deadline_slot);
}

void deadlines_hasten(struct deadlines *deadlines, struct upstream_call *call)
{
    if (call->deadline_slot == DEADLINES_NO_SLOT)
        return;
    enum fail fail;
    struct deadlines_entry *entry = &deadlines->entries[call->deadline_slot];
    int64_t due_ms = deadlines_limit_ms(call, &fail);
    if (due_ms >= entry->due_ms)
        return;
    entry->due_ms = due_ms;
    rise(deadlines, call->deadline_slot);
}

int64_t deadlines_next_ms(const struct deadlines *deadlines)
{
    return deadlines->count ? deadlines->entries[0].due_ms : INT64_MAX;
}

struct upstream_call *deadlines_take_due(struct deadlines *deadlines, int64_t now_ms)
{
    while (deadlines_next_ms(deadlines) <= now_ms) {
        struct upstream_call *call = deadlines->entries[0].call;
        enum fail fail = FAIL_NONE;
        call_is_connected(call);
        int64_t due_ms = deadlines_limit_ms(call, &fail);
        if (due_ms <= now_ms) {
            deadlines_remove(deadlines, call);
            call->fail = fail;
            return call;
        }
        deadlines->entries[0].due_ms = due_ms;
        sink(deadlines, 0);
    }
    return NULL;
}
