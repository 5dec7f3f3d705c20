/* request_characters.c - how many characters a text has, by script: for the estimate of tokens. */
#include "request_characters.h"

#define HIGH_BITS 0x8080808080808080u

const uint64_t lane_of_first_byte[256] = {
    [0x00 ... 0x7f] = LANE_ASCII,
    [0xc2 ... 0xc9] = LANE_LATIN, /* U+0080 to U+027F */
    [0xca ... 0xe2] = LANE_OTHER,
    [0xe3 ... 0xed] = LANE_CJK, /* U+3000 to U+D7FF: kana, ideographs, Hangul */
    [0xee ... 0xff] = LANE_OTHER,
};

void character_counts_add(struct character_counts *counts, uint64_t lanes)
{
    counts->ascii += lanes & LANE_MAX;
    counts->latin += lanes >> LANE_BITS & LANE_MAX;
    counts->cjk += lanes >> 2 * LANE_BITS & LANE_MAX;
    counts->other += lanes >> 3 * LANE_BITS;
}

/* Of at most LANE_MAX bytes, or a counter would flow over into the next. */
static uint64_t count_block(const char *bytes, size_t len)
{
    uint64_t lanes = 0, word;
    size_t at = 0;
    for (; len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        if ((word & HIGH_BITS) == 0) {
            lanes += sizeof(word) * LANE_ASCII;
            continue;
        }
        for (size_t i = 0; i < sizeof(word); i++)
            lanes += lane_of_first_byte[(unsigned char)bytes[at + i]];
    }
    for (; at < len; at++)
        lanes += lane_of_first_byte[(unsigned char)bytes[at]];
    return lanes;
}

void request_add_counts(struct chat_request *request, const struct character_counts *counts)
{
    request->chars_ascii += counts->ascii;
    request->chars_latin += counts->latin;
    request->chars_cjk += counts->cjk;
    request->chars_other += counts->other;
}

void request_count_characters(struct chat_request *request, struct text text)
{
    struct character_counts counts = { 0 };
    for (size_t at = 0; at < text.len; at += LANE_MAX) {
        size_t left = text.len - at;
        character_counts_add(&counts,
                             count_block(text.data + at, left < LANE_MAX ? left : LANE_MAX));
    }
    request_add_counts(request, &counts);
}
