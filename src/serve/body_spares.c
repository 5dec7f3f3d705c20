/* body_spares.c - large buffers of bodies that are done with, kept a moment for the bodies that
 * come. */
#include "body_spares.h"

#include <sys/mman.h>
#include <unistd.h>

/* ---- large ones go in slices ---- */

/* Of the pages that lie wholly between them. */
static void give_pages_back(char *from, char *to)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t)from + page - 1) / page * page;
    const uintptr_t last = (uintptr_t)to / page * page;
    if (last > first)
        madvise((void *)first, last - first, MADV_DONTNEED);
}

static void on_slices(struct timer *timer)
{
    struct body_spares *spares =
        (struct body_spares *)((char *)timer - offsetof(struct body_spares, slices));
    struct buffer *last = &spares->going[spares->going_count - 1];
    if (last->room > BODY_SLICE) {
        last->room -= BODY_SLICE;
        give_pages_back(last->data + last->room, last->data + last->room + BODY_SLICE);
    } else {
        buffer_clear(last);
        spares->going_count--;
    }
    if (spares->going_count > 0)
        timer_arm(spares->timers, timer, timer->deadline_ms + 1);
}

static void let_go(struct body_spares *spares, struct buffer *buffer, int64_t now_ms)
{
    if (buffer->room <= BODY_SLICE || spares->going_count == BODIES_GOING_MAX) {
        buffer_clear(buffer);
        return;
    }
    spares->going[spares->going_count++] = *buffer;
    buffer_init(buffer, buffer->max);
    if (!spares->slices.link)
        timer_arm(spares->timers, &spares->slices, now_ms);
}

/* ---- those that are kept ---- */

/* The coldest go first. */
static void give_back(struct body_spares *spares, size_t count, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++)
        let_go(spares, &spares->buffers[i], now_ms);
    spares->count -= count;
    memmove(spares->buffers, spares->buffers + count, spares->count * sizeof(struct buffer));
}

static void on_timer(struct timer *timer)
{
    struct body_spares *spares =
        (struct body_spares *)((char *)timer - offsetof(struct body_spares, timer));
    give_back(spares, spares->unneeded, timer->deadline_ms);
    spares->unneeded = spares->count;
    if (spares->count > 0)
        timer_arm(spares->timers, timer, timer->deadline_ms + BODY_SPARES_KEPT_MS);
}

void body_spares_init(struct body_spares *spares, struct timers *timers)
{
    *spares =
        (struct body_spares){ .timers = timers, .timer.ring = on_timer, .slices.ring = on_slices };
}

void body_spares_clear(struct body_spares *spares)
{
    timer_stop(spares->timers, &spares->timer);
    timer_stop(spares->timers, &spares->slices);
    for (size_t i = 0; i < spares->count; i++)
        buffer_clear(&spares->buffers[i]);
    for (size_t i = 0; i < spares->going_count; i++)
        buffer_clear(&spares->going[i]);
    spares->count = spares->going_count = 0;
}

/* The warmest that has room and not far too much, or NULL. */
static struct buffer *find(struct body_spares *spares, size_t room, size_t max)
{
    if (max / BODY_SPARE_SHARE > room)
        max = room * BODY_SPARE_SHARE;
    for (size_t i = spares->count; i > 0; i--) {
        struct buffer *spare = &spares->buffers[i - 1];
        if (spare->room >= room && spare->room <= max)
            return spare;
    }
    return NULL;
}

static struct buffer remove_spare(struct body_spares *spares, struct buffer *spare)
{
    const struct buffer removed = *spare;
    const size_t behind = spares->count - (size_t)(spare - spares->buffers) - 1;
    memmove(spare, spare + 1, behind * sizeof(*spare));
    spares->count--;
    if (spares->unneeded > spares->count)
        spares->unneeded = spares->count;
    return removed;
}

void body_spares_grow(struct body_spares *spares, struct buffer *buffer, size_t len)
{
    const size_t needed = buffer->len + len;
    if (needed <= buffer->room || needed < BODY_SPARE_SMALLEST)
        return;
    struct buffer *spare = find(spares, needed, buffer->max);
    if (!spare)
        return;
    struct buffer grown = remove_spare(spares, spare);
    grown.max = buffer->max;
    buffer_append_text(&grown, buffer_text(buffer));
    buffer_clear(buffer);
    *buffer = grown;
}

void body_spares_take(struct body_spares *spares, struct buffer *buffer, int64_t now_ms)
{
    if (buffer->room < BODY_SPARE_SMALLEST || buffer->room > BODY_SPARE_LARGEST ||
        spares->count == BODY_SPARES_MAX) {
        let_go(spares, buffer, now_ms);
        return;
    }
    struct buffer *spare = &spares->buffers[spares->count++];
    *spare = *buffer;
    spare->len = 0;
    buffer_init(buffer, buffer->max);
    if (spares->timer.link)
        return;
    spares->unneeded = 0;
    timer_arm(spares->timers, &spares->timer, now_ms + BODY_SPARES_KEPT_MS);
}
