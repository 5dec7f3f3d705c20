/* facts.h - what one JSON document of a reply says: an event of a stream, or a whole reply. */
#ifndef BOURSE_DIALECT_FACTS_H
#define BOURSE_DIALECT_FACTS_H

#include "base/buffer.h"
#include "chat/request.h"
#include "chat/usage.h"
#include "wire/json.h"

#define FACT_TEXT_MAX   JSON_TEXT_KEPT /* bytes kept of an error's texts */
#define FACTS_LOOSE_MAX 16             /* values whose places are kept */

enum fact_type { /* what a top-level `type` says: Responses and other typed events */
                 TYPE_NONE,
                 TYPE_DELTA,
                 TYPE_FINISH,
                 TYPE_ERROR,
                 TYPE_END, /* nothing follows on it */
                 TYPE_BLOCK_BEGIN,
                 TYPE_BLOCK_END,
};

/* What a block of Anthropic's is, which an event begins. */
enum fact_block { FACT_BLOCK_NONE, FACT_BLOCK_TEXT, FACT_BLOCK_THOUGHT, FACT_BLOCK_OTHER };

struct facts {
    bool is_object;
    bool has_choices;  /* `choices` with something in it */
    bool has_usage;    /* `usage` that is an object */
    bool has_error;    /* a top-level `error` that is neither null nor false */
    bool said;         /* a choice says something: text, reasoning, a tool call, a refusal */
    bool said_else;    /* neither text in one place nor reasoning */
    struct span words; /* the text of the answer, with its quotes; {0,0} where there is none */
    enum fact_type type;
    enum fact_block block;
    uint64_t choices_seen, choices_finished; /* a bit for each `index` up to 63 */
    struct usage usage;
    struct span usage_member; /* the top-level `usage` and one comma; {0,0} when absent */
};

struct facts_place;

struct facts_reader {
    struct facts facts;
    struct buffer error_message, error_code, error_type; /* empty where absent */

    /* Where strings that are not empty and numbers without sign or fraction stand of which nothing
     * was read but that they are there: another such value in the place of one is another document
     * with the same facts. */
    struct span loose[FACTS_LOOSE_MAX];
    size_t loose_count;

    /* private: where the scan is */
    struct json_scan *scan;
    const struct facts_place *places[JSON_DEPTH_MAX]; /* of the containers around; NULL: not ours */
    const struct facts_rule *rule;                    /* for the value of the key just heard */
    uint64_t choice;                                  /* bit of the choice that is being read */
    bool choice_finished;
    bool says_input; /* `input_tokens`, and not `prompt_tokens` */
    int64_t beside;  /* tokens that were cached or written to a cache, where they are not part of
                        those that came in */
    bool in_usage, usage_is_first;
    size_t member_end; /* of the top-level member before; 0 when there is none */
};

/* Ends the process when there is no memory for the scan. */
void facts_reader_init(struct facts_reader *reader);
void facts_reader_clear(struct facts_reader *reader);

/* False when the document is not one JSON object. */
bool facts_read(struct facts_reader *reader, struct text document);

#endif
