/* feedback_body.h - what a caller says of an answer, read from the body of POST /v1/feedback. */
#ifndef BOURSE_SERVE_FEEDBACK_BODY_H
#define BOURSE_SERVE_FEEDBACK_BODY_H

#include "base/arena.h"
#include "base/fail.h"

struct feedback {
    struct text id; /* of a decision or a request; in the arena */
    double score;   /* 0 to 1 */
    bool has_comment;
};

/* What is wrong with a body; all NULL while nothing is. */
struct complaint {
    enum fail fail;
    const char *message, *param;
};

struct complaint feedback_body_read(struct text body, struct arena *arena,
                                    struct feedback *ret_feedback);

#endif
