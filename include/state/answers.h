/* answers.h - who answered what lately, for callers who say how good it was.
 *
 * A ring of the last ANSWERS_MAX answers, found by the decision's id or the request's. An answer
 * belongs to the caller who asked, and can be rated once. Any thread may keep and rate. */
#ifndef BOURSE_STATE_ANSWERS_H
#define BOURSE_STATE_ANSWERS_H

#include "state/live.h"

#define ANSWERS_MAX 16384 /* a power of two */

struct answers;

struct answers *answers_new(void);
void answers_free(struct answers *answers);

struct answer {
    const char *decision_id, *request_id;
    const char *caller; /* NULL without keys */
    const struct live_model *slot;
    enum task task;
};

void answers_keep(struct answers *answers, const struct answer *answer);

enum rating {
    RATING_TAKEN,
    RATING_UNKNOWN, /* no such answer, or too long ago, or somebody else's */
    RATING_AGAIN,   /* it was rated before */
};

struct rated {
    struct live_model *slot;
    enum task task;
};

/* Marks the answer as rated; what was said of it is for the caller to note. */
enum rating answers_rate(struct answers *answers, const struct live *live, struct text id,
                         const char *caller, struct rated *ret_rated);

#endif
