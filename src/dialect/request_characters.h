/* request_characters.h - how many characters a text has, by script: for the estimate of tokens.
 *
 * The first byte of a character tells its script well enough, and the bytes after it count for
 * nothing. Four counters share one word, so that a character costs one addition, whatever its
 * script is; such a word of lanes is good for LANE_MAX characters. */
#ifndef BOURSE_DIALECT_REQUEST_CHARACTERS_H
#define BOURSE_DIALECT_REQUEST_CHARACTERS_H

#include "chat/request.h"

#define LANE_BITS  16
#define LANE_MAX   0xffffu
#define LANE_ASCII ((uint64_t)1)
#define LANE_LATIN ((uint64_t)1 << LANE_BITS)
#define LANE_CJK   ((uint64_t)1 << 2 * LANE_BITS)
#define LANE_OTHER ((uint64_t)1 << 3 * LANE_BITS)

extern const uint64_t lane_of_first_byte[256];

struct character_counts {
    size_t ascii, latin, cjk, other;
};

void character_counts_add(struct character_counts *counts, uint64_t lanes);

/* To the request's counts are added those of a text that is valid UTF-8, or counts as they are. */
void request_count_characters(struct chat_request *request, struct text text);
void request_add_counts(struct chat_request *request, const struct character_counts *counts);

#endif
