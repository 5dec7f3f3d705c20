/* document.c - the rows of the whole configuration. */
#include "document.h"

#define WORKERS_MAX 64

static const struct schema_key admin_keys[] = {
    { "listen", SCHEMA_TEXT, offsetof(struct admin_settings, listen), .fallback = "127.0.0.1:8081",
      .doc = "HOST:PORT, [::]:PORT or unix:PATH, never the public one; off for none." },
    { .name = NULL },
};
static const struct schema admin_schema = {
    "admin", sizeof(struct admin_settings), admin_keys,
    .doc = "Metrics, health, decisions, reload: for those who run bourse."
};

static const struct schema_key limits_keys[] = {
    { "request_body", SCHEMA_SIZE, offsetof(struct limits, request_body), .fallback = "64MiB",
      .min = 1024, .max = 1 << 30, .doc = "Largest body accepted." },
    { "header_timeout", SCHEMA_DURATION, offsetof(struct limits, header_timeout_ms),
      .fallback = "10s", .min = 0.1, .max = 3600, .doc = "For all headers, from the first byte." },
    { "body_timeout", SCHEMA_DURATION, offsetof(struct limits, body_timeout_ms), .fallback = "60s",
      .min = 0.1, .max = 86400, .doc = "For the whole upload, however steadily it flows." },
    { "connections", SCHEMA_INT, offsetof(struct limits, connections), .fallback = "20000",
      .min = 1, .max = 1000000, .doc = "Clients at the same time." },
    { "buffered_bytes", SCHEMA_SIZE, offsetof(struct limits, buffered_bytes), .fallback = "1GiB",
      .min = 1 << 20, .max = 1e15,
      .doc = "What all exchanges together may hold; above it new requests get 503." },
    { "client_buffer", SCHEMA_SIZE, offsetof(struct limits, client_buffer), .fallback = "256KiB",
      .min = 4096, .max = 1 << 30,
      .doc = "What is held for one slow client before the provider is paused." },
    { .name = NULL },
};
static const struct schema limits_schema = { "limits", sizeof(struct limits), limits_keys,
                                             .doc = "What clients may take of this process." };

static const struct schema_key expectation_keys[] = {
    { "model", SCHEMA_TEXT, offsetof(struct expectation, model), .doc = "Which model comes first.",
      .example = "llama-local" },
    { "denied", SCHEMA_TEXT, offsetof(struct expectation, denied),
      .doc = "It must be denied; the text tells the reader why." },
    { "not", SCHEMA_TEXTS, offsetof(struct expectation, never),
      .doc = "Models that must not come first.", .example = "[gpt-4o]" },
    { .name = NULL },
};
static const struct schema expectation_schema = { "expect", sizeof(struct expectation),
                                                  expectation_keys, .doc = "What must come out." };

static void read_request(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    if (node->kind == YAML_MAPPING)
        *(struct text *)field = document_json_of(node, reading->arena);
    else
        problems_add(reading->problems, PROBLEM_ERROR, node, "must be a mapping: a chat request");
}

static const struct schema_key test_keys[] = {
    { "name", SCHEMA_TEXT, offsetof(struct document_test, label), .required = true,
      .doc = "A sentence that should be true.", .example = "internal data stays home" },
    { "request", SCHEMA_CUSTOM, offsetof(struct document_test, request_json), .required = true,
      .read = read_request, .json_schema = "{\"type\": \"object\"}",
      .doc = "A chat request, as a client sends it.",
      .example = "{model: auto, messages: [{role: user, content: hi}]}" },
    { "expect", SCHEMA_OBJECT, offsetof(struct document_test, expect),
      .object = &expectation_schema, .doc = "What must come out." },
    { .name = NULL },
};
static const struct schema test_schema = { "test", sizeof(struct document_test), test_keys,
                                           .doc = "Run by `bourse check`." };

static void read_workers(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    uint64_t workers;
    if (node->kind == YAML_SCALAR && text_is(node->scalar, "auto"))
        *(int64_t *)field = 0;
    else if (node->kind == YAML_SCALAR && text_to_u64(node->scalar, &workers) && workers >= 1 &&
             workers <= WORKERS_MAX)
        *(int64_t *)field = (int64_t)workers;
    else
        problems_add(reading->problems, PROBLEM_ERROR, node, "must be auto or 1 to %d",
                     WORKERS_MAX);
}

static const struct schema_word auth_words[] = { { "keys", AUTH_KEYS, "only with a key" },
                                                 { "none", AUTH_NONE, "everybody" },
                                                 { NULL, 0, NULL } };

#define FIELD(member) offsetof(struct document, member)
static const struct schema_key document_keys[] = {
    { "listen", SCHEMA_TEXTS, FIELD(listen), .fallback = "127.0.0.1:8080",
      .doc = "HOST:PORT, [::]:PORT or unix:PATH; a list is allowed." },
    { "admin", SCHEMA_OBJECT, FIELD(admin), .object = &admin_schema,
      .doc = "The listener of the operator." },
    { "workers", SCHEMA_CUSTOM, FIELD(workers), .read = read_workers,
      .json_schema = "{\"anyOf\": [{\"const\": \"auto\"}, {\"type\": \"integer\"}]}",
      .doc = "Threads, 1 to 64; auto (where left out) is one for each CPU.", .example = "auto" },
    { "drain_timeout", SCHEMA_DURATION, FIELD(drain_timeout_ms), .fallback = "300s", .min = 0.1,
      .max = 86400, .doc = "How long open answers may go on after SIGTERM." },
    { "drain_delay", SCHEMA_DURATION, FIELD(drain_delay_ms), .fallback = "0s", .max = 3600,
      .doc = "How long after SIGTERM new clients are still served while /readyz says 503 already: "
             "as long as load balancers need to notice." },
    { "live_state", SCHEMA_TEXT, FIELD(live_state), .example = "/var/lib/bourse/live",
      .doc =
          "File that keeps what was measured of models, and who answered which session, over a "
          "restart; taken at the start; off for none. Left out: $STATE_DIRECTORY/live where systemd gives one, else none." },
    { "limits", SCHEMA_OBJECT, FIELD(limits), .object = &limits_schema,
      .doc = "What clients may take of this process." },
    { "providers", SCHEMA_MAP, FIELD(providers), .object = &provider_schema,
      .doc = "Who runs models, by name." },
    { "models", SCHEMA_MAP, FIELD(models), .object = &model_schema,
      .doc = "What can answer, by name." },
    { "routes", SCHEMA_MAP, FIELD(routes), .object = &route_schema,
      .doc = "What clients name in `model`." },
    { "default_route", SCHEMA_TEXT, FIELD(default_route), .fallback = "error",
      .doc = "For a model name that is not known: error, or a route." },
    { "default_provider", SCHEMA_TEXT, FIELD(default_provider),
      .doc = "Who gets paths of the API that name no model; nobody where left out.",
      .example = "openai" },
    { "auth", SCHEMA_ENUM, FIELD(auth), .words = auth_words,
      .doc = "Who may call. Left out: keys where any are listed, else none, which a listener "
             "that others can reach is refused with.",
      .example = "keys" },
    { "keys", SCHEMA_CUSTOM, FIELD(callers), .read = callers_read,
      .json_schema = callers_json_schema, .doc = "Callers by name, with the hashes of their keys.",
      .example = "{team: {hash: \"sha256:…\", routes: [auto]}}" },
    { "tests", SCHEMA_LIST, FIELD(tests), .object = &test_schema,
      .doc = "What must come out for a request; run by `bourse check`." },
    { .name = NULL },
};

const struct schema document_schema = { "document", sizeof(struct document), document_keys,
                                        .doc = "The whole configuration." };
