/* evidence.h - what was seen of one model: atomics that any thread may note and read.
 *
 * Latency is kept twice: by size of the input over minutes, which is what a request is told, and
 * for the model as a whole over hours, which is what a size without samples of its own borrows. */
#ifndef BOURSE_STATE_EVIDENCE_H
#define BOURSE_STATE_EVIDENCE_H

#include "sketch.h"
#include "state/live.h"

#define INPUT_SIZES 4 /* up to 1,000, 8,000 and 32,000 estimated tokens, and above */

size_t input_size_of(int64_t tokens_in);
/* "1k", …, as the status page and the file call it. */
const char *input_size_name(size_t size);

struct latency {
    struct sketch first_token; /* ms; of a reply that is not streamed: the whole */
    struct sketch speed;       /* tokens a second: after the first; of all, over the whole time */
};

/* In the order in which a decision reads it, what it reads of other requests' kinds last. */
struct evidence {
    struct decayed outcomes; /* successes over successes and troubles that were the provider's */
    struct decayed token_ratio, token_ratio_square;
    struct decayed verbosity;
    struct decayed cache_hits; /* of what might have been cached, the share that was */
    _Atomic bool in_trouble;   /* the last attempts have failed */
    struct gauge inflight;
    struct decayed output[TASK_COUNT];
    struct decayed feedback[TASK_COUNT];    /* scores that callers gave */
    struct latency overall[2];              /* [streamed] */
    struct latency by_size[INPUT_SIZES][2]; /* [size][streamed] */
};

extern const struct decay decay_outcomes, decay_latency, decay_latency_overall, decay_token_ratio,
    decay_output, decay_cache_hits, decay_feedback;

void evidence_note(struct evidence *evidence, const struct attempt_outcome *outcome);
/* Its breaker has opened and answers for it: past failures no longer count, so that it has its old
 * place when it is back. */
void evidence_forgive(struct evidence *evidence);
void evidence_read(const struct evidence *evidence, const struct live_view *view,
                   struct figures *ret_figures);

#endif
