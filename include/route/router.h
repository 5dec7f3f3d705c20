/* router.h - choose which models should answer a request, and say why.
 *
 *     features  (what the client asks for) ──┐
 *     catalog   (what models exist)        ──┤
 *     policy    (what the operator wants)  ──┼──> router_decide() ──> decision
 *     figures   (who is well right now)    ──┘
 *
 * The router is a pure function: no I/O, no clock, no memory of its own. The same inputs give the
 * same decision, which is what lets `bourse explain` tell the truth.
 *
 * A candidate is never removed from a decision, only ruled out with a reason. An empty shortlist is
 * therefore an answer that explains itself, not an error. Who is out for a while (its breaker is
 * open, or its provider asked for a pause) is not ruled out: it stands behind all who are well, and
 * of several the one that is back first stands first.
 *
 *     value = success · answer_value · quality − cost − second_cost · seconds − detour      [USD]
 *     detour = (1 − success) / success · (cost + second_cost · first token)
 *
 * `success` is the chance that an attempt succeeds, so (1 − success) / success is how many attempts
 * are expected to fail before one does not; each is held to cost what it costs and the wait for a
 * first token that does not come. The value of a candidate depends on no other candidate. */
#ifndef BOURSE_ROUTE_ROUTER_H
#define BOURSE_ROUTE_ROUTER_H

#include <jansson.h>

#include "base/fail.h"
#include "catalog/figures.h"
#include "route/features.h"
#include "route/policy.h"

/* Finds a request header by name (any case) for `when: {header: …}`; empty text when absent. */
typedef struct text header_lookup(void *context, const char *name);

struct question {
    const struct chat_request *request;
    const struct features *features;
    const struct catalog *catalog;
    const struct policy *policy;
    const struct route *route;
    const struct objective *preset; /* of a suffix; NULL without one */
    const struct figures *figures;  /* one for each model of the catalog, by model index */
    const char *key;                /* who calls, NULL without keys */
    header_lookup *header;          /* may be NULL */
    void *header_context;
    int hour;           /* 0 to 23 */
    uint64_t dice;      /* what `split` and `explore` throw: the same number, the same throw */
    bool may_explore;   /* the request will be sent; a dry run tells what is best */
    bool keys_required; /* a provider whose api_key is named but not set is ruled out */
};

enum ruled_out {
    RULED_OUT_NOT,
    RULED_OUT_RULE,
    RULED_OUT_WISH,
    RULED_OUT_CONTEXT,
    RULED_OUT_MAX_OUTPUT,
    RULED_OUT_CAPABILITY,
    RULED_OUT_DIALECT, /* its provider's language cannot say it */
    RULED_OUT_MIN_QUALITY,
    RULED_OUT_MAX_COST,
    RULED_OUT_UNKNOWN_PRICE,
    RULED_OUT_FIRST_TOKEN,
    RULED_OUT_NO_KEY,
    RULED_OUT_QUALITY_TARGET,
    RULED_OUT_COUNT
};

/* "context window", … for the explanation. */
const char *ruled_out_name(enum ruled_out reason);

enum term_source {
    SOURCE_YAML,
    SOURCE_DEFAULT,
    SOURCE_BLENDED,
    SOURCE_MEASURED,
    SOURCE_ASSUMED,
    SOURCE_LEARNED
};

/* The terms of a trained predictor; see predict/predictor.h. */
struct learned_quality {
    double mean, task, residual, calibrated, trust;
    double outcomes; /* behind the mean */
};

#define LEARNED_TASKS 3

struct learned_tasks {               /* what it made of the request */
    double earned;                   /* 0 to 1: how far a change of favourite is trusted */
    const char *name[LEARNED_TASKS]; /* the likeliest, in order */
    double chance[LEARNED_TASKS];
    size_t count; /* 0: no predictor, or one without tasks */
};

struct candidate {
    const struct model *model;
    enum ruled_out ruled_out;
    const char
        *detail;   /* why, for people: "needs 130,000 tokens, window is 128,000"; NULL if not out */
    uint64_t lost; /* of the request, in its provider's language: a set of enum field */
    int group;     /* an order that the request fixed: lower ones first, whatever the value */
    double value;  /* USD: the score */

    double quality; /* 0 to 1, with preferences of rules added */
    double quality_profile, preference;
    double feedback, feedback_count; /* mean of the ratings for this task, and their number */
    double feedback_share;           /* how much of the quality is theirs: 0 to a half */
    enum term_source quality_source;
    struct learned_quality learned; /* where the source is SOURCE_LEARNED */

    double cost; /* USD, expected */
    int64_t tokens_in, tokens_out;
    int64_t tokens_cached; /* expected to be read from the prompt cache; part of tokens_in */
    double cached_saving;  /* USD that they make it cheaper; part of the cost */
    int64_t tokens_cacheable, session_age_ms; /* what the session's last prompt leaves; 0 if none */
    double cache_hits, cache_hits_count;      /* what of it is hit, and the samples behind that */
    int64_t tokens_in_safe;                   /* for the window */
    double token_ratio; /* of the provider's count to our estimate, calibrated */
    double token_ratio_count, output_count; /* samples behind the tokens in and out */
    enum term_source price_source; /* SOURCE_ASSUMED: unknown, scored with the dearest known */

    double seconds, first_token_ms, first_token_p90_ms, tokens_per_second;
    double late_ms;       /* nine of ten have spoken by then; -1: nothing is known */
    double latency_count; /* samples behind it */
    enum term_source latency_source;

    double success_rate, success_count;

    struct health health;
};

struct flip { /* the smallest change of one number that would put another candidate first */
    const char *number; /* "answer_value", "second_cost", "quality_target" */
    double from, to;
    const struct model *model; /* who would then be first; NULL: none would */
};

#define FLIPS_MAX         3
#define MATCHED_RULES_MAX 16

struct decision {
    enum fail fail;      /* FAIL_NONE, FAIL_DENIED, FAIL_CONTEXT_LENGTH or FAIL_NO_CANDIDATE */
    const char *message; /* for the client where it failed */
    const struct route *route;
    struct objective objective; /* after rules, suffix and the request's own numbers */
    struct constraints constraints;
    struct features features;
    struct learned_tasks learned;
    struct candidate *candidates; /* all: first the shortlist in order, then those ruled out */
    size_t count, shortlist;
    const char *matched[MATCHED_RULES_MAX]; /* names of the rules that matched */
    size_t matched_count;
    const char *split; /* name of the rule whose split chose the first candidate, NULL if none */
    bool explored;     /* the first is not the best, but the one about which least is known */
    struct flip flips[FLIPS_MAX];
    size_t flip_count;
};

/* Everything in the decision lives in the arena or in the snapshot. */
void router_decide(const struct question *question, struct arena *arena,
                   struct decision *ret_decision);

/* The value of a candidate under an objective's numbers, USD. */
double candidate_value(const struct candidate *candidate, const struct objective *objective);

/* Works out `flips`; not part of router_decide because only an explanation needs it. */
void router_flips(struct decision *decision);

#define RULE_NAMES_SIZE 512

/* The names of the rules that matched, with commas between, for headers and log lines; "" without
 * any. Those for which there is no room are left out. */
void decision_rule_names(const struct decision *decision, char ret_names[RULE_NAMES_SIZE]);

/* The explanation, one JSON document: the same for POST /v1/route, GET /decisions/{id},
 * x-bourse-explain and `bourse explain --json`. A new reference, never NULL. `id` may be NULL. */
json_t *decision_to_json(const struct decision *decision, const char *id);
/* For a person: a table of candidates and a line of reason each. */
void decision_print(const struct decision *decision, struct buffer *out);

/* A deep copy in one block from malloc, pointing into nothing but itself, for the ring of recent
 * decisions; give it back with free(). decision_to_json works on it. */
struct decision *decision_copy(const struct decision *decision);

/* The same into `room` bytes at `block`, aligned as by malloc; NULL where they are too few. How
 * many it takes is told in any case. */
struct decision *decision_copy_into(const struct decision *decision, void *block, size_t room,
                                    size_t *ret_size);

#endif
