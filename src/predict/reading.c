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

static void add_to_word(struct pass *pass, uint32_t point, bool digit)
{
    if (pass->word_len && pass->word_is_number != digit)
        end_word(pass);
    if (pass->word_len == 0) {
        pass->word = FNV_START;
        pass->word_is_number = digit;
    }
    pass->word = (pass->word ^ point) * FNV_PRIME;
    pass->letter = point;
    pass->word_len++;
}

/* "A." or "b)" or "C:" as in a list of answers to choose from. */
static bool ends_option(const struct pass *pass, uint32_t mark)
{
    return (mark == '.' || mark == ')' || mark == ':') && pass->word_len == 1 &&
           pass->letter >= 'a' && pass->letter <= 'j';
}

static void count_mark(struct pass *pass, const char *at, const char *end, uint32_t mark)
{
    struct counts *counts = pass->counts;
    if (!counts || mark >= 0x80)
        return;
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

static void count_character(struct counts *counts, uint32_t point, enum letter_kind kind)
{
    if (!counts || kind == LETTER_SPACE)
        return;
    counts->shown++;
    counts->last = point < 0x80 ? (char)point : 0;
    if (point < 0x80)
        counts->bytes[point]++;
    else
        counts->foreign++;
    counts->unspaced += kind == LETTER_UNSPACED;
}

static void take_character(struct pass *pass, const char *at, const char *end, uint32_t point)
{
    enum letter_kind kind = letter_kind(point);
    count_character(pass->counts, point, kind);
    if (kind == LETTER_WORD || kind == LETTER_DIGIT) {
        add_to_word(pass, letter_lower(point), kind == LETTER_DIGIT);
        return;
    }
    if (kind == LETTER_SPACE) {
        end_word(pass);
        return;
    }
    if (kind == LETTER_MARK)
        count_mark(pass, at, end, point);
    add_mark(pass, point);
}

/* Bytes that are no UTF-8 are marks like any other; scanned texts have none. */
static void take_text(struct pass *pass, struct text text)
{
    if (text.len == 0) /* it may have no bytes to point at */
        return;
    const char *at = text.data, *end = text.data + text.len;
    while (at < end) {
        size_t len = (unsigned char)*at < 0x80 ? 1 : utf8_sequence(at, (size_t)(end - at));
        uint32_t point = len ? utf8_decode(at, len) : 0xfffd;
        take_character(pass, at, end, point);
        at += len ? len : 1;
    }
    end_word(pass);
}

/* Both ends of an excerpt, as far as they are wanted: half of it from the front. */
static void take_excerpt(struct pass *pass, const struct excerpt *excerpt, size_t max)
{
    struct text head = excerpt->head, tail = excerpt->tail;
    size_t head_max = tail.len || head.len > max ? max / 2 : max;
    if (head.len > head_max && head.len + tail.len > max) {
        if (!tail.len)
            tail = (struct text){ head.data + head.len - max / 2, max / 2 };
        head.len = head_max;
    }
    if (tail.len > max / 2) {
        tail.data += tail.len - max / 2;
        tail.len = max / 2;
    }
    take_text(pass, head);
    take_text(pass, tail);
}

static double share_read(const struct excerpt *excerpt)
{
    size_t read = excerpt->head.len + excerpt->tail.len;
    return read < excerpt->total ? (double)read / (double)excerpt->total : 1;
}

static size_t take_part(struct reading *reading, size_t begin, enum part part,
                        const struct excerpt *excerpt)
{
    struct counts counts = { .shown = 0 };
    struct pass pass = { .reading = reading,
                         .count = begin,
                         .counts = part == PART_USER ? &counts : NULL,
                         .seed = (uint32_t)part * SEED };
    take_excerpt(&pass, excerpt, read_max[part]);
    counts.distinct = (uint32_t)(pass.count - begin);
    if (part == PART_USER)
        counts_to_dense(&counts, share_read(excerpt), reading->dense);
    return pass.count;
}

void reading_read(const struct chat_request *request, struct reading *ret_reading)
{
    const struct excerpt *parts[PART_COUNT] = { &request->user, &request->system,
                                                &request->before };
    size_t count = 0;
    for (int part = 0; part < PART_COUNT; part++) {
        count = take_part(ret_reading, count, (enum part)part, parts[part]);
        ret_reading->ends[part] = count;
    }
}
