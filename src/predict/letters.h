/* letters.h - what kind of character a code point is, and its lower case. */
#ifndef BOURSE_PREDICT_LETTERS_H
#define BOURSE_PREDICT_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

enum letter_kind {
    LETTER_SPACE,
    LETTER_WORD,     /* joins its neighbours into a word */
    LETTER_DIGIT,    /* ASCII only */
    LETTER_MARK,     /* punctuation: a word of its own */
    LETTER_UNSPACED, /* of a script that writes no spaces: a word of its own */
};

extern const uint8_t letter_ascii_kinds[0x80]; /* enum letter_kind */
enum letter_kind letter_kind_beyond_ascii(uint32_t point);

static inline enum letter_kind letter_kind(uint32_t point)
{
    return point < 0x80 ? (enum letter_kind)letter_ascii_kinds[point]
                        : letter_kind_beyond_ascii(point);
}

/* Lower case in the scripts that have one and are common; other letters as they are. */
uint32_t letter_lower(uint32_t point);

#endif
