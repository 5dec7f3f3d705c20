/* quiet.c - what is given back after a crowd, and when. */
#include "quiet.h"

#include "base/code_pages.h"
#include "base/heap.h"
#include "seat.h"

#define CROWD_LEAST 16 /* exchanges at once; fewer leave little behind */
#define QUIET_MS    2000
#define STEP        16 /* seats or handles that are given back at once: about a tenth of a ms */
#define SEATS_KEPT  8

/* In the whole process, as the last step makes all loops wait that want memory meanwhile. */
static bool has_left(const struct worker *worker)
{
    return worker->crowd >= CROWD_LEAST &&
           gauge_read(&worker->server->totals->exchanges) < CROWD_LEAST;
}

static void on_quiet(struct timer *timer)
{
    struct worker *worker = (struct worker *)((char *)timer - offsetof(struct worker, quiet));
    if (!has_left(worker))
        return;
    if (seats_shrink(worker, SEATS_KEPT, STEP) || upstream_shrink(worker->upstream, STEP)) {
        timer_arm(&worker->timers, timer, worker->now_ms);
        return;
    }
    outbox_spares_clear(&worker->spares);
    arena_forget_spares();
    heap_give_back();
    code_pages_let_go();
    worker->crowd = 0;
}

void quiet_init(struct worker *worker)
{
    worker->quiet.ring = on_quiet;
}

void quiet_note_begin(struct worker *worker)
{
    if (worker->exchanges > worker->crowd)
        worker->crowd = worker->exchanges;
}

void quiet_note_end(struct worker *worker)
{
    if (!worker->quiet.link && has_left(worker))
        timer_arm(&worker->timers, &worker->quiet, worker->now_ms + QUIET_MS);
}
