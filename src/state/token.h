/* token.h - what is remembered of one source of bearer tokens. */
#ifndef BOURSE_STATE_TOKEN_H
#define BOURSE_STATE_TOKEN_H

#include <stdatomic.h>

#include "base/metrics.h"
#include "state/tokens.h"

struct token_value {
    _Atomic size_t len; /* 0: none */
    _Atomic int64_t ends_ms;
    _Atomic uint64_t words[LIVE_TOKEN_MAX / sizeof(uint64_t)];
};

/* The value that counts is that of `turn`; the next is written beside it. */
struct live_token {
    const char *source;
    atomic_bool is_wanted, is_doubted;
    _Atomic uint64_t turn;
    struct token_value values[2];
    _Atomic int64_t asked_ms, got_ms, failed_ms, next_ms; /* 0: not yet */
    _Atomic int trouble, last_trouble, detail;            /* enum token_trouble, of an errno */
    _Atomic unsigned failed_in_a_row;
    struct counter fetches, failures;
};

#endif
