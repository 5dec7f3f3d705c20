/* tokens.h - the bearer tokens that are taken from a source again and again, one slot for each
 * source, surviving every reload.
 *
 * One thread puts tokens in; any thread takes copies at any time, without a lock. A token that has
 * ended is never given out, one whose source has failed since is, until it ends. */
#ifndef BOURSE_STATE_TOKENS_H
#define BOURSE_STATE_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "catalog/token_source.h"

struct arena;
struct live;
struct live_token;

/* At most so many sources are ever remembered, and a token is at most so long. */
#define LIVE_TOKENS_MAX 1024
#define LIVE_TOKEN_MAX  ((size_t)8 << 10)

/* Of a token whose end is not known. */
#define TOKEN_ENDS_NEVER INT64_MAX

/* The slot of a source, made when it is new. NULL where there are too many. Takes a lock. */
struct live_token *live_token_slot(struct live *live, const char *source);
const char *live_token_source(const struct live_token *token);

size_t live_token_count(const struct live *live);
struct live_token *live_token_at(struct live *live, size_t index);

/* ---- by the thread that fetches them ---- */

/* Whether the configuration that serves has it. */
void live_token_want(struct live_token *token, bool is_wanted);
bool live_token_is_wanted(const struct live_token *token);

/* A token that was got now and the time (clock_ms) at which it ends; the source will be asked again
 * at `next_ms`. What is longer than LIVE_TOKEN_MAX must not be given. */
void live_token_put(struct live_token *token, struct text value, int64_t ends_ms, int64_t now_ms,
                    int64_t next_ms);
/* The source had none. */
void live_token_miss(struct live_token *token, enum token_trouble trouble, int detail,
                     int64_t now_ms, int64_t next_ms);
unsigned live_token_failed_in_a_row(const struct live_token *token);
/* When the source is to be asked; 0 at first. At once where the token is doubted, unless it is
 * younger than that. */
int64_t live_token_due_ms(const struct live_token *token);

/* ---- by everybody ---- */

/* A copy; empty where there is none that is valid. */
struct secret live_token_take(const struct live_token *token, int64_t now_ms, struct arena *arena);
bool live_token_is_valid(const struct live_token *token, int64_t now_ms);
/* Its provider has refused it. */
void live_token_doubt(struct live_token *token);

struct live_token_report {
    bool is_valid;
    int64_t ends_in_ms; /* -1 where it is not known, or there is none */
    int64_t got_ago_ms; /* -1: never */
    int64_t next_in_ms; /* until the source is asked again; 0: now */
    uint64_t fetches, failures;
    enum token_trouble trouble;      /* of the last time; TOKEN_FINE where that was well */
    enum token_trouble last_trouble; /* TOKEN_FINE where there was none yet */
    int detail;                      /* of the last trouble */
    int64_t failed_ago_ms;           /* -1: never */
};

void live_token_report(const struct live_token *token, int64_t now_ms,
                       struct live_token_report *ret_report);

#endif
