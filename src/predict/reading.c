/* reading.c - one pass over the texts of a request: words, numbers and marks become terms.
 *
 * A term is a word, a mark or a number (by how long it is), or two of them that follow each other;
 * each counts once, however often it is there. A text of one letter is one long word and costs no
 * more than another. */
#include "predict/reading.h"

#include <string.h>

#include "base/utf8.h"
#include "chat/request.h"
#include "counts.h"
#include "letters.h"

/* Of the system prompt and the turn before, the beginning and the end are enough. */
static const size_t read_max[PART_COUNT] = {
    [PART_USER] = CHAT_EXCERPT_MAX,
    [PART_SYSTEM] = 1600,
    [PART_BEFORE] = 800,
};

#define SEED      0x9e3779b1u
#define FNV_PRIME 0x01000193u
#define FNV_START 0x811c9dc5u

struct pass {
    struct reading *reading;
    struct counts *counts; /* NULL: only terms are wanted */
    size_t count;
    uint32_t seed;
    uint64_t seen[READING_BUCKETS / 64];
    uint32_t before; /* hash of the token before; 0 at the start */
    uint32_t word;   /* of the word being read */
    uint32_t letter; /* its last character */
    size_t word_len; /* characters */
    bool word_is_number;
};

static uint32_t mixed(uint32_t hash)
{
    hash ^= hash >> 16;
    hash *= 0x7feb352du;
    hash ^= hash >> 15;
    hash *= 0x846ca68bu;
    return hash ^ hash >> 16;
}

static void add_term(struct pass *pass, uint32_t hash)
{
    uint32_t bucket = mixed(hash ^ pass->seed) % READING_BUCKETS;
    uint64_t bit = (uint64_t)1 << bucket % 64;
    if (pass->seen[bucket / 64] & bit || pass->count == READING_TERMS_MAX)
        return;
    pass->seen[bucket / 64] |= bit;
    pass->reading->terms[pass->count++] = (uint16_t)bucket;
}

/* The first token of a text is also paired with the start: what is asked often begins it. */
static void add_token(struct pass *pass, uint32_t hash)
{
    add_term(pass, hash);
    add_term(pass, (pass->before ? pass->before : SEED) * FNV_PRIME + hash);
    pass->before = hash ? hash : 1;
}

static void end_number(struct pass *pass)
{
    struct counts *counts = pass->counts;
    if (pass->word_len > 1)
        pass->word = FNV_START ^ (uint32_t)(pass->word_len < 6 ? pass->word_len : 6) * SEED;
    if (!counts)
        return;
    counts->numbers++;
    counts->digits += (uint32_t)pass->word_len;
    counts->long_numbers += pass->word_len >= 4;
}

static void end_letters(const struct pass *pass)
{
    struct counts *counts = pass->counts;
    if (!counts)
        return;
    counts->words++;
    counts->letters += (uint32_t)pass->word_len;
    if (pass->word_len > counts->longest)
        counts->longest = (uint32_t)pass->word_len;
}

static void end_word(struct pass *pass)
{
    if (pass->word_len == 0)
        return;
    if (pass->word_is_number)
        end_number(pass);
    else
        end_letters(pass);
    add_token(pass, pass->word);
    pass->word_len = 0;
}

/* A number ends a word and a word a number. */
static void go_on_with_word(struct pass *pass, bool digit)
{
    if (pass->word_len && pass->word_is_number != digit)
        end_word(pass);
    if (pass->word_len == 0) {
        pass->word = FNV_START;
        pass->word_is_number = digit;
    }
}

static void add_to_word(struct pass *pass, uint32_t point, bool digit)
{
    go_on_with_word(pass, digit);
    pass->word = (pass->word ^ point) * FNV_PRIME;
    pass->letter = point;
    pass->word_len++;
}

/* The letters or the digits of ASCII that follow each other: nearly all of most texts. Where the
 * run ends is told. */
static const char *take_run(struct pass *pass, const char *at, const char *end,
                            enum letter_kind kind)
{
    const char *start = at;
    go_on_with_word(pass, kind == LETTER_DIGIT);
    uint32_t word = pass->word;
    for (; at < end && !(*at & 0x80) && letter_ascii_kinds[(unsigned char)*at] == kind; at++)
        word = (word ^ ((unsigned char)*at | 0x20)) * FNV_PRIME; /* digits have that bit */
    pass->word = word;
    pass->word_len += (size_t)(at - start);
    pass->letter = (unsigned char)at[-1] | 0x20;
    if (pass->counts) {
        pass->counts->shown += (uint32_t)(at - start);
        pass->counts->last = at[-1];
    }
    return at;
}

/* "A." or "b)" or "C:" as in a list of answers to choose from. */
static bool ends_option(const struct pass *pass, uint32_t mark)
{
    return (mark == '.' || mark == ')' || mark == ':') && pass->word_len == 1 &&
           pass->letter >= 'a' && pass->letter <= 'j';
}

static void count_mark(struct pass *pass, const char *at, const char *end)
{
    struct counts *counts = pass->counts;
    unsigned char mark = (unsigned char)*at;
    bool more = end - at > 1 && (unsigned char)at[1] < 0x80;
    counts->options += ends_option(pass, mark);
    counts->commands += mark == '\\' && more && letter_kind((unsigned char)at[1]) == LETTER_WORD;
    counts->decimals += mark == '.' && pass->word_len && pass->word_is_number && more &&
                        letter_kind((unsigned char)at[1]) == LETTER_DIGIT;
    counts->fences += mark == '`' && end - at >= 3 && at[1] == '`' && at[2] == '`';
}

static void add_mark(struct pass *pass, uint32_t point)
{
    end_word(pass);
    add_token(pass, (FNV_START ^ point) * FNV_PRIME);
}

/* Of ASCII, neither a letter nor a digit. */
static void take_mark(struct pass *pass, const char *at, const char *end)
{
    unsigned char mark = (unsigned char)*at;
    if (pass->counts) {
        pass->counts->shown++;
        pass->counts->last = *at;
        pass->counts->marks[mark]++;
        count_mark(pass, at, end);
    }
    add_mark(pass, mark);
}

static void take_foreign(struct pass *pass, uint32_t point)
{
    enum letter_kind kind = letter_kind(point);
    if (kind == LETTER_SPACE) {
        end_word(pass);
        return;
    }
    if (pass->counts) {
        pass->counts->shown++;
        pass->counts->last = 0;
        pass->counts->foreign++;
        pass->counts->unspaced += kind == LETTER_UNSPACED;
    }
    if (kind == LETTER_WORD)
        add_to_word(pass, letter_lower(point), false);
    else
        add_mark(pass, point);
}

static const char *take_ascii(struct pass *pass, const char *at, const char *end)
{
    enum letter_kind kind = letter_kind((unsigned char)*at);
    if (kind == LETTER_WORD || kind == LETTER_DIGIT)
        return take_run(pass, at, end, kind);
    if (kind == LETTER_SPACE)
        end_word(pass);
    else
        take_mark(pass, at, end);
    return at + 1;
}

/* Bytes that are no UTF-8 are marks like any other; scanned texts have none. */
static void take_text(struct pass *pass, struct text text)
{
    if (text.len == 0) /* it may have no bytes to point at */
        return;
    const char *at = text.data, *end = text.data + text.len;
    while (at < end) {
        if (!(*at & 0x80)) {
            at = take_ascii(pass, at, end);
            continue;
        }
        size_t len = utf8_sequence(at, (size_t)(end - at));
        take_foreign(pass, len ? utf8_decode(at, len) : 0xfffd);
        at += len ? len : 1;
    }
    end_word(pass);
}

static double share_read(const struct excerpt *excerpt)
{
    size_t read = excerpt->head.len + excerpt->tail.len;
    return read < excerpt->total ? (double)read / (double)excerpt->total : 1;
}

static size_t take_part(struct reading *reading, size_t begin, enum part part,
                        const struct excerpt *excerpt)
{
    if (excerpt->head.len == 0 && part != PART_USER)
        return begin;
    struct counts counts = { .shown = 0 };
    struct pass pass = { .reading = reading,
                         .count = begin,
                         .counts = part == PART_USER ? &counts : NULL,
                         .seed = (uint32_t)part * SEED };
    struct excerpt within = excerpt_within(excerpt, read_max[part]);
    take_text(&pass, within.head);
    take_text(&pass, within.tail);
    counts.distinct = (uint32_t)(pass.count - begin);
    if (part == PART_USER)
        counts_to_dense(&counts, share_read(excerpt), reading->dense);
    return pass.count;
}

void reading_read_within(const struct chat_request *request, size_t user_max,
                         struct reading *ret_reading)
{
    struct excerpt user = excerpt_within(&request->user, user_max);
    const struct excerpt *parts[PART_COUNT] = { &user, &request->system, &request->before };
    size_t count = 0;
    for (int part = 0; part < PART_COUNT; part++) {
        count = take_part(ret_reading, count, (enum part)part, parts[part]);
        ret_reading->ends[part] = count;
    }
}

void reading_read(const struct chat_request *request, struct reading *ret_reading)
{
    reading_read_within(request, CHAT_EXCERPT_MAX, ret_reading);
}
