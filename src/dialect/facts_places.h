/* facts_places.h - where in a reply's JSON something is noted: places, and the rules in each. */
#ifndef BOURSE_DIALECT_FACTS_PLACES_H
#define BOURSE_DIALECT_FACTS_PLACES_H

#include "facts.h"

struct facts_rule {
    struct text key;
    const struct facts_place *inside; /* where its container leads, NULL: not looked into */
    void (*note)(struct facts_reader *, const struct json_value *);
    size_t offset; /* of a member of struct usage, or of the reader's buffer */
    bool is_words; /* only that it says something is noted: another text would be noted the same */
    bool is_usage; /* the member that some clients are not shown */
};

struct facts_place {
    const struct facts_rule *rules;
    size_t rule_count;
    const struct facts_place *element; /* of an array */
    void (*note_any)(struct facts_reader *, const struct json_value *);
    void (*note_end)(struct facts_reader *);
};

/* Of the document itself, where it is an object. */
extern const struct facts_place facts_top;

#endif
