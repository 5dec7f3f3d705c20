/* text.h - a view of bytes that somebody else owns: a pointer and a length, no terminating zero.
 *
 * A view never outlives what it looks into. An empty view may have a NULL pointer. */
#ifndef BOURSE_BASE_TEXT_H
#define BOURSE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    size_t len;
};

/* For printf: `printf("%.*s", TEXT_ARGS(view))`. */
#define TEXT_ARGS(view) (int)(view).len, (view).data ? (view).data : ""

/* A string literal as a view, usable in static tables. */
/* clang-format off */
#define TEXT(literal) { (literal), sizeof(literal) - 1 }
/* clang-format on */

/* NULL gives the empty view. */
static inline struct text text_of(const char *string)
{
    return (struct text){ string, string ? strlen(string) : 0 };
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.len == b.len &&
           (a.len == 0 || (a.data[0] == b.data[0] && memcmp(a.data, b.data, a.len) == 0));
}

static inline bool text_is(struct text view, const char *string)
{
    return text_equal(view, text_of(string));
}

/* ASCII case only: header names, tokens, file endings. */
bool text_equal_nocase(struct text a, struct text b);
bool text_is_nocase(struct text view, const char *string);
bool text_starts(struct text view, const char *prefix);
bool text_ends(struct text view, const char *suffix);

/* Without the spaces, tabs and line ends at both ends. */
struct text text_trim(struct text view);

/* Cuts the next piece up to `separator` off the front of *rest; false when nothing is left. */
bool text_split(struct text *rest, char separator, struct text *ret_piece);

/* A whole unsigned decimal number and nothing else; false on overflow, signs, spaces, emptiness. */
bool text_to_u64(struct text view, uint64_t *ret_number);

/* A whole finite number as JSON or YAML write it; false where anything else is left over. */
bool text_to_double(struct text view, double *ret_number);

/* How many single-character edits (insert, delete, replace, swap) lead from one word to another,
 * ASCII case ignored. Words longer than 64 characters are `SIZE_MAX` apart. */
size_t text_distance(struct text a, struct text b);

#endif
