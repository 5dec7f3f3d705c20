/* units.c - reads the inside of a JSON string unit by unit. */
#include "units.h"

#include "base/utf8.h"

#define HIGH_FIRST 0xd800
#define LOW_FIRST  0xdc00

static void step(struct units *units, size_t len)
{
    size_t most = len < units->rest.len ? len : units->rest.len;
    units->rest.data += most;
    units->rest.len -= most;
}

static uint16_t hexadecimal(struct text digits)
{
    uint16_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned char digit = (unsigned char)digits.data[i];
        unsigned value = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
        number = (uint16_t)(number << 4 | (value & 15));
    }
    return number;
}

static uint16_t next_escaped(struct units *units)
{
    static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    char letter = units->rest.len > 1 ? units->rest.data[1] : '\\';
    const char *known = strchr(letters, letter);
    if (letter == 'u' && units->rest.len >= 6) {
        uint16_t unit = hexadecimal((struct text){ units->rest.data + 2, 4 });
        step(units, 6);
        return unit;
    }
    step(units, 2);
    return (uint16_t)(known ? bytes[known - letters] : letter);
}

static uint16_t next_plain(struct units *units)
{
    size_t len = utf8_sequence(units->rest.data, units->rest.len);
    uint32_t code = len ? utf8_decode(units->rest.data, len) : 0xfffd;
    step(units, len ? len : 1);
    if (code < 0x10000)
        return (uint16_t)code;
    units->low = (uint16_t)(LOW_FIRST + ((code - 0x10000) & 0x3ff));
    return (uint16_t)(HIGH_FIRST + ((code - 0x10000) >> 10));
}

uint16_t units_next(struct units *units)
{
    uint16_t low = units->low;
    units->low = 0;
    if (low)
        return low;
    return units->rest.data[0] == '\\' ? next_escaped(units) : next_plain(units);
}

bool units_write(struct buffer *out, const struct units *units)
{
    if (units->low && !buffer_printf(out, "\\u%04x", units->low))
        return false;
    return buffer_append_text(out, units->rest);
}

static bool is_space(uint16_t unit)
{
    return unit == ' ' || (unit >= '\t' && unit <= '\r');
}

size_t units_trimmed_len(struct text body)
{
    struct units units = units_of(body);
    size_t len = 0;
    while (units_left(&units)) {
        uint16_t unit = units_next(&units);
        bool is_half = unit >= HIGH_FIRST && unit < LOW_FIRST;
        if (!is_half && !is_space(unit))
            len = body.len - units.rest.len;
    }
    return len;
}

/* ---- characters ---- */

/* The second half of a pair that was escaped stands by itself. */
static bool is_low(struct text rest)
{
    return rest.len >= 6 && rest.data[0] == '\\' && rest.data[1] == 'u' &&
           (rest.data[2] | 0x20) == 'd' && strchr("cdefCDEF", rest.data[3]) != NULL;
}

static size_t character_len(struct text rest)
{
    size_t len = 1;
    if (rest.data[0] == '\\') {
        len = rest.len >= 6 && rest.data[1] == 'u' ? 6 : 2;
    } else {
        while (len < rest.len && utf8_continues(rest.data[len]))
            len++;
    }
    if (len < rest.len && is_low((struct text){ rest.data + len, rest.len - len }))
        len += 6;
    return len < rest.len ? len : rest.len;
}

size_t units_bytes_of(struct text body, int64_t characters)
{
    size_t at = 0;
    for (; at < body.len && characters > 0; characters--)
        at += character_len((struct text){ body.data + at, body.len - at });
    return at;
}

int64_t units_characters(struct text body)
{
    int64_t count = 0;
    for (size_t at = 0; at < body.len; count++)
        at += character_len((struct text){ body.data + at, body.len - at });
    return count;
}
