/* sessions.h - which model answered a session last, and how much of it that model has read: what
 * its provider may still have in its prompt cache.
 *
 * A fixed table that forgets: a session that is not found is decided anew, which is never wrong.
 * Who calls is part of a session's key, and the key is hashed with a secret of the process, so
 * nobody finds or displaces the sessions of others on purpose. Any thread may note and find. */
#ifndef BOURSE_STATE_SESSIONS_H
#define BOURSE_STATE_SESSIONS_H

#include "state/live.h"

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *sessions);

/* 0 when there is no session; `caller` may be NULL. */
uint64_t sessions_key(const struct sessions *sessions, const char *caller, struct text session);

struct session_trace {
    const struct live_model *slot;
    int64_t tokens; /* of the last prompt */
    int64_t age_ms;
};

bool sessions_find(const struct sessions *sessions, const struct live *live, uint64_t key,
                   int64_t now_ms, struct session_trace *ret_trace);
void sessions_note(struct sessions *sessions, uint64_t key, const struct live_model *slot,
                   int64_t tokens, int64_t now_ms);
/* Only where this model was the last one. */
void sessions_forget(struct sessions *sessions, uint64_t key, const struct live_model *slot);

/* ---- for those who go on with them in another process ---- */

#define SESSIONS_MAX 65536

/* The secret; taken over before any key is made. */
uint64_t sessions_seed(const struct sessions *sessions);
void sessions_take_seed(struct sessions *sessions, uint64_t seed);

/* The key of what stands in one of SESSIONS_MAX places; 0 where nothing does. */
uint64_t sessions_at(const struct sessions *sessions, const struct live *live, size_t place,
                     int64_t now_ms, struct session_trace *ret_trace);

#endif
