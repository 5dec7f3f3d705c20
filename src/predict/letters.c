/* letters.c - kinds of characters in ranges: rough where it does not matter, the same everywhere.
 *
 * The C library's tables depend on the locale, and a reading must not. */
#include "letters.h"

#include <stddef.h>

static const struct range {
    uint32_t first, last;
    enum letter_kind kind;
} ranges[] = {
    /* in ascending order; what is in none is a letter of a word */
    { 0x0080, 0x00a0, LETTER_SPACE },    { 0x00a1, 0x00a9, LETTER_MARK },
    { 0x00ab, 0x00b4, LETTER_MARK },     { 0x00b6, 0x00b9, LETTER_MARK },
    { 0x00bb, 0x00bf, LETTER_MARK },     { 0x00d7, 0x00d7, LETTER_MARK },
    { 0x00f7, 0x00f7, LETTER_MARK },     { 0x0e00, 0x0eff, LETTER_UNSPACED }, /* Thai, Lao */
    { 0x1000, 0x109f, LETTER_UNSPACED },                                      /* Myanmar */
    { 0x1780, 0x17ff, LETTER_UNSPACED },                                      /* Khmer */
    { 0x2000, 0x200b, LETTER_SPACE },    { 0x200c, 0x2027, LETTER_MARK },
    { 0x2028, 0x202f, LETTER_SPACE },    { 0x2030, 0x2bff, LETTER_MARK },
    { 0x3000, 0x3000, LETTER_SPACE },    { 0x3001, 0x3020, LETTER_MARK },
    { 0x3021, 0x30ff, LETTER_UNSPACED }, { 0x31f0, 0x31ff, LETTER_UNSPACED },
    { 0x3400, 0x9fff, LETTER_UNSPACED }, { 0xf900, 0xfaff, LETTER_UNSPACED },
    { 0xfeff, 0xfeff, LETTER_SPACE },    { 0xff01, 0xff0f, LETTER_MARK },
    { 0xff1a, 0xff20, LETTER_MARK },     { 0xff66, 0xff9f, LETTER_UNSPACED },
    { 0x1f000, 0x1faff, LETTER_MARK },   { 0x20000, 0x3ffff, LETTER_UNSPACED },
};

const uint8_t letter_ascii_kinds[0x80] = {
    [0 ... ' '] = LETTER_SPACE,  ['!' ... '/'] = LETTER_MARK, ['0' ... '9'] = LETTER_DIGIT,
    [':' ... '@'] = LETTER_MARK, ['A' ... 'Z'] = LETTER_WORD, ['[' ... '`'] = LETTER_MARK,
    ['a' ... 'z'] = LETTER_WORD, ['{' ... '~'] = LETTER_MARK, [0x7f] = LETTER_SPACE,
};

enum letter_kind letter_kind_beyond_ascii(uint32_t point)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && point >= ranges[i].first; i++) {
        if (point <= ranges[i].last)
            return ranges[i].kind;
    }
    return LETTER_WORD;
}

uint32_t letter_lower(uint32_t point)
{
    if (point < 0x80)
        return point - 'A' < 26 ? point + 0x20 : point;
    if (point >= 0xc0 && point <= 0xde) /* Latin-1; × is no letter and does not come here */
        return point + 0x20;
    if (point >= 0x100 && point <= 0x17f) {
        bool odd_is_upper = (point >= 0x139 && point <= 0x148) || point >= 0x179;
        return (point & 1) == odd_is_upper ? point + 1 : point;
    }
    if ((point >= 0x391 && point <= 0x3a9) || (point >= 0x410 && point <= 0x42f) ||
        (point >= 0xff21 && point <= 0xff3a)) /* Greek, Cyrillic, full width */
        return point + 0x20;
    return point >= 0x400 && point <= 0x40f ? point + 0x50 : point;
}
