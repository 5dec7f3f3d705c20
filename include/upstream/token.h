/* token.h - asks a source for a bearer token, once. It waits for disk and network: for a thread of
 * its own, never for a loop. */
#ifndef BOURSE_UPSTREAM_TOKEN_H
#define BOURSE_UPSTREAM_TOKEN_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buffer.h"
#include "catalog/token_source.h"

/* Bytes of a token, and of what it is told in. */
#define TOKEN_MAX       ((size_t)8 << 10)
#define TOKEN_REPLY_MAX ((size_t)64 << 10)

struct token_answer {
    enum token_trouble trouble; /* TOKEN_FINE: there is a token */
    int detail;                 /* the errno or status that belongs to the trouble */
    struct buffer value;        /* at most TOKEN_MAX */
    int64_t lives_ms;           /* from now on; -1 where nobody said */
};

void token_answer_init(struct token_answer *answer);
void token_answer_clear(struct token_answer *answer);

/* What a source has said `age_ms` ago: a JSON object with access_token and expires_in (seconds),
 * or, of a file, the token itself. */
void token_read(struct text said, bool is_file, int64_t age_ms, struct token_answer *answer);

/* Asks it, for a few seconds at most, and gives up early when `stops` becomes true. */
void token_fetch(const struct token_source *source, const atomic_bool *stops,
                 struct token_answer *answer);

#endif
