/* request_string.c - a string of the body, read where it stands, as far as it has arrived. */
#include "request_string.h"

#include <endian.h>

#include "base/utf8.h"

#define ONES  0x0101010101010101u
#define HIGHS 0x8080808080808080u

/* Instead of a length. */
#define CUT    ((size_t)0) /* the rest has not arrived */
#define BROKEN SIZE_MAX

#define UNICODE_ESCAPE 6   /* bytes of \u00e9 */
#define REPLACEMENT    '?' /* of half a surrogate pair */

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
    const size_t inside = start + 1;
    *string = (struct request_string){ start, inside, inside, inside, 0, { 0 } };
}

/* What is found while reading, put into the string a block at a time. */
struct tally {
    uint64_t lanes;
    size_t decoded;
};

/* A bit at the first byte of a word that is a quote, a backslash, a control or not ASCII. Behind
 * the first there may be bits that mean nothing: a subtraction borrows from the next byte. */
static uint64_t special_bytes(uint64_t word)
{
    const uint64_t quotes = (word ^ ONES * '"') - ONES;
    const uint64_t backslashes = (word ^ ONES * '\\') - ONES;
    const uint64_t controls = word - ONES * 0x20;
    return (quotes | backslashes | controls | word) & HIGHS;
}

static bool is_plain(unsigned char byte)
{
    return byte != '"' && byte != '\\' && byte >= 0x20 && byte < 0x80;
}

/* How many bytes at the front stand for themselves. */
static size_t plain_run(const unsigned char *bytes, size_t len)
{
    size_t at = 0;
    uint64_t word;
    for (; len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        const uint64_t special = special_bytes(le64toh(word));
        if (special)
            return at + (size_t)__builtin_ctzll(special) / 8;
    }
    while (at < len && is_plain(bytes[at]))
        at++;
    return at;
}

/* Of a pair each half counts two of its four bytes, and the first half as the character. */
static void tally_code(struct tally *tally, int32_t code)
{
    if (code < 0x80) {
        tally->lanes += LANE_ASCII;
        tally->decoded += 1;
    } else if (code < 0x800) {
        tally->lanes += lane_of_first_byte[0xc0 | code >> 6];
        tally->decoded += 2;
    } else if ((code & 0xf800) == 0xd800) {
        tally->lanes += is_high_surrogate(code) ? LANE_OTHER : 0;
        tally->decoded += 2;
    } else {
        tally->lanes += lane_of_first_byte[0xe0 | code >> 12];
        tally->decoded += 3;
    }
}

static size_t read_escape(const unsigned char *bytes, size_t left, struct tally *tally)
{
    if (left < 2)
        return CUT;
    if (escaped_byte[bytes[1]]) {
        tally->lanes += LANE_ASCII;
        tally->decoded += 1;
        return 2;
    }
    if (bytes[1] != 'u')
        return BROKEN;
    if (left < UNICODE_ESCAPE)
        return CUT;
    const int32_t code = read_digits(bytes + 2);
    if (code < 0)
        return BROKEN;
    tally_code(tally, code);
    return UNICODE_ESCAPE;
}

/* Only what could still become a character waits for its rest. */
static bool is_cut_sequence(const unsigned char *bytes, size_t left)
{
    static const size_t longest = 4;
    if (left >= longest || bytes[0] < 0xc2)
        return false;
    for (size_t i = 1; i < left; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    return true;
}

static size_t read_sequence(const unsigned char *bytes, size_t left, struct tally *tally)
{
    const size_t len = utf8_sequence((const char *)bytes, left);
    if (len == 0)
        return is_cut_sequence(bytes, left) ? CUT : BROKEN;
    tally->lanes += lane_of_first_byte[bytes[0]];
    tally->decoded += len;
    return len;
}

/* Characters that begin in front of `end`, which is not further than the lanes can count. */
static enum string_state read_block(struct request_string *string, struct text body, size_t end,
                                    struct tally *tally)
{
    const unsigned char *bytes = (const unsigned char *)body.data;
    while (string->at < end) {
        const unsigned char *from = bytes + string->at;
        const size_t plain = plain_run(from, end - string->at);
        tally->lanes += plain * LANE_ASCII;
        tally->decoded += plain;
        string->at += plain;
        if (string->at == end)
            break;
        from += plain;
        if (*from == '"') {
            string->at++;
            return STRING_ENDED;
        }
        const size_t left = body.len - string->at;
        const size_t len = *from >= 0x80   ? read_sequence(from, left, tally)
                           : *from == '\\' ? read_escape(from, left, tally)
                                           : BROKEN;
        if (len == CUT)
            return STRING_GOES_ON;
        if (len == BROKEN)
            return *from >= 0x80 ? STRING_NOT_UTF8 : STRING_BROKEN;
        string->at += len;
    }
    return STRING_GOES_ON;
}

static void end_block(struct request_string *string)
{
    if (string->at - string->block < STRING_BLOCK)
        return;
    string->last_part = string->block;
    string->block = string->at;
}

enum string_state request_string_read(struct request_string *string, struct text body)
{
    enum string_state state = STRING_GOES_ON;
    size_t before = 0;
    while (state == STRING_GOES_ON && before < string->at && string->at < body.len) {
        const size_t most = string->block + STRING_BLOCK;
        struct tally tally = { 0 };
        before = string->at;
        state = read_block(string, body, most < body.len ? most : body.len, &tally);
        character_counts_add(&string->counts, tally.lanes);
        string->decoded += tally.decoded;
        if (state == STRING_GOES_ON)
            end_block(string);
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
    const size_t end = string->at - 1;
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
