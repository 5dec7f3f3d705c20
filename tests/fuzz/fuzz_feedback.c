/* fuzz_feedback.c - any bytes as what a caller says of an answer: what is accepted is a rating,
 * what is not has a reason. */
#include <stdlib.h>

#include "serve/feedback_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct feedback feedback;
    arena_init(&arena);
    struct complaint complaint =
        feedback_body_read((struct text){ (const char *)data, size }, &arena, &feedback);
    if (complaint.fail ? !complaint.message : !(feedback.score >= 0 && feedback.score <= 1))
        abort();
    if (!complaint.fail && feedback.id.len > size)
        abort();
    arena_clear(&arena);
    return 0;
}
