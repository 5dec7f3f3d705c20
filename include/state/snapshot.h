/* snapshot.h - everything read-only that a configuration says, built whole, replaced whole.
 *
 * Each worker holds a reference to the current one and each exchange to the one it began with; the
 * last reference frees it. Building one takes milliseconds and happens outside the loops. */
#ifndef BOURSE_STATE_SNAPSHOT_H
#define BOURSE_STATE_SNAPSHOT_H

#include "catalog/catalog.h"
#include "govern/keys.h"
#include "route/policy.h"
#include "state/live.h"
#include "state/tokens.h"

enum auth_mode { AUTH_UNSAID, AUTH_KEYS, AUTH_NONE };

struct limits {
    struct schema_object object;
    uint64_t request_body;
    int64_t header_timeout_ms, body_timeout_ms;
    int64_t connections;
    uint64_t buffered_bytes, client_buffer;
};

struct admin_settings {
    struct schema_object object;
    const char *listen; /* "off" for none */
};

struct route_test { /* `tests:`, run by `bourse check` */
    struct schema_object object;
    const char *label;
    struct text request_json;
    const char *expect_model, *expect_denied;
    struct schema_texts expect_not;
};

struct snapshot {
    struct arena arena;
    const char *path; /* "" for the zero configuration */
    char digest[65];  /* SHA-256 of the file's bytes, hex */
    uint64_t serial;  /* counts up in the process: no two snapshots share one */
    int64_t loaded_wall_ms;
    struct schema_texts listen;
    struct admin_settings admin;
    int64_t workers; /* 0 is auto */
    int64_t drain_timeout_ms, drain_delay_ms;
    const char *live_state; /* a path, "off", or NULL: where systemd says */
    struct limits limits;
    int auth; /* enum auth_mode, as it holds: never AUTH_UNSAID */
    struct catalog catalog;
    struct policy policy;
    struct keyring keyring;
    const struct provider *default_provider; /* NULL: relayed paths must name a model */
    struct route_test *tests;
    size_t test_count;
    struct live_model **slots;             /* by model index; NULL without a live state (check) */
    struct live_provider **provider_slots; /* by provider index; the same */
    struct live_token **token_slots;       /* by provider index; NULL where it has no source */
    struct live_route **route_slots; /* by the index of those routes that are written; the same */
    const char
        *zero_note; /* zero configuration: what was found, for the first log line; else NULL */
};

struct snapshot_source {
    const char *path;  /* NULL: ./bourse.yaml, /etc/bourse/bourse.yaml, else zero configuration */
    struct live *live; /* NULL for commands that call nobody */
    bool secrets_optional;
};

/* NULL when there were errors; `problems` lives in the caller's arena, warnings come there too. */
struct snapshot *snapshot_load(const struct snapshot_source *source, struct problems *problems);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is fine */

/* The document's rows, for `bourse reference`. */
extern const struct schema document_schema;

#endif
