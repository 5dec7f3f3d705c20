/* request_characters.c - how many characters a text has, by script: for the estimate of tokens.
 *
 * The first byte of a character tells its script well enough, and the bytes after it count for
 * nothing. So it is enough to know how many bytes are below each of a few values. */
#include "request_characters.h"

#include <string.h>

#define CONTINUATION 0x80 /* the first one; bytes below are ASCII */
#define LATIN        0xc2 /* U+0080 */
#define OTHER        0xca /* U+0280 */
#define CJK          0xe3 /* U+3000 to U+D7FF: kana, ideographs, Hangul */
#define BEYOND       0xee /* U+E000 */

/* Sixteen counters of a byte each, which are good for as many additions. */
typedef uint8_t sixteen __attribute__((vector_size(16)));
#define ADDITIONS_MAX 255

struct below {
    size_t continuation, latin, other, cjk, beyond;
};

static size_t sum(sixteen counters)
{
    size_t total = 0;
    for (size_t i = 0; i < sizeof(counters); i++)
        total += counters[i];
    return total;
}

/* What is true of a byte is -1. */
static void count_block(struct below *below, const char *bytes, size_t times)
{
    sixteen continuation = { 0 }, latin = { 0 }, other = { 0 }, cjk = { 0 }, beyond = { 0 };
    for (size_t i = 0; i < times; i++) {
        sixteen here;
        memcpy(&here, bytes + i * sizeof(here), sizeof(here));
        continuation -= (sixteen)(here < CONTINUATION);
        latin -= (sixteen)(here < LATIN);
        other -= (sixteen)(here < OTHER);
        cjk -= (sixteen)(here < CJK);
        beyond -= (sixteen)(here < BEYOND);
    }
    below->continuation += sum(continuation);
    below->latin += sum(latin);
    below->other += sum(other);
    below->cjk += sum(cjk);
    below->beyond += sum(beyond);
}

static void count_bytes(struct below *below, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        below->continuation += byte < CONTINUATION;
        below->latin += byte < LATIN;
        below->other += byte < OTHER;
        below->cjk += byte < CJK;
        below->beyond += byte < BEYOND;
    }
}

static struct below count_below(struct text text)
{
    struct below below = { 0 };
    while (text.len >= sizeof(sixteen)) {
        const size_t whole = text.len / sizeof(sixteen);
        const size_t times = whole < ADDITIONS_MAX ? whole : ADDITIONS_MAX;
        count_block(&below, text.data, times);
        text.data += times * sizeof(sixteen);
        text.len -= times * sizeof(sixteen);
    }
    count_bytes(&below, text.data, text.len);
    return below;
}

void count_characters(struct character_counts *counts, struct text text, bool wide)
{
    if (!wide) {
        counts->ascii += text.len;
        return;
    }
    const struct below below = count_below(text);
    counts->ascii += below.continuation;
    counts->latin += below.other - below.latin;
    counts->cjk += below.beyond - below.cjk;
    counts->other += below.cjk - below.other + (text.len - below.beyond);
}

void request_add_counts(struct chat_request *request, const struct character_counts *counts)
{
    request->chars_ascii += counts->ascii;
    request->chars_latin += counts->latin;
    request->chars_cjk += counts->cjk;
    request->chars_other += counts->other;
}
