/* request_string.h - a string of the body, read where it stands, as far as it has arrived.
 *
 *     begin ──> read, read, … ──> STRING_ENDED ──> decode what is wanted of it
 *
 * Each byte is looked at once: escapes, control bytes and UTF-8 are checked, characters counted.
 * Nothing is copied; of a long string only its ends are ever decoded. */
#ifndef BOURSE_DIALECT_REQUEST_STRING_H
#define BOURSE_DIALECT_REQUEST_STRING_H

#include "request_characters.h"

enum string_state {
    STRING_GOES_ON, /* to the end of what has arrived, or beyond */
    STRING_ENDED,   /* its last quote was read */
    STRING_BROKEN,  /* a control byte, or an escape that is none */
    STRING_NOT_UTF8,
};

/* Two places are remembered between which, and behind which, stands so much text; so its last bytes
 * can be decoded from a place where a character begins. */
#define STRING_PART ((size_t)2048)

struct string_place {
    size_t at;   /* in the body, between two characters */
    size_t text; /* bytes of the string's text in front of it; one more for each half of a surrogate
                    pair that stands alone */
};

struct request_string {
    size_t start;             /* of its first quote, in the body */
    struct string_place read; /* up to here; behind its last quote at the end */
    struct string_place part, last_part;
    struct character_counts counts;
};

/* A string whose first quote stands at `start`. */
void request_string_begin(struct request_string *string, size_t start);

/* The body as it has arrived so far; never less than before. */
enum string_state request_string_read(struct request_string *string, struct text body);

/* Its text from *at on, which is the place of a character, as far as it fits; *at moves on. 0 at
 * the string's end. Half a surrogate pair becomes a question mark. For a string that has ended. */
size_t request_string_decode(const struct request_string *string, struct text body, size_t *at,
                             char *ret_text, size_t room);

#endif
