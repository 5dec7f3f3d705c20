/* utf8.h - where a character begins and ends. */
#ifndef BOURSE_BASE_UTF8_H
#define BOURSE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A byte that is not the first one of its character. */
static inline bool utf8_continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The length of the valid sequence at the front, 1 to 4; 0 where there is none (overlong forms,
 * surrogates, cut sequences, stray bytes, no bytes): the table of well-formed sequences in Unicode
 * 3.9. Here and not in the source, because whole bodies pass through it. */
static inline size_t utf8_sequence(const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (len == 0 || at[0] < 0x80)
        return len > 0;
    if (len < 2 || !utf8_continues(bytes[1]) || at[0] < 0xc2)
        return 0;
    if (at[0] < 0xe0)
        return 2;
    if (len < 3 || !utf8_continues(bytes[2]))
        return 0;
    if (at[0] < 0xf0) {
        bool is_overlong = at[0] == 0xe0 && at[1] < 0xa0;
        bool is_surrogate = at[0] == 0xed && at[1] >= 0xa0;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (len < 4 || !utf8_continues(bytes[3]) || at[0] > 0xf4)
        return 0;
    bool is_overlong = at[0] == 0xf0 && at[1] < 0x90;
    bool is_beyond = at[0] == 0xf4 && at[1] >= 0x90;
    return is_overlong || is_beyond ? 0 : 4;
}

/* Its code point; only for what utf8_sequence found valid. */
uint32_t utf8_decode(const char *bytes, size_t sequence);

/* Writes the character and says how long it is, 1 to 4; for code points up to U+10FFFF that are no
 * surrogate. */
static inline size_t utf8_encode(uint32_t code, char *ret_bytes)
{
    static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    const size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        ret_bytes[i] = (char)(0x80 | (code & 0x3f));
    ret_bytes[0] = (char)(leads[len] | code);
    return len;
}

#endif
