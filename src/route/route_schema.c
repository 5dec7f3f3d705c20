/* route_schema.c - what a route may say in YAML. */
#include <stddef.h>

#include "objective.h"
#include "route_entry.h"

static const struct schema_word failover_words[] = {
    { "continue", FAILOVER_CONTINUE, "another model goes on where the stream broke" },
    { "restart", FAILOVER_RESTART, "another model begins anew" },
    { "hold", FAILOVER_HOLD, "nothing is sent before the answer is complete" },
    { "error", FAILOVER_ERROR, "the client is told" },
    { NULL, 0, NULL },
};

static const struct schema_word rate_limit_words[] = {
    { "wait", RATE_LIMIT_WAIT, "wait as long as the provider says, up to max_wait" },
    { "next", RATE_LIMIT_NEXT, "ask the next candidate at once" },
    { NULL, 0, NULL },
};

static const struct schema_word content_policy_words[] = {
    { "error", CONTENT_POLICY_ERROR, "the client gets the provider's reason" },
    { "next", CONTENT_POLICY_NEXT, "ask the next candidate" },
    { NULL, 0, NULL },
};

static const struct schema_word sticky_words[] = {
    { "off", STICKY_OFF, "every request is decided anew" },
    { "session", STICKY_SESSION, "what its last prompt left in a cache makes a model cheaper" },
    { NULL, 0, NULL },
};

static const struct schema_word hedge_words[] = {
    { "off", HEDGE_OFF, "one candidate is asked after the other" },
    { "on", HEDGE_ON, "the second-best is started as well when the first is late" },
    { NULL, 0, NULL },
};

/* clang-format off */
static const struct schema_key keys[] = {
    { "extends", SCHEMA_TEXT, offsetof(struct route_entry, extends), .example = "auto",
      .doc = "Another route: what is not said here is as there." },
    { "candidates", SCHEMA_TEXTS, offsetof(struct route_entry, candidates),
      .example = "[gpt-4o, llama-local]", .doc = "The models to choose from. Ties go to the earlier." },
    { "objective", SCHEMA_CUSTOM, offsetof(struct route_entry, objective), .read = objective_read,
      .json_schema = OBJECTIVE_JSON, .example = "balanced",
      .doc = "best, balanced, cheapest, fastest; or {answer_value, second_cost} in USD; or "
             "{quality_target: 98%}, which with a `predictor` of all candidates is the share of the "
             "best single model's quality that is kept over all requests, at the least cost, and "
             "otherwise of the best candidate's for each. balanced where left out." },
    { "constraints", SCHEMA_OBJECT, offsetof(struct route_entry, constraints),
      .object = &constraints_schema, .doc = "What a candidate must keep to." },
    { "rules", SCHEMA_LIST, offsetof(struct route_entry, rules), .object = &rule_schema,
      .doc = "Asked in order; all that match apply." },
    { "attempts", SCHEMA_INT, offsetof(struct route_entry, attempts), .fallback = "4", .min = 1, .max = 16,
      .doc = "All attempts of one request together." },
    { "stream_failover", SCHEMA_ENUM, offsetof(struct route_entry, stream_failover),
      .fallback = "continue", .words = failover_words, .doc = "What follows a stream that breaks." },
    { "on_rate_limit", SCHEMA_ENUM, offsetof(struct route_entry, on_rate_limit), .fallback = "wait",
      .words = rate_limit_words, .doc = "What follows a 429." },
    { "on_content_policy", SCHEMA_ENUM, offsetof(struct route_entry, on_content_policy),
      .fallback = "error", .words = content_policy_words,
      .doc = "What follows a provider's refusal because of what the request says." },
    { "max_inflight", SCHEMA_INT, offsetof(struct route_entry, max_inflight), .min = 1, .max = 1000000,
      .doc = "Requests that are answered at the same time. Above it a request waits for at most "
             "max_wait, in the order of arrival. Left out: no limit but those of the providers.",
      .example = "64" },
    { "max_wait", SCHEMA_DURATION, offsetof(struct route_entry, max_wait_ms), .fallback = "5s",
      .max = 600, .doc = "Longest wait for a provider, or the route itself, that is at its limit." },
    { "keep_alive_comments", SCHEMA_DURATION, offsetof(struct route_entry, keep_alive_comments_ms),
      .fallback = "15s", .max = 3600, .doc = "Silence after which a stream carries a comment; 0 for none." },
    { "sticky", SCHEMA_ENUM, offsetof(struct route_entry, sticky), .fallback = "session",
      .words = sticky_words, .doc = "Whether requests of a session (session_id, prompt_cache_key, x-session-id) know of each other." },
    { "explore", SCHEMA_SHARE, offsetof(struct route_entry, explore), .fallback = "0%", .max = 1,
      .doc = "Share of the requests that go to the candidate about which least is known; never under a rule's `only`." },
    { "explore_max_cost", SCHEMA_MONEY, offsetof(struct route_entry, explore_max_cost), .max = 1e6,
      .doc = "What such a request may be expected to cost, USD. Left out: twice what the best candidate costs.",
      .example = "0.01" },
    { "hedge", SCHEMA_ENUM, offsetof(struct route_entry, hedge), .fallback = "off", .words = hedge_words,
      .doc = "What follows when the first token (of a reply that is not streamed: all of it) has not "
             "come by the time at which nine of ten have; the first to speak answers, the other is "
             "cancelled." },
    { "hedge_share", SCHEMA_SHARE, offsetof(struct route_entry, hedge_share), .fallback = "10%", .max = 1,
      .doc = "The most of the route's requests for which a second candidate is started, and at most "
             "ten at once." },
    { "strict", SCHEMA_BOOL, offsetof(struct route_entry, strict), .fallback = "false",
      .doc = "Refuse a request that cannot be carried whole into the provider's dialect." },
    { "predictor", SCHEMA_TEXT, offsetof(struct route_entry, predictor), .fallback = "builtin",
      .example = "/etc/bourse/quality.predictor",
      .doc = "builtin: quality by task; off: the models' default quality; or a file made by "
             "`bourse train`, for the models that it knows." },
    { .name = NULL },
};

const struct schema route_schema = {
    "route", sizeof(struct route_entry), keys, NULL,
    "What clients name in `model`: a set of models and how to choose between them.",
};

#define FIELD(key, member)                                                                         \
    { (key), offsetof(struct route_entry, member), sizeof(((struct route_entry *)0)->member) }

static const struct {
    const char *key;
    size_t offset, size;
} inherited[] = {
    FIELD("candidates", candidates),
    FIELD("objective", objective),
    FIELD("constraints", constraints),
    FIELD("rules", rules),
    FIELD("attempts", attempts),
    FIELD("stream_failover", stream_failover),
    FIELD("on_rate_limit", on_rate_limit),
    FIELD("on_content_policy", on_content_policy),
    FIELD("max_inflight", max_inflight),
    FIELD("max_wait", max_wait_ms),
    FIELD("keep_alive_comments", keep_alive_comments_ms),
    FIELD("sticky", sticky),
    FIELD("explore", explore),
    FIELD("explore_max_cost", explore_max_cost),
    FIELD("hedge", hedge),
    FIELD("hedge_share", hedge_share),
    FIELD("strict", strict),
    FIELD("predictor", predictor),
};
/* clang-format on */

void route_entry_inherit(struct route_entry *entry, const struct route_entry *from)
{
    for (size_t i = 0; i < sizeof inherited / sizeof inherited[0]; i++) {
        if (!yaml_find(entry->object.node, inherited[i].key))
            memcpy((char *)entry + inherited[i].offset, (const char *)from + inherited[i].offset,
                   inherited[i].size);
    }
}

void constraints_settle(struct constraints *constraints)
{
    const struct yaml_node *node = constraints->object.node;
    if (!yaml_find(node, "min_quality"))
        constraints->min_quality = -1;
    if (!yaml_find(node, "max_cost"))
        constraints->max_cost = -1;
    if (!yaml_find(node, "max_first_token"))
        constraints->max_first_token_ms = -1;
}
