/* request.h - what a client asks for, in our own words: read once from the wire, then only looked
 * at.
 *
 * It holds no copy of the body. What decides (counts, needs, the ends of the texts) is here; what
 * is forwarded stays where it arrived, and `splices` says which bytes of it are replaced or
 * removed. */
#ifndef BOURSE_CHAT_REQUEST_H
#define BOURSE_CHAT_REQUEST_H

#include "chat/fields.h"

enum endpoint {
    ENDPOINT_CHAT,
    ENDPOINT_COMPLETIONS,
    ENDPOINT_EMBEDDINGS,
    ENDPOINT_RESPONSES,
    ENDPOINT_MESSAGES,     /* Anthropic's */
    ENDPOINT_COUNT_TOKENS, /* the same, and only how long it is */
    ENDPOINT_RELAYED,      /* any other path of the OpenAI API */
    ENDPOINT_COUNT
};

/* "chat", "completions", … as rules, logs and metrics call them. */
const char *endpoint_name(enum endpoint endpoint);

/* What a model must be able to do. The same bits are a model's capabilities. */
enum need {
    NEED_TOOLS = 1 << 0,
    NEED_VISION = 1 << 1,
    NEED_JSON_SCHEMA = 1 << 2,
    NEED_PARALLEL_TOOLS = 1 << 3,
    NEED_AUDIO = 1 << 4,
    NEED_REASONING = 1 << 5, /* only a capability: asking for effort does not require it */
    NEED_PREFILL = 1 << 6,   /* only a capability */
    NEED_LOGPROBS = 1 << 7,
};

/* What a request has, for `when: {has: …}`. */
enum has {
    HAS_TOOLS = 1 << 0,
    HAS_IMAGES = 1 << 1,
    HAS_AUDIO = 1 << 2,
    HAS_JSON_SCHEMA = 1 << 3,
    HAS_SYSTEM = 1 << 4,
    HAS_FILES = 1 << 5,
};

/* Bytes of the body, from start up to but not including end. */
struct span {
    size_t start, end;
};

/* At most this many bytes of each text are kept: the first and the last half. */
#define CHAT_EXCERPT_MAX 4000

struct excerpt {
    struct text head, tail; /* decoded UTF-8; tail is empty where all fits into head */
    size_t total;           /* bytes of the whole text */
};

/* At most `max` bytes of it, half from each end where it is longer. */
struct excerpt excerpt_within(const struct excerpt *excerpt, size_t max);

struct chat_pair {
    struct text name, value;
};

#define CHAT_PAIRS_MAX   32 /* metadata members read; more is a 400 */
#define CHAT_MODELS_MAX  16 /* `models`, provider lists, tags; more is a 400 */
#define CHAT_SPLICES_MAX 64 /* places of the body that change; more is a 400 */

struct chat_names {
    struct text *items;
    size_t count;
};

enum sort { SORT_NONE, SORT_PRICE, SORT_THROUGHPUT, SORT_LATENCY };

/* OpenRouter's `provider` member: the part that can be honoured. Unknown members are a 400. */
struct chat_provider_wishes {
    struct chat_names order, only, ignore;
    bool has_allow_fallbacks, allow_fallbacks;
    enum sort sort;
    double max_price_in, max_price_out; /* USD for a million tokens, -1 where absent */
};

enum splice_kind {
    SPLICE_MODEL,  /* the value of `model`, quotes included: becomes the upstream's name */
    SPLICE_REMOVE, /* one of our own members, with the comma that belongs to it */
};

struct splice {
    enum splice_kind kind;
    struct span span;
};

struct chat_request {
    enum endpoint endpoint;
    struct text model; /* as asked for, decoded; empty when absent */
    bool stream;
    bool include_usage;              /* the client asked for it itself */
    struct span stream_options;      /* the value, {0,0} when absent */
    struct span include_usage_value; /* its include_usage value, {0,0} when absent */
    size_t body_end; /* where the outermost object's } stands: a member can be added before it */
    bool body_empty; /* the outermost object has no members */
    size_t messages_end; /* where the ] behind the last message stands; 0 where there is none */

    uint64_t fields;           /* a set of enum field: what not every language has */
    uint64_t named;            /* those and the ones whose value means nothing */
    struct chat_names unknown; /* members that are not known here, as many as there is room for */

    bool newer_limit;   /* max_completion_tokens is there */
    bool has_developer; /* a message of that role */
    bool has_results;   /* a message with the result of a tool */

    int turns;                 /* messages (or input items) */
    int n;                     /* choices asked for, 1 when absent */
    int tools;                 /* tool definitions */
    int images;                /* parts */
    int64_t max_output_tokens; /* -1 when absent */
    uint32_t needs;            /* enum need */
    uint32_t has;              /* enum has */

    struct excerpt user;   /* the last user message (or the prompt, or the input) */
    struct excerpt system; /* system and developer messages, `instructions` */
    struct excerpt before; /* the turn before the last user message */

    /* Characters of all text that the model will read, by script: for the estimate of tokens. */
    size_t chars_ascii, chars_latin, chars_cjk, chars_other;

    struct text session; /* session_id, else prompt_cache_key, else empty */
    struct text user_id; /* `user` or `safety_identifier` */
    struct chat_pair *metadata;
    size_t metadata_count;
    struct chat_names tags;      /* metadata.tags */
    struct chat_names fallbacks; /* `models` after the first, `fallbacks` */
    struct chat_provider_wishes wishes;

    /* Ours. -1 where absent. USD; USD a second. */
    double answer_value, second_cost, max_cost;
    bool explain;
    int num_retries;    /* -1 when absent */
    int64_t timeout_ms; /* -1 when absent */

    struct splice *splices; /* in the order of their places, not overlapping */
    size_t splice_count;
};

#endif
