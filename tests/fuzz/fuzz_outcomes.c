/* fuzz_outcomes.c - any bytes as outcome data; what is accepted is read as a request. */
#include <stdlib.h>

#include "measure/outcomes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct outcomes outcomes;
    const char *why = NULL;
    arena_init(&arena);
    outcomes_init(&outcomes, &arena);
    bool good =
        outcomes_read_text(&outcomes, (struct text){ (const char *)data, size }, "fuzz", &why);
    if (!good && !why)
        abort();
    outcomes_finish(&outcomes);
    for (size_t i = 0; i < outcomes.row_count; i++) {
        struct chat_request request;
        if (!outcome_request(&outcomes.rows[i], &arena, &request, &why))
            abort();
    }
    arena_clear(&arena);
    return 0;
}
