/* document.h - a configuration as it was read, before names are linked. */
#ifndef BOURSE_STATE_DOCUMENT_H
#define BOURSE_STATE_DOCUMENT_H

#include "state/snapshot.h"

struct expectation {
    struct schema_object object;
    const char *model, *denied;
    struct schema_texts never;
};

struct document_test {
    struct schema_object object;
    const char *label;
    struct text request_json;
    struct expectation expect;
};

struct document {
    struct schema_object object;
    struct schema_texts listen;
    struct admin_settings admin;
    int64_t workers, drain_timeout_ms, drain_delay_ms;
    struct limits limits;
    struct schema_list providers, models, routes, callers, tests;
    const char *default_route, *default_provider, *live_state;
    int auth;
};

/* A node as JSON text in the arena: numbers and booleans where YAML has them unquoted. */
struct text document_json_of(const struct yaml_node *node, struct arena *arena);

#endif
