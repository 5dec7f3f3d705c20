/* text.c - looking at bytes that somebody else owns. */
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

bool text_equal_nocase(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

bool text_is_nocase(struct text view, const char *string)
{
    return text_equal_nocase(view, text_of(string));
}

bool text_starts(struct text view, const char *prefix)
{
    size_t len = strlen(prefix);
    return view.len >= len && memcmp(view.data, prefix, len) == 0;
}

bool text_ends(struct text view, const char *suffix)
{
    size_t len = strlen(suffix);
    return view.len >= len && memcmp(view.data + view.len - len, suffix, len) == 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct text text_trim(struct text view)
{
    while (view.len > 0 && is_blank(view.data[0])) {
        view.data++;
        view.len--;
    }
    while (view.len > 0 && is_blank(view.data[view.len - 1]))
        view.len--;
    return view;
}

bool text_split(struct text *rest, char separator, struct text *ret_piece)
{
    if (rest->data == NULL)
        return false;

    const char *found = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    if (!found) {
        *ret_piece = *rest;
        *rest = (struct text){ NULL, 0 };
        return true;
    }
    size_t len = (size_t)(found - rest->data);
    *ret_piece = (struct text){ rest->data, len };
    rest->data += len + 1;
    rest->len -= len + 1;
    return true;
}

bool text_to_u64(struct text view, uint64_t *ret_number)
{
    if (view.len == 0)
        return false;

    uint64_t number = 0;
    for (size_t i = 0; i < view.len; i++) {
        unsigned digit = (unsigned)(view.data[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(number, 10U, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *ret_number = number;
    return true;
}

/* Only the characters of a decimal number: strtod alone would take "inf", "nan" and hexadecimal. */
static bool is_decimal(struct text view)
{
    for (size_t i = 0; i < view.len; i++)
        if (!strchr("0123456789+-.eE", view.data[i]) || view.data[i] == '\0')
            return false;
    return view.len > 0;
}

/* Digits and a point, as nearly all numbers are. Fifteen digits are an exact number, as is their
 * power of ten, so that the quotient is rounded once, like strtod's. */
#define EXACT_DIGITS 15

static bool to_plain_double(struct text view, double *ret_number)
{
    static const double powers[EXACT_DIGITS + 1] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    const char *point = memchr(view.data, '.', view.len);
    size_t behind = point ? (size_t)(view.data + view.len - point) - 1 : 0;
    int64_t number = 0;
    if (view.len > EXACT_DIGITS + (point != NULL) || view.data == point)
        return false;
    for (size_t i = 0; i < view.len; i++) {
        unsigned digit = (unsigned)(view.data[i] - '0');
        if (digit <= 9)
            number = number * 10 + digit;
        else if (view.data + i != point)
            return false;
    }
    *ret_number = (double)number / powers[behind];
    return true;
}

bool text_to_double(struct text view, double *ret_number)
{
    char digits[64];
    if (view.len == 0 || view.len >= sizeof(digits))
        return false;
    if (to_plain_double(view, ret_number))
        return true;
    if (!is_decimal(view))
        return false;
    memcpy(digits, view.data, view.len);
    digits[view.len] = '\0';

    char *end;
    double number = strtod(digits, &end);
    if (*end != '\0' || end == digits || !isfinite(number))
        return false;
    *ret_number = number;
    return true;
}

#define DISTANCE_WORD_MAX 64

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment (restricted Damerau-Levenshtein), three rows at a time. */
size_t text_distance(struct text a, struct text b)
{
    if (a.len > DISTANCE_WORD_MAX || b.len > DISTANCE_WORD_MAX)
        return SIZE_MAX;

    size_t rows[3][DISTANCE_WORD_MAX + 1];
    size_t *older = rows[0], *old = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        old[j] = j;

    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = lower(a.data[i - 1]), y = lower(b.data[j - 1]);
            row[j] = least(least(old[j], row[j - 1]) + 1, old[j - 1] + (x != y));
            bool swapped = i > 1 && j > 1 && x == lower(b.data[j - 2]) && y == lower(a.data[i - 2]);
            if (swapped)
                row[j] = least(row[j], older[j - 2] + 1);
        }
        size_t *free_row = older;
        older = old;
        old = row;
        row = free_row;
    }
    return old[b.len];
}
