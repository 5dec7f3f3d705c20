/* lexicon.h - the words that tell a task, a human language or a programming language, in one index
 * so that a text is read once. */
#ifndef BOURSE_ROUTE_LEXICON_H
#define BOURSE_ROUTE_LEXICON_H

#include "base/text.h"
#include "chat/request.h"

enum cue_kind { CUE_TASK, CUE_LANGUAGE, CUE_CODE };

/* A row of words that say the same thing. Words are lower case, parted by commas; a cue may be two
 * words with one space. */
struct cue_row {
    enum cue_kind kind;
    int task;         /* CUE_TASK: enum task */
    const char *name; /* CUE_LANGUAGE: ISO 639-1; CUE_CODE: "python", … */
    float weight;
    const char *words;
};

#define CUE_ROWS_MAX 64
extern const struct cue_row cue_rows[];
extern const size_t cue_row_count;

/* What one pass over the texts found. All sums are weighted by the weight of the text. */
struct marks {
    float rows[CUE_ROWS_MAX]; /* hits of each row of words */
    float bytes;
    float code;   /* braces, semicolons, equals signs and their like */
    float math;   /* operators beside digits, LaTeX commands */
    float digits; /* bytes that are digits */
    float fences; /* three backticks */
    float words;
};

/* Adds what a text shows. One pass, about a nanosecond for each byte. */
void marks_read(struct marks *marks, struct text text, float weight);

/* The last user message; then the system prompt and the turn before it, which say less. */
void marks_read_user(struct marks *marks, const struct chat_request *request);
void marks_read_around(struct marks *marks, const struct chat_request *request);

#endif
