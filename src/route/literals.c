/* literals.c - reads just so much of a regular expression as must be there literally.
 *
 * A branch needs what stands in it one after the other; of that the longest word is kept, or the
 * words of a group of which one is needed. Whatever is not understood ends the reading: then the
 * expression has no literals, which is never wrong. */
#include "literals.h"

#include <ctype.h>

#define GROUPS_DEEP_MAX 16

/* Any of these; none is known where count is 0. */
struct words {
    size_t count;
    struct literal items[LITERALS_MAX];
};

struct reading {
    struct text left;
    bool any_case;
    bool given_up;
    int depth;
};

static void read_alternatives(struct reading *reading, struct words *ret_words);

/* ---- which words are better ---- */

static size_t shortest_of(const struct words *words)
{
    size_t shortest = words->count ? LITERAL_MAX : 0;
    for (size_t i = 0; i < words->count; i++)
        if (words->items[i].len < shortest)
            shortest = words->items[i].len;
    return shortest;
}

static void keep_better(struct words *best, const struct words *other)
{
    if (shortest_of(other) > shortest_of(best))
        *best = *other;
}

static void end_word(struct literal *word, struct words *best)
{
    if (word->len >= LITERAL_SHORTEST)
        keep_better(best, &(struct words){ .count = 1, .items = { *word } });
    word->len = 0;
}

/* Two letters have relatives outside of ASCII, which match them where case does not count. */
static void add_letter(struct reading *reading, struct literal *word, struct words *best, char byte)
{
    char small = (char)tolower((unsigned char)byte);
    bool has_relatives = reading->any_case && (small == 'k' || small == 's');
    if ((unsigned char)byte >= 0x80 || has_relatives || word->len == LITERAL_MAX) {
        end_word(word, best);
        return;
    }
    word->bytes[word->len++] = reading->any_case ? small : byte;
}

/* ---- steps ---- */

static char next_byte(const struct reading *reading)
{
    return reading->left.len > 0 ? reading->left.data[0] : '\0';
}

static void skip(struct reading *reading, size_t count)
{
    if (count > reading->left.len)
        count = reading->left.len;
    reading->left.data += count;
    reading->left.len -= count;
}

static bool take(struct reading *reading, const char *what)
{
    if (!text_starts(reading->left, what))
        return false;
    skip(reading, strlen(what));
    return true;
}

static void give_up(struct reading *reading)
{
    reading->given_up = true;
    reading->left.len = 0;
}

/* Up to and with that byte. */
static void skip_behind(struct reading *reading, char byte)
{
    const char *end =
        reading->left.len ? memchr(reading->left.data, byte, reading->left.len) : NULL;
    if (!end)
        give_up(reading);
    else
        skip(reading, (size_t)(end - reading->left.data) + 1);
}

/* ---- parts of an expression ---- */

/* `[:alpha:]`, inside of a class only. */
static bool take_named_class(struct reading *reading)
{
    size_t end = 2;
    struct text left = reading->left;
    if (!text_starts(left, "[:"))
        return false;
    while (end < left.len && (isalpha((unsigned char)left.data[end]) || left.data[end] == '^'))
        end++;
    if (!text_starts((struct text){ left.data + end, left.len - end }, ":]"))
        return false;
    skip(reading, end + 2);
    return true;
}

/* A class stands for one character, which is not looked at. */
static void skip_class(struct reading *reading)
{
    (void)take(reading, "^");
    (void)take(reading, "]");
    while (reading->left.len > 0 && !take(reading, "]")) {
        if (text_starts(reading->left, "\\Q") || text_starts(reading->left, "\\E"))
            give_up(reading);
        else if (!take_named_class(reading))
            skip(reading, next_byte(reading) == '\\' ? 2 : 1);
    }
}

/* Behind the backslash: a mark that is meant as it stands, or a kind of character or place that
 * takes no further letters. */
static void read_escape(struct reading *reading, struct literal *word, struct words *best)
{
    static const char plain[] = "dDwWsShHvVRXbBAzZGKntrfea";
    char byte = next_byte(reading);
    skip(reading, 1);
    if (ispunct((unsigned char)byte))
        add_letter(reading, word, best, byte);
    else if (byte && strchr(plain, byte))
        end_word(word, best);
    else
        give_up(reading);
}

/* What follows an atom. Its least number of times is 0 for all that may be left out. */
static bool read_quantifier(struct reading *reading, bool *ret_needed)
{
    *ret_needed = true;
    if (next_byte(reading) == '{') {
        size_t end = 1;
        while (end < reading->left.len && reading->left.data[end] &&
               strchr("0123456789, ", reading->left.data[end]))
            end++;
        if (end == reading->left.len || reading->left.data[end] != '}')
            return false;
        skip(reading, end + 1);
        *ret_needed = false; /* it may be {0,2} */
    } else if (take(reading, "*") || take(reading, "?")) {
        *ret_needed = false;
    } else if (!take(reading, "+")) {
        return false;
    }
    if (!take(reading, "?"))
        (void)take(reading, "+");
    return true;
}

enum group { GROUP_NEEDED, GROUP_ASKS, GROUP_STRANGE };

/* Options, conditions, calls and verbs change what follows: they are strange. */
static enum group read_group_start(struct reading *reading)
{
    static const struct {
        const char *start;
        enum group group;
        char name_end;
    } rows[] = {
        { "?:", GROUP_NEEDED, 0 },    { "?>", GROUP_NEEDED, 0 },    { "?|", GROUP_NEEDED, 0 },
        { "?=", GROUP_ASKS, 0 },      { "?!", GROUP_ASKS, 0 },      { "?<=", GROUP_ASKS, 0 },
        { "?<!", GROUP_ASKS, 0 },     { "?P<", GROUP_NEEDED, '>' }, { "?<", GROUP_NEEDED, '>' },
        { "?'", GROUP_NEEDED, '\'' }, { "?", GROUP_STRANGE, 0 },    { "*", GROUP_STRANGE, 0 },
        { "", GROUP_NEEDED, 0 },
    };
    size_t i = 0;
    while (!take(reading, rows[i].start))
        i++;
    if (rows[i].name_end)
        skip_behind(reading, rows[i].name_end);
    return rows[i].group;
}

static void read_group(struct reading *reading, struct words *best)
{
    struct words inside;
    bool needed;
    enum group group = read_group_start(reading);
    if (group == GROUP_STRANGE || reading->depth == GROUPS_DEEP_MAX) {
        give_up(reading);
        return;
    }
    reading->depth++;
    read_alternatives(reading, &inside);
    reading->depth--;
    if (!take(reading, ")"))
        give_up(reading);
    (void)read_quantifier(reading, &needed);
    if (needed && group == GROUP_NEEDED)
        keep_better(best, &inside);
}

/* A letter is kept when it must be there; what follows a repeated one does not follow the word. */
static void read_letter(struct reading *reading, struct literal *word, struct words *best)
{
    bool needed;
    unsigned char before = word->len;
    char byte = next_byte(reading);
    skip(reading, 1);
    if (byte == '\\')
        read_escape(reading, word, best);
    else
        add_letter(reading, word, best, byte);
    if (!read_quantifier(reading, &needed))
        return;
    if (!needed && word->len > before)
        word->len = before;
    end_word(word, best);
}

static void read_part(struct reading *reading, struct literal *word, struct words *best)
{
    bool needed;
    if (!strchr("([.^$", next_byte(reading))) {
        read_letter(reading, word, best);
        return;
    }
    end_word(word, best);
    if (take(reading, "(")) {
        read_group(reading, best);
        return;
    }
    if (take(reading, "["))
        skip_class(reading);
    else
        skip(reading, 1);
    (void)read_quantifier(reading, &needed);
}

static void read_branch(struct reading *reading, struct words *ret_words)
{
    struct literal word = { 0 };
    ret_words->count = 0;
    while (reading->left.len > 0 && next_byte(reading) != '|' && next_byte(reading) != ')') {
        if (next_byte(reading) == '\0')
            give_up(reading);
        else
            read_part(reading, &word, ret_words);
    }
    end_word(&word, ret_words);
}

/* Of every branch one must be known. */
static void read_alternatives(struct reading *reading, struct words *ret_words)
{
    struct words branch;
    bool all_known = true;
    ret_words->count = 0;
    do {
        read_branch(reading, &branch);
        all_known =
            all_known && branch.count > 0 && ret_words->count + branch.count <= LITERALS_MAX;
        for (size_t i = 0; all_known && i < branch.count; i++)
            ret_words->items[ret_words->count++] = branch.items[i];
    } while (take(reading, "|"));
    if (!all_known)
        ret_words->count = 0;
}

const struct literals *literals_of(struct text expression, bool any_case, struct arena *arena)
{
    struct reading reading = { .left = expression, .any_case = any_case };
    struct words words;
    read_alternatives(&reading, &words);
    if (reading.given_up || reading.left.len > 0 || words.count == 0)
        return NULL;
    size_t bytes = words.count * sizeof(struct literal);
    struct literals *literals = arena_alloc(arena, sizeof(*literals) + bytes);
    literals->any_case = any_case;
    literals->count = words.count;
    memcpy(literals->items, words.items, bytes);
    return literals;
}

/* ---- looking for them ---- */

/* Sixteen places are looked at together, each for the word's first byte and its last. */
#define PLACES 16

typedef unsigned char places __attribute__((vector_size(PLACES)));

static bool has_any(places hits)
{
    uint64_t halves[2];
    memcpy(halves, &hits, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

static bool is_letter(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* What makes a large letter small, and does nothing to a small one. */
static unsigned char fold_of(const struct literals *literals, char byte)
{
    return literals->any_case && is_letter(byte) ? 0x20 : 0;
}

static bool stands_at(const struct literals *literals, const struct literal *word, const char *at)
{
    for (size_t i = 0; i < word->len; i++)
        if ((at[i] | fold_of(literals, word->bytes[i])) != word->bytes[i])
            return false;
    return true;
}

static bool stands_between(const struct literals *literals, const struct literal *word,
                           const char *from, const char *to)
{
    for (; from < to; from++)
        if (stands_at(literals, word, from))
            return true;
    return false;
}

static bool stands_in(const struct literals *literals, const struct literal *word, struct text text)
{
    if (text.len < word->len)
        return false;
    const size_t behind = word->len - 1u;
    const unsigned char first = (unsigned char)word->bytes[0];
    const unsigned char last = (unsigned char)word->bytes[behind];
    const unsigned char first_fold = fold_of(literals, word->bytes[0]);
    const unsigned char last_fold = fold_of(literals, word->bytes[behind]);
    const char *at = text.data, *end = text.data + text.len - behind;
    for (; end - at >= PLACES; at += PLACES) {
        places here, there;
        memcpy(&here, at, PLACES);
        memcpy(&there, at + behind, PLACES);
        places hits =
            (places)((here | first_fold) == first) & (places)((there | last_fold) == last);
        if (has_any(hits) && stands_between(literals, word, at, at + PLACES))
            return true;
    }
    return stands_between(literals, word, at, end);
}

bool literals_stand_in(const struct literals *literals, struct text text)
{
    for (size_t i = 0; i < literals->count; i++)
        if (stands_in(literals, &literals->items[i], text))
            return true;
    return false;
}
