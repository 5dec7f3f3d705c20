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

enum letter_kind letter_kind(uint32_t point);
/* Lower case in the scripts that have one and are common; other letters as they are. */
uint32_t letter_lower(uint32_t point);

#endif
