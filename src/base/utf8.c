/* utf8.c - which character a sequence stands for. */
#include "base/utf8.h"

uint32_t utf8_decode(const char *bytes, size_t sequence)
{
    static const unsigned char lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t code = (unsigned char)bytes[0] & lead_mask[sequence];
    for (size_t i = 1; i < sequence; i++)
        code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
    return code;
}
