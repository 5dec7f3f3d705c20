/* breaker.c - who keeps failing is left alone for a while, then asked by one request at a time. */
#include "breaker.h"

#include <math.h>

/* What opens a closed one: so many faults in a row ... */
#define STREAK_MOST 5
/* ... where those that made somebody wait for so long count twice: they cost more than a retry; */
#define WASTE_MS      5000
#define WASTED_WEIGHT 2
/* or this share of at least so many attempts, in the last 30 s. */
#define RATE_MOST   0.5
#define RATE_LEAST  10
#define BUCKET_MS   5000
#define BUCKET_MOST 0xffff

/* A pause is doubled from one failed probe to the next. The limit is what "back within 30 s" leaves
 * to a caller who asks every few seconds; where each probe makes somebody wait, they are fewer. */
#define PAUSE_FIRST_MS         1000
#define PAUSE_MOST_MS          20000
#define PAUSE_MOST_WASTEFUL_MS 60000
#define LEVEL_MOST             16
/* Who opens again sooner than that after it closed goes on with the pause that it had. */
#define LEVEL_KEPT_MS 60000

/* After recovery this share of what arrives is let through, growing to all of it. */
#define SLOW_START_MS   5000
#define SLOW_START_FROM 0.1

static int64_t load(const _Atomic int64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

/* ---- asking ---- */

static double share_at(int64_t since_ms, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - since_ms;
    if (since_ms == 0 || elapsed_ms >= SLOW_START_MS)
        return 1;
    return fmax(SLOW_START_FROM, (double)elapsed_ms / SLOW_START_MS);
}

/* The first is let through, and then whoever makes the share full: no dice, so that one request
 * every few seconds is not sent away. */
static enum breaker_answer ask_closed(struct breaker *breaker, int64_t now_ms)
{
    double share = share_at(load(&breaker->since_ms), now_ms);
    if (share >= 1)
        return BREAKER_YES;
    double arrived = atomic_fetch_add_explicit(&breaker->arrived, 1, memory_order_relaxed);
    return ceil((arrived + 1) * share) > ceil(arrived * share) ? BREAKER_YES : BREAKER_NOT_NOW;
}

/* Between the look at the time and the claim another probe may have ended: the state is looked at
 * again, so that one half-open time has one probe. */
static enum breaker_answer ask_half_open(struct breaker *breaker, int64_t now_ms)
{
    bool taken = false;
    if (!atomic_compare_exchange_strong_explicit(&breaker->probed, &taken, true,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return BREAKER_NOT_NOW;
    int64_t until_ms = load(&breaker->until_ms);
    if (until_ms && until_ms <= now_ms)
        return BREAKER_PROBE;
    breaker_release(breaker);
    return until_ms ? BREAKER_NOT_NOW : ask_closed(breaker, now_ms);
}

enum breaker_answer breaker_ask(struct breaker *breaker, int64_t now_ms)
{
    int64_t until_ms = load(&breaker->until_ms);
    if (!until_ms)
        return ask_closed(breaker, now_ms);
    return until_ms > now_ms ? BREAKER_NOT_NOW : ask_half_open(breaker, now_ms);
}

void breaker_release(struct breaker *breaker)
{
    atomic_store_explicit(&breaker->probed, false, memory_order_release);
}

/* ---- the window: a word for each 5 s, its number above, faults and all below ---- */

static uint32_t epoch_of(int64_t now_ms)
{
    return (uint32_t)(now_ms / BUCKET_MS);
}

static uint64_t counted(uint64_t word, uint32_t epoch, bool fault)
{
    if (word >> 32 != epoch)
        word = (uint64_t)epoch << 32;
    if ((word & BUCKET_MOST) == BUCKET_MOST) /* as many again, the shares are kept */
        word = (uint64_t)epoch << 32 | (word >> 17 & BUCKET_MOST >> 1) << 16 | BUCKET_MOST >> 1;
    return word + 1 + ((uint64_t)fault << 16);
}

static void count(struct breaker *breaker, int64_t now_ms, bool fault)
{
    uint32_t epoch = epoch_of(now_ms);
    _Atomic uint64_t *bucket = &breaker->window[epoch % BREAKER_BUCKETS];
    uint64_t word = atomic_load_explicit(bucket, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(bucket, &word, counted(word, epoch, fault),
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

static bool fails_too_often(const struct breaker *breaker, int64_t now_ms)
{
    uint32_t epoch = epoch_of(now_ms);
    uint64_t faults = 0, all = 0;
    for (size_t i = 0; i < BREAKER_BUCKETS; i++) {
        uint64_t word = atomic_load_explicit(&breaker->window[i], memory_order_relaxed);
        if (epoch - (uint32_t)(word >> 32) >= BREAKER_BUCKETS)
            continue;
        faults += word >> 16 & BUCKET_MOST;
        all += word & BUCKET_MOST;
    }
    return all >= RATE_LEAST && (double)faults >= RATE_MOST * (double)all;
}

/* What was before a change is no longer held against anybody. */
static void forget(struct breaker *breaker)
{
    atomic_store_explicit(&breaker->streak, 0, memory_order_relaxed);
    for (size_t i = 0; i < BREAKER_BUCKETS; i++)
        atomic_store_explicit(&breaker->window[i], 0, memory_order_relaxed);
}

/* ---- changes: who moves the word does what hangs on it ---- */

static bool move(struct breaker *breaker, int64_t from_ms, int64_t to_ms)
{
    return atomic_compare_exchange_strong_explicit(&breaker->until_ms, &from_ms, to_ms,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

static int64_t pause_ms(uint32_t level, const struct breaker_note *note)
{
    int64_t most_ms = note->wasted_ms >= WASTE_MS ? PAUSE_MOST_WASTEFUL_MS : PAUSE_MOST_MS;
    int64_t pause_ms = (int64_t)PAUSE_FIRST_MS << level;
    return pause_ms < most_ms ? pause_ms : most_ms;
}

static uint32_t next_level(const struct breaker *breaker)
{
    uint32_t level = atomic_load_explicit(&breaker->level, memory_order_relaxed);
    return level < LEVEL_MOST ? level + 1 : level;
}

static void say_why(struct breaker *breaker, uint32_t level, enum fail fail)
{
    atomic_store_explicit(&breaker->level, level, memory_order_relaxed);
    atomic_store_explicit(&breaker->why, (int)fail, memory_order_relaxed);
}

static bool open_it(struct breaker *breaker, const struct breaker_note *note)
{
    int64_t since_ms = load(&breaker->since_ms);
    bool again = since_ms && note->now_ms - since_ms < LEVEL_KEPT_MS;
    uint32_t level = again ? next_level(breaker) : 0;
    if (!move(breaker, 0, note->now_ms + pause_ms(level, note)))
        return false;
    atomic_store_explicit(&breaker->since_ms, note->now_ms, memory_order_release);
    say_why(breaker, level, note->fail);
    forget(breaker);
    counter_add(&breaker->opened, 1);
    return true;
}

static void open_longer(struct breaker *breaker, int64_t until_ms, const struct breaker_note *note)
{
    uint32_t level = next_level(breaker);
    if (move(breaker, until_ms, note->now_ms + pause_ms(level, note)))
        say_why(breaker, level, note->fail);
}

static bool close_it(struct breaker *breaker, int64_t until_ms, int64_t now_ms)
{
    forget(breaker);
    atomic_store_explicit(&breaker->arrived, 0, memory_order_relaxed);
    if (!move(breaker, until_ms, 0))
        return false;
    atomic_store_explicit(&breaker->since_ms, now_ms, memory_order_release);
    return true;
}

/* ---- noting ---- */

static bool note_closed(struct breaker *breaker, const struct breaker_note *note)
{
    bool fault = note->verdict == VERDICT_FAULT;
    if (note->started_ms < load(&breaker->since_ms))
        return false;
    count(breaker, note->now_ms, fault);
    if (!fault) {
        if (atomic_load_explicit(&breaker->streak, memory_order_relaxed))
            atomic_store_explicit(&breaker->streak, 0, memory_order_relaxed);
        return false;
    }
    uint32_t weight = note->wasted_ms >= WASTE_MS ? WASTED_WEIGHT : 1;
    uint32_t before = atomic_fetch_add_explicit(&breaker->streak, weight, memory_order_relaxed);
    if (before + weight < STREAK_MOST && !fails_too_often(breaker, note->now_ms))
        return false;
    return open_it(breaker, note);
}

/* A success that is younger than the opening closes it at once, an older one once the pause is
 * over: until then it may be of the time before. */
static bool note_open(struct breaker *breaker, int64_t until_ms, const struct breaker_note *note)
{
    bool speaks = note->started_ms >= load(&breaker->since_ms) || note->now_ms >= until_ms;
    if (note->verdict == VERDICT_GOOD && speaks)
        return close_it(breaker, until_ms, note->now_ms);
    if (note->verdict == VERDICT_FAULT && note->probe)
        open_longer(breaker, until_ms, note);
    return false;
}

/* The claim is released last: who gets it next sees what this probe has changed. */
bool breaker_note(struct breaker *breaker, const struct breaker_note *note)
{
    int64_t until_ms = load(&breaker->until_ms);
    bool changed = false;
    if (note->verdict != VERDICT_NONE)
        changed = until_ms ? note_open(breaker, until_ms, note) : note_closed(breaker, note);
    if (note->probe)
        breaker_release(breaker);
    return changed;
}

/* ---- looking ---- */

static struct health read_open(const struct breaker *breaker, int64_t until_ms, int64_t now_ms)
{
    struct health health = { .why = (enum fail)atomic_load_explicit(&breaker->why,
                                                                    memory_order_relaxed) };
    if (until_ms > now_ms) {
        health.state = HEALTH_COOLING;
        health.out_ms = until_ms - now_ms;
    } else {
        bool probed = atomic_load_explicit(&breaker->probed, memory_order_relaxed);
        health.state = probed ? HEALTH_PROBED : HEALTH_DUE;
    }
    return health;
}

struct health breaker_read(const struct breaker *breaker, int64_t now_ms)
{
    int64_t until_ms = load(&breaker->until_ms), since_ms = load(&breaker->since_ms);
    struct health health = { .state = HEALTH_WELL };
    double share = share_at(since_ms, now_ms);
    if (until_ms)
        health = read_open(breaker, until_ms, now_ms);
    else if (share < 1)
        health = (struct health){ .state = HEALTH_RECOVERING, .share = share };
    if (since_ms)
        health.age_ms = now_ms > since_ms ? now_ms - since_ms : 1;
    return health;
}
