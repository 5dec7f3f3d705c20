/* breaker.h - who keeps failing is left alone for a while, then asked by one request at a time.
 *
 *              faults                     the pause is over
 *     closed ──────────> open ──────────────────────────────> half-open ──┐ one probe at a time
 *       ^ │                ^                                     │    ^   │
 *       │ └ slow start     └──────── a fault: a longer pause ────┘    └───┘ it says nothing
 *       └──────────────────────────── a success ─────────────────┘
 *
 * The state is one word: until when it is open, 0 while it is closed; so half-open is not a state
 * that somebody has to enter, but what an open breaker is after its time. An attempt speaks only of
 * the time after the last change: one that began before and fails late says nothing new.
 *
 * Atomics only; any thread may ask and note at any time. Times are clock_ms(). */
#ifndef BOURSE_STATE_BREAKER_H
#define BOURSE_STATE_BREAKER_H

#include "base/fail.h"
#include "base/metrics.h"
#include "catalog/figures.h"

#define BREAKER_BUCKETS 6

struct breaker {
    _Atomic int64_t until_ms; /* 0: closed */
    _Atomic int64_t since_ms; /* opened first, or closed; 0: never yet */
    _Atomic bool probed;      /* the probe is taken */
    _Atomic uint32_t streak;  /* faults since the last success, by weight */
    _Atomic uint32_t level;   /* of the pause: it doubles with each */
    _Atomic uint32_t arrived; /* in the slow start */
    _Atomic int why;          /* enum fail */
    _Atomic uint64_t window[BREAKER_BUCKETS];
    struct counter opened;
};

enum breaker_answer { BREAKER_NOT_NOW, BREAKER_YES, BREAKER_PROBE };

/* May an attempt start? BREAKER_PROBE is a claim that no second one gets: its attempt's end must be
 * noted as that of the probe, or the claim be released. */
enum breaker_answer breaker_ask(struct breaker *breaker, int64_t now_ms);
void breaker_release(struct breaker *breaker);

enum breaker_verdict { VERDICT_NONE, VERDICT_GOOD, VERDICT_FAULT };

struct breaker_note {
    enum breaker_verdict verdict;
    enum fail fail;
    int64_t now_ms;
    int64_t started_ms; /* the attempt; or when it gave its last sign of life */
    int64_t wasted_ms;  /* that a fault made its caller wait */
    bool probe;
};

/* True where this note has opened or closed it. */
bool breaker_note(struct breaker *breaker, const struct breaker_note *note);

struct health breaker_read(const struct breaker *breaker, int64_t now_ms);

#endif
