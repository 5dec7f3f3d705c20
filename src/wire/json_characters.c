/* json_characters.c - the inside of a JSON string: passed over where it stands, or decoded. */
#include "json_characters.h"

#include <endian.h>
#include <string.h>

#include "base/utf8.h"

#define ONES  0x0101010101010101u
#define HIGHS 0x8080808080808080u

#define FIRST_PRINTABLE 0x20
#define LONGEST         4   /* bytes of a character */
#define UNICODE_ESCAPE  6   /* bytes of \u00e9 */
#define REPLACEMENT     '?' /* of half a surrogate pair */

/* What the letter behind a backslash stands for; 0 where there is no such escape. */
static const char escaped_byte[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* One more than the digit's value; 0 for what is no digit. */
static const unsigned char digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Of four digits; -1 where one of them is none. */
static int32_t read_digits(const unsigned char *digits)
{
    int32_t number = 0;
    for (int i = 0; i < 4; i++) {
        if (!digit_plus_one[digits[i]])
            return -1;
        number = number << 4 | (digit_plus_one[digits[i]] - 1);
    }
    return number;
}

static bool is_high_surrogate(int32_t code)
{
    return (code & 0xfc00) == 0xd800;
}

static bool is_low_surrogate(int32_t code)
{
    return (code & 0xfc00) == 0xdc00;
}

/* ---- bytes that stand for themselves ---- */

/* A bit at the first byte of a word that is a quote, a backslash, a control or not ASCII. Behind
 * the first there may be bits that mean nothing: a subtraction borrows from the next byte. */
static inline uint64_t special_bytes(uint64_t word)
{
    const uint64_t quotes = (word ^ ONES * '"') - ONES;
    const uint64_t backslashes = (word ^ ONES * '\\') - ONES;
    const uint64_t controls = word - ONES * FIRST_PRINTABLE;
    return (quotes | backslashes | controls | word) & HIGHS;
}

static inline bool is_plain(unsigned char byte)
{
    return byte != '"' && byte != '\\' && byte >= FIRST_PRINTABLE && byte < 0x80;
}

/* Here and below, no character is begun at `stop` or behind. */
static inline const unsigned char *skip_plain(const unsigned char *at, const unsigned char *stop)
{
    uint64_t word;
    for (; (size_t)(stop - at) >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        const uint64_t special = special_bytes(le64toh(word));
        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < stop && is_plain(*at))
        at++;
    return at;
}

/* Whole words are copied, and what is special in them is written over. */
static inline const unsigned char *copy_plain(const unsigned char *at, const unsigned char *stop,
                                              char *out)
{
    uint64_t word;
    for (; (size_t)(stop - at) >= sizeof(word); at += sizeof(word), out += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        memcpy(out, &word, sizeof(word));
        const uint64_t special = special_bytes(le64toh(word));
        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < stop && is_plain(*at))
        *out++ = (char)*at++;
    return at;
}

/* ---- characters that are not ASCII ---- */

/* Only what could still become a character waits for its rest. */
static enum json_stop why_no_character(const unsigned char *bytes, size_t left)
{
    if (left >= LONGEST || bytes[0] < 0xc2)
        return JSON_STOP_NOT_UTF8;
    for (size_t i = 1; i < left; i++)
        if (!utf8_continues((char)bytes[i]))
            return JSON_STOP_NOT_UTF8;
    return JSON_STOP_CUT;
}

/* Where there is enough, which is nearly everywhere, the length is known and need not be looked at.
 */
static inline size_t wide_character(const unsigned char *bytes, size_t left)
{
    return left >= LONGEST ? utf8_sequence((const char *)bytes, LONGEST)
                           : utf8_sequence((const char *)bytes, left);
}

/* Where one character is not ASCII, the next one is often neither. JSON_STOP_END, here and below,
 * says that nothing stopped it. */
static inline enum json_stop skip_wide(struct json_cursor *cursor)
{
    const unsigned char *at = cursor->at;
    enum json_stop why = JSON_STOP_END;
    while (!why && at < cursor->end && *at >= 0x80) {
        const size_t left = (size_t)(cursor->end - at);
        const size_t len = wide_character(at, left);
        at += len;
        if (len == 0)
            why = why_no_character(at, left);
    }
    cursor->at = at;
    cursor->wide = true;
    return why;
}

static inline enum json_stop copy_wide(struct json_cursor *cursor, const unsigned char *stop)
{
    const unsigned char *at = cursor->at;
    char *out = cursor->out;
    enum json_stop why = JSON_STOP_END;
    while (!why && at < stop && *at >= 0x80) {
        const size_t left = (size_t)(cursor->end - at);
        const size_t len = wide_character(at, left);
        memcpy(out, at, left < LONGEST ? len : LONGEST);
        at += len;
        out += len;
        if (len == 0)
            why = why_no_character(at, left);
    }
    cursor->at = at;
    cursor->out = out;
    cursor->wide = true;
    return why;
}

/* ---- escapes ---- */

/* Of a pair, which is one character: -1 where there is none behind the first half. */
static int32_t read_second_half(const unsigned char *behind, size_t left, enum json_stop *ret_stop)
{
    if (left == 0 || (behind[0] == '\\' && (left == 1 || (behind[1] == 'u' && left < 6)))) {
        *ret_stop = JSON_STOP_CUT;
        return -1;
    }
    if (behind[0] != '\\' || behind[1] != 'u')
        return -1;
    const int32_t code = read_digits(behind + 2);
    return is_low_surrogate(code) ? code : -1;
}

static enum json_stop copy_code(struct json_cursor *cursor)
{
    const size_t left = (size_t)(cursor->end - cursor->at);
    if (left < UNICODE_ESCAPE)
        return JSON_STOP_CUT;
    enum json_stop stop = JSON_STOP_END;
    size_t len = UNICODE_ESCAPE;
    int32_t code = read_digits(cursor->at + 2);
    if (code < 0)
        return JSON_STOP_BROKEN;
    if (is_high_surrogate(code)) {
        const int32_t low = read_second_half(cursor->at + len, left - len, &stop);
        if (stop)
            return stop;
        if (low >= 0)
            len *= 2;
        code = low < 0 ? REPLACEMENT : 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
    } else if (is_low_surrogate(code)) {
        code = REPLACEMENT;
    }
    cursor->wide |= code >= 0x80;
    cursor->out += utf8_encode((uint32_t)code, cursor->out);
    cursor->at += len;
    return JSON_STOP_END;
}

static inline enum json_stop copy_escape(struct json_cursor *cursor)
{
    if (cursor->end - cursor->at < 2)
        return JSON_STOP_CUT;
    const char byte = escaped_byte[cursor->at[1]];
    if (!byte)
        return cursor->at[1] == 'u' ? copy_code(cursor) : JSON_STOP_BROKEN;
    *cursor->out++ = byte;
    cursor->at += 2;
    return JSON_STOP_END;
}

/* One is often followed by another, where they stand for what is not ASCII. */
static inline enum json_stop copy_escapes(struct json_cursor *cursor, const unsigned char *stop)
{
    enum json_stop why;
    do {
        why = copy_escape(cursor);
    } while (!why && cursor->at < stop && *cursor->at == '\\');
    return why;
}

/* ---- all of it ---- */

/* At a byte that is neither plain nor the start of an escape. */
static inline enum json_stop read_end(struct json_cursor *cursor)
{
    if (*cursor->at != '"')
        return JSON_STOP_BROKEN;
    cursor->at++;
    return JSON_STOP_QUOTE;
}

/* The cursors here are locals, so that they live in registers. */
enum json_stop json_skip_characters(struct json_cursor *cursor)
{
    struct json_cursor here = *cursor;
    enum json_stop why = JSON_STOP_END;
    while (!why) {
        here.at = skip_plain(here.at, here.end);
        if (here.at == here.end)
            break;
        if (*here.at >= 0x80)
            why = skip_wide(&here);
        else
            why = *here.at == '\\' ? JSON_STOP_ESCAPE : read_end(&here);
    }
    *cursor = here;
    return why;
}

/* A text is never longer than what it is written as. So as many bytes as there is room for can be
 * read without a look at the room. */
static enum json_stop copy_up_to(struct json_cursor *cursor, const unsigned char *stop)
{
    struct json_cursor here = *cursor;
    enum json_stop why = JSON_STOP_END;
    while (!why && here.at < stop) {
        const unsigned char *from = here.at;
        here.at = copy_plain(from, stop, here.out);
        here.out += here.at - from;
        if (here.at == stop)
            break;
        if (*here.at == '\\')
            why = copy_escapes(&here, stop);
        else
            why = *here.at >= 0x80 ? copy_wide(&here, stop) : read_end(&here);
    }
    *cursor = here;
    return why;
}

enum json_stop json_copy_characters(struct json_cursor *cursor)
{
    enum json_stop why = JSON_STOP_END;
    while (!why && cursor->at < cursor->end) {
        if (cursor->out >= cursor->limit)
            return JSON_STOP_FULL;
        const size_t left = (size_t)(cursor->end - cursor->at);
        const size_t room = (size_t)(cursor->limit - cursor->out);
        why = copy_up_to(cursor, cursor->at + (left < room ? left : room));
    }
    return why;
}
