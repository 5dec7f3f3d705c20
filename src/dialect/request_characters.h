/* request_characters.h - how many characters a text has, by script: for the estimate of tokens. */
#ifndef BOURSE_DIALECT_REQUEST_CHARACTERS_H
#define BOURSE_DIALECT_REQUEST_CHARACTERS_H

#include "chat/request.h"

struct character_counts {
    size_t ascii, latin, cjk, other;
};

/* Adds those of a text that is valid UTF-8; `wide` where it may be more than ASCII. */
void count_characters(struct character_counts *counts, struct text text, bool wide);

void request_add_counts(struct chat_request *request, const struct character_counts *counts);

#endif
