/* reading.h - a request's text as numbers: the words it has, and some dozens of counts.
 *
 *     text ──one pass──> terms  (words and pairs of neighbours, hashed into buckets, each once)
 *                   └──> dense  (lengths, digits, operators, brackets, scripts, option lists)
 *
 * What is read is what the scan kept: the two ends of the last user message, of the system prompt
 * and of the turn before. Training and serving read with this same code. Neither case nor the
 * amount of white space changes a reading. */
#ifndef BOURSE_PREDICT_READING_H
#define BOURSE_PREDICT_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any change of what a text becomes is another recipe: files of older ones are refused. */
#define READING_RECIPE 1

#define READING_BUCKETS   16384
#define READING_TERMS_MAX 8000 /* over all parts; what comes later is not read */

/* The parts of a request. Their terms share the buckets but not the hash. */
enum part { PART_USER, PART_SYSTEM, PART_BEFORE, PART_COUNT };

enum dense {
    DENSE_LENGTH,
    DENSE_WORDS,
    DENSE_WORD_LENGTH,
    DENSE_LONGEST_WORD,
    DENSE_DIGIT_SHARE,
    DENSE_NUMBERS,
    DENSE_LONG_NUMBERS,
    DENSE_DECIMALS,
    DENSE_OPTIONS,
    DENSE_HAS_OPTIONS,
    DENSE_COMMANDS, /* of LaTeX: a backslash before a letter */
    DENSE_FENCES,
    DENSE_ENDS_ASKING,
    DENSE_ENDS_OPEN, /* with a colon */
    DENSE_DISTINCT,
    DENSE_FOREIGN_SHARE, /* characters beyond ASCII */
    DENSE_UNSPACED_SHARE,
    DENSE_OPERATOR_SHARE,
    DENSE_BACKSLASH_SHARE,
    DENSE_BRACKET_SHARE,
    DENSE_QUOTE_SHARE,
    DENSE_COMMA_SHARE,
    DENSE_PERIOD_SHARE,
    DENSE_MARKS, /* one count for each row of the marks in dense.c, from here on */
};

#define READING_MARKS 26
#define DENSE_COUNT   (DENSE_MARKS + READING_MARKS)

struct reading {
    float dense[DENSE_COUNT];
    size_t ends[PART_COUNT]; /* the terms of a part end here and those of the next begin */
    uint16_t terms[READING_TERMS_MAX + 1]; /* buckets, each once in a part; the last is spare */
};

struct chat_request;

void reading_read(const struct chat_request *request, struct reading *ret_reading);
/* At most so many bytes of the last user message. */
void reading_read_within(const struct chat_request *request, size_t user_max,
                         struct reading *ret_reading);

#endif
