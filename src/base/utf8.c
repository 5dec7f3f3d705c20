/* utf8.c - where a character begins and ends, by the table of well-formed sequences (Unicode 3.9).
 */
#include "base/utf8.h"

static const struct {
    unsigned char first_low, first_high; /* the leading byte */
    unsigned char low, high;             /* the second byte */
    unsigned char len;
} sequences[] = {
    { 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
    { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

size_t utf8_sequence(const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (len == 0)
        return 0;
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        if (at[0] < sequences[i].first_low || at[0] > sequences[i].first_high)
            continue;
        size_t wanted = sequences[i].len;
        if (wanted > len)
            return 0;
        if (wanted > 1 && (at[1] < sequences[i].low || at[1] > sequences[i].high))
            return 0;
        for (size_t k = 2; k < wanted; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return wanted;
    }
    return 0;
}

uint32_t utf8_decode(const char *bytes, size_t sequence)
{
    static const unsigned char lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t code = (unsigned char)bytes[0] & lead_mask[sequence];
    for (size_t i = 1; i < sequence; i++)
        code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
    return code;
}
