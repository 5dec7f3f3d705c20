/* usage.h - what an answer consumed, as far as the provider said. Unknown is -1, never 0. */
#ifndef BOURSE_CHAT_USAGE_H
#define BOURSE_CHAT_USAGE_H

#include <stdbool.h>
#include <stdint.h>

struct usage {
    int64_t tokens_in;        /* with the cached ones */
    int64_t tokens_cached;    /* part of tokens_in */
    int64_t tokens_out;       /* with the reasoning ones */
    int64_t tokens_reasoning; /* part of tokens_out */
};

/* clang-format off */
#define USAGE_UNKNOWN { -1, -1, -1, -1 }
/* clang-format on */

static inline bool usage_is_known(const struct usage *usage)
{
    return usage->tokens_in >= 0 || usage->tokens_out >= 0;
}

#endif
