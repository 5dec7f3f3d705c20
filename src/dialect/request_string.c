/* request_string.c - a string of the body, read where it stands, as far as it has arrived. */
#include "request_string.h"

#include <endian.h>

#include "base/utf8.h"

#define ONES  0x0101010101010101u
#define HIGHS 0x8080808080808080u

/* Bytes that are read at once: no more than the lanes can count, and little, so that the places
 * that are remembered are near to the end. */
#define BLOCK_MAX 2048

#define FIRST_PRINTABLE 0x20
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

/* ---- reading ---- */

void request_string_begin(struct request_string *string, size_t start)
{
    const struct string_place inside = { start + 1, 0 };
    *string = (struct request_string){ start, inside, inside, inside, { 0 } };
}

/* Where the reading of a block stands. It is a local of one function, and what takes it is part of
 * that function: so it lives in registers. */
struct cursor {
    const unsigned char *at;
    const unsigned char *stop;    /* no character is begun from here on */
    const unsigned char *arrived; /* the end of what has */
    uint64_t lanes;               /* of characters that are not ASCII */
    size_t wide;                  /* bytes of their text */
    size_t saved;                 /* bytes by which the text is shorter than what stands here */
};

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

/* Behind the bytes that stand for themselves. */
static inline const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end)
{
    uint64_t word;
    for (; (size_t)(end - at) >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        const uint64_t special = special_bytes(le64toh(word));
        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < end && is_plain(*at))
        at++;
    return at;
}

/* Half a pair is replaced by one byte of ASCII. */
static inline void read_code(struct cursor *cursor, int32_t code)
{
    size_t len = 1;
    if (code >= 0x800 && (code & 0xf800) != 0xd800) {
        len = 3;
        cursor->lanes += lane_of_first_byte[0xe0 | code >> 12];
    } else if (code >= 0x80 && code < 0x800) {
        len = 2;
        cursor->lanes += lane_of_first_byte[0xc0 | code >> 6];
    }
    cursor->wide += len > 1 ? len : 0;
    cursor->saved += UNICODE_ESCAPE - len;
    cursor->at += UNICODE_ESCAPE;
}

static void read_pair(struct cursor *cursor)
{
    static const size_t len = 4;
    cursor->lanes += LANE_OTHER;
    cursor->wide += len;
    cursor->saved += 2 * UNICODE_ESCAPE - len;
    cursor->at += 2 * UNICODE_ESCAPE;
}

/* Here and below, what is cut by the end of what has arrived goes on, and is not moved over. The
 * halves of a pair are read as one, so that no remembered place stands between them. */
static enum string_state read_high_surrogate(struct cursor *cursor)
{
    const unsigned char *next = cursor->at + UNICODE_ESCAPE;
    const size_t left = (size_t)(cursor->arrived - next);
    bool may_be_escape = (left < 1 || next[0] == '\\') && (left < 2 || next[1] == 'u');
    if (may_be_escape && left < UNICODE_ESCAPE)
        return STRING_GOES_ON;
    if (may_be_escape && is_low_surrogate(read_digits(next + 2)))
        read_pair(cursor);
    else
        read_code(cursor, REPLACEMENT);
    return STRING_GOES_ON;
}

static inline enum string_state read_escape(struct cursor *cursor)
{
    const size_t left = (size_t)(cursor->arrived - cursor->at);
    if (left < 2)
        return STRING_GOES_ON;
    if (escaped_byte[cursor->at[1]]) {
        cursor->at += 2;
        cursor->saved++;
        return STRING_GOES_ON;
    }
    if (cursor->at[1] != 'u')
        return STRING_BROKEN;
    if (left < UNICODE_ESCAPE)
        return STRING_GOES_ON;
    const int32_t code = read_digits(cursor->at + 2);
    if (code < 0)
        return STRING_BROKEN;
    if (is_high_surrogate(code))
        return read_high_surrogate(cursor);
    read_code(cursor, code);
    return STRING_GOES_ON;
}

/* Only what could still become a character waits for its rest. */
static bool is_cut_sequence(const unsigned char *bytes, size_t left)
{
    static const size_t longest = 4;
    if (left >= longest || bytes[0] < 0xc2)
        return false;
    for (size_t i = 1; i < left; i++)
        if (!utf8_continues((char)bytes[i]))
            return false;
    return true;
}

/* Where one character is not ASCII, the next one is often neither. */
static inline enum string_state read_wide(struct cursor *cursor)
{
    while (cursor->at < cursor->stop && *cursor->at >= 0x80) {
        const size_t left = (size_t)(cursor->arrived - cursor->at);
        const size_t len = utf8_sequence((const char *)cursor->at, left);
        if (len == 0)
            return is_cut_sequence(cursor->at, left) ? STRING_GOES_ON : STRING_NOT_UTF8;
        cursor->lanes += lane_of_first_byte[*cursor->at];
        cursor->wide += len;
        cursor->at += len;
    }
    return STRING_GOES_ON;
}

static inline enum string_state read_special(struct cursor *cursor)
{
    if (*cursor->at == '\\')
        return read_escape(cursor);
    if (*cursor->at >= 0x80)
        return read_wide(cursor);
    if (*cursor->at != '"')
        return STRING_BROKEN;
    cursor->at++;
    cursor->saved++;
    return STRING_ENDED;
}

static void end_block(struct request_string *string, const struct cursor *cursor, size_t at)
{
    const size_t text = at - string->read.at - cursor->saved;
    string->counts.ascii += text - cursor->wide;
    character_counts_add(&string->counts, cursor->lanes);
    string->read = (struct string_place){ at, string->read.text + text };
    if (string->read.text - string->part.text < STRING_PART)
        return;
    string->last_part = string->part;
    string->part = string->read;
}

static enum string_state read_block(struct request_string *string, struct text body, size_t end)
{
    const unsigned char *bytes = (const unsigned char *)body.data, *before = NULL;
    struct cursor cursor = { bytes + string->read.at, bytes + end, bytes + body.len, 0, 0, 0 };
    enum string_state state = STRING_GOES_ON;
    while (state == STRING_GOES_ON && cursor.at < cursor.stop && cursor.at != before) {
        before = cursor.at;
        cursor.at = skip_plain(cursor.at, cursor.stop);
        if (cursor.at < cursor.stop)
            state = read_special(&cursor);
    }
    end_block(string, &cursor, (size_t)(cursor.at - bytes));
    return state;
}

enum string_state request_string_read(struct request_string *string, struct text body)
{
    enum string_state state = STRING_GOES_ON;
    size_t before = 0;
    while (state == STRING_GOES_ON && string->read.at < body.len && string->read.at != before) {
        before = string->read.at;
        const size_t left = body.len - before;
        state = read_block(string, body, left < BLOCK_MAX ? body.len : before + BLOCK_MAX);
    }
    return state;
}

/* ---- decoding ---- */

static size_t put_character(char *room, int32_t code)
{
    const uint32_t bits = (uint32_t)code;
    static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    const size_t len = bits < 0x80 ? 1 : bits < 0x800 ? 2 : bits < 0x10000 ? 3 : 4;
    uint32_t left = bits;
    for (size_t i = len - 1; i > 0; i--, left >>= 6)
        room[i] = (char)(0x80 | (left & 0x3f));
    room[0] = (char)(leads[len] | left);
    return len;
}

/* Of an escape that is known to be well-formed; the string's last quote stands behind it. */
static int32_t decode_escape(const unsigned char *bytes, size_t *ret_len)
{
    *ret_len = 2;
    if (bytes[1] != 'u')
        return escaped_byte[bytes[1]];
    *ret_len = UNICODE_ESCAPE;
    const int32_t code = read_digits(bytes + 2);
    const unsigned char *next = bytes + UNICODE_ESCAPE;
    if (is_low_surrogate(code))
        return REPLACEMENT;
    if (!is_high_surrogate(code))
        return code;
    if (next[0] != '\\' || next[1] != 'u' || !is_low_surrogate(read_digits(next + 2)))
        return REPLACEMENT;
    *ret_len = 2 * UNICODE_ESCAPE;
    return 0x10000 + ((code & 0x3ff) << 10 | (read_digits(next + 2) & 0x3ff));
}

size_t request_string_decode(const struct request_string *string, struct text body, size_t *at,
                             char *ret_text, size_t room)
{
    static const size_t longest = 4;
    const size_t end = string->read.at - 1;
    size_t len = 0;
    while (*at < end && len < room) {
        const char *from = body.data + *at;
        const size_t left = end - *at < room - len ? end - *at : room - len;
        const char *backslash = memchr(from, '\\', left);
        const size_t plain = backslash ? (size_t)(backslash - from) : left;
        memcpy(ret_text + len, from, plain);
        len += plain;
        *at += plain;
        if (!backslash)
            continue;
        if (room - len < longest)
            break;
        size_t escape_len;
        len += put_character(ret_text + len,
                             decode_escape((const unsigned char *)backslash, &escape_len));
        *at += escape_len;
    }
    return len;
}
