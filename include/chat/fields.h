/* fields.h - the members of a chat request that not every language has, and what becomes of each.
 *
 * The reader notes which of them a request has, in a value that means anything; the table says what
 * each dialect does with it. So it is known before anybody is asked what would be lost there: the
 * router does not send where something is lost that the answer cannot do without, a strict route
 * does not send where anything is, and of all else the client is told. */
#ifndef BOURSE_CHAT_FIELDS_H
#define BOURSE_CHAT_FIELDS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "chat/dialects.h"

enum field {
    FIELD_NONE,

    /* how it is sampled */
    FIELD_TEMPERATURE,
    FIELD_TEMPERATURE_ABOVE_1,
    FIELD_TOP_P,
    FIELD_TOP_K,
    FIELD_FREQUENCY_PENALTY,
    FIELD_PRESENCE_PENALTY,
    FIELD_LOGIT_BIAS,
    FIELD_SEED,
    FIELD_STOP,
    FIELD_STOP_BLANK,

    /* what is wanted of the answer */
    FIELD_MAX_TOKENS,
    FIELD_N,
    FIELD_LOGPROBS,
    FIELD_TOP_LOGPROBS,
    FIELD_JSON_SCHEMA,
    FIELD_JSON_OBJECT,
    FIELD_REASONING_EFFORT,
    FIELD_REASONING,
    FIELD_THINKING,
    FIELD_VERBOSITY,
    FIELD_PREDICTION,
    FIELD_AUDIO_OUTPUT,
    FIELD_WEB_SEARCH,

    /* tools */
    FIELD_TOOLS,
    FIELD_TOOL_CHOICE,
    FIELD_PARALLEL_TOOL_CALLS,
    FIELD_TOOL_STRICT,
    FIELD_CUSTOM_TOOLS,
    FIELD_SERVER_TOOLS,
    FIELD_FUNCTIONS,

    /* what is said */
    FIELD_SYSTEM,
    FIELD_NAME,
    FIELD_IMAGE_DATA,
    FIELD_IMAGE_ADDRESS,
    FIELD_IMAGE_DETAIL,
    FIELD_AUDIO_INPUT,
    FIELD_AUDIO_ANSWER,
    FIELD_FILE_DATA,
    FIELD_FILE_ID,
    FIELD_CITATIONS,
    FIELD_DOCUMENT_NOTES,
    FIELD_OWN_BLOCKS,
    FIELD_REASONING_DETAILS,
    FIELD_OWN_PART, /* Anthropic's */
    FIELD_OTHER_PART,

    /* of legacy completions */
    FIELD_PROMPTS,
    FIELD_SUFFIX,
    FIELD_ECHO,
    FIELD_BEST_OF,
    FIELD_LEGACY_LOGPROBS,

    /* about the request */
    FIELD_USER,
    FIELD_METADATA,
    FIELD_STORE,
    FIELD_STORED,
    FIELD_BACKGROUND,
    FIELD_TRUNCATION,
    FIELD_SERVICE_TIER,
    FIELD_PROMPT_CACHE_KEY,
    FIELD_CACHE_CONTROL,
    FIELD_OWN,        /* members of Anthropic's own */
    FIELD_OWN_GOOGLE, /* of Google's */
    FIELD_OTHER,
    FIELD_COUNT
};

enum carriage {
    CARRIED_NOT,      /* lost */
    CARRIED_ALIKE,    /* under another name or in another place at most */
    CARRIED_MAPPED,   /* as what comes nearest to it */
    CARRIED_NEEDLESS, /* it means nothing there: nothing is lost without it */
};

struct field_row {
    const char *name;    /* as the header, the metric and the page of the manual call it */
    const char *neutral; /* the value that means the same as none; NULL: there is no such value */
    bool is_essential;   /* without it the answer is another than was asked for */
    unsigned char carried[DIALECT_LANGUAGES]; /* enum carriage, from another language */
    const char *doc;
};

const struct field_row *field_row(enum field field);

/* FIELD_NONE where there is none of that name. */
enum field field_named(struct text name);

/* A set of fields: a bit for each. */
static inline uint64_t field_bit(enum field field)
{
    return (uint64_t)1 << field;
}

/* A number or word as it is written, that means the same as none. */
bool field_is_neutral(enum field field, struct text written);

/* Those of a set that a dialect loses. */
uint64_t fields_lost(uint64_t fields, enum provider_dialect dialect);
/* Those of a set that are essential. */
uint64_t fields_essential(uint64_t fields);

/* "seed, logit_bias": their names, appended. */
void fields_print(uint64_t fields, const char *separator, struct buffer *out);

const char *carriage_word(enum carriage carriage);

#endif
