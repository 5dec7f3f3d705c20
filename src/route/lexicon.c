/* lexicon.c - the index over the cue words, and the one pass that looks every word up in it.
 *
 * A word is looked up by a 64-bit hash, eight bytes at a time; two words running into each other
 * under it is not worth a comparison of strings. The index is built once for the process from the
 * rows of cues.c. */
#include "lexicon.h"

#include <assert.h>
#include <pthread.h>

#define SLOTS 4096 /* a power of two, several times the number of cues */

#define HASH_START 0xcbf29ce484222325ULL
#define HASH_STEP  0x100000001b3ULL

struct slot {
    uint64_t hash; /* 0: free */
    uint32_t row;
};

static struct slot slots[SLOTS];
static pthread_once_t built = PTHREAD_ONCE_INIT;

enum byte_class { BYTE_OTHER, BYTE_WORD, BYTE_DIGIT, BYTE_CODE, BYTE_MATH, BYTE_FENCE };

/* How a byte is counted, and whether it is part of a word. */
static unsigned char classes[256];
static bool in_word[256];

/* A bit for each hash that is in the index, and few others: most words end here. */
static uint64_t present[1 << 9];

static size_t slot_of(uint64_t hash)
{
    return (size_t)hash & (SLOTS - 1);
}

static uint64_t present_bit(uint64_t hash)
{
    return (uint64_t)1 << (hash >> 58);
}

static uint64_t *present_word(uint64_t hash)
{
    return &present[hash >> 32 & (sizeof present / sizeof present[0] - 1)];
}

static uint64_t hash_step(uint64_t hash, uint64_t bytes)
{
    hash = (hash ^ bytes) * HASH_STEP;
    return hash ^ hash >> 32;
}

/* Letters of ASCII in lower case; of the others that may be in words only _ changes, and to what is
 * in none. */
static uint64_t lower_case(uint64_t bytes)
{
    return bytes | (~bytes & 0x8080808080808080) >> 2;
}

/* Fewer than eight. */
static uint64_t last_bytes(const char *word, size_t len)
{
    uint32_t first, second;
    if (len >= sizeof first) {
        memcpy(&first, word, sizeof first);
        memcpy(&second, word + len - sizeof second, sizeof second);
        return (uint64_t)first << 32 | second;
    }
    if (len == 0)
        return 0;
    unsigned char a = (unsigned char)word[0], b = (unsigned char)word[len / 2];
    return (uint64_t)a << 16 | (uint64_t)b << 8 | (unsigned char)word[len - 1];
}

static uint64_t hash_word(const char *word, size_t len)
{
    uint64_t hash = HASH_START ^ len, bytes;
    for (; len >= sizeof bytes; word += sizeof bytes, len -= sizeof bytes) {
        memcpy(&bytes, word, sizeof bytes);
        hash = hash_step(hash, lower_case(bytes));
    }
    return hash_step(hash, lower_case(last_bytes(word, len)));
}

/* Of two words with one space between them. */
static uint64_t hash_pair(uint64_t first, uint64_t second)
{
    return hash_step(hash_step(first, ' '), second);
}

static uint64_t hash_cue(struct text cue)
{
    const char *space = memchr(cue.data, ' ', cue.len);
    if (!space)
        return hash_word(cue.data, cue.len);
    size_t first = (size_t)(space - cue.data);
    return hash_pair(hash_word(cue.data, first), hash_word(space + 1, cue.len - first - 1));
}

/* A cue may stand in several rows ("die" is German and English): each gets its slot. */
static void index_cue(struct text cue, uint32_t row)
{
    uint64_t hash = hash_cue(cue);
    size_t at = slot_of(hash);
    while (slots[at].hash)
        at = (at + 1) & (SLOTS - 1);
    slots[at] = (struct slot){ hash, row };
    *present_word(hash) |= present_bit(hash);
}

static void classify_bytes(const char *bytes, enum byte_class class)
{
    for (const char *byte = bytes; *byte; byte++)
        classes[(unsigned char)*byte] = (unsigned char)class;
}

static void build(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        bool letter = ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte >= 0x80 ||
                      byte == '_' || byte == '#' || byte == '\'';
        bool digit = byte >= '0' && byte <= '9';
        classes[byte] = digit ? BYTE_DIGIT : letter ? BYTE_WORD : BYTE_OTHER;
        in_word[byte] = letter || digit;
    }
    classify_bytes("{};=<>[]()&|", BYTE_CODE);
    classify_bytes("+*/^\\$%", BYTE_MATH);
    classify_bytes("`", BYTE_FENCE);
    assert(cue_row_count <= CUE_ROWS_MAX);
    for (size_t row = 0; row < cue_row_count; row++) {
        struct text rest = text_of(cue_rows[row].words), word;
        while (text_split(&rest, ',', &word))
            index_cue(text_trim(word), (uint32_t)row);
    }
}

static void look_up(struct marks *marks, uint64_t hash, float weight)
{
    if (!(*present_word(hash) & present_bit(hash)))
        return;
    for (size_t at = slot_of(hash); slots[at].hash; at = (at + 1) & (SLOTS - 1)) {
        if (slots[at].hash == hash)
            marks->rows[slots[at].row] += weight;
    }
}

struct counts {
    uint32_t classes[BYTE_FENCE + 1];
    uint32_t words;
};

static void add_counts(struct marks *marks, const struct counts *counts, size_t len, float weight)
{
    marks->bytes += weight * (float)len;
    marks->digits += weight * (float)counts->classes[BYTE_DIGIT];
    marks->code += weight * (float)counts->classes[BYTE_CODE];
    marks->math += weight * (float)counts->classes[BYTE_MATH];
    marks->fences += weight * (float)counts->classes[BYTE_FENCE] / 3;
    marks->words += weight * (float)counts->words;
}

/* Where it ends; digits are part of words. */
static const char *skip_word(const char *at, const char *end, struct counts *counts)
{
    uint32_t digits = 0;
    for (; at < end && in_word[(unsigned char)*at]; at++)
        digits += (unsigned char)(*at - '0') < 10;
    counts->classes[BYTE_DIGIT] += digits;
    counts->words++;
    return at;
}

void marks_read(struct marks *marks, struct text text, float weight)
{
    if (text.len == 0)
        return;
    pthread_once(&built, build);
    struct counts counts = { 0 };
    uint64_t before = 0; /* the word from which only a space parts us; 0: there is none */
    const char *at = text.data, *end = text.data + text.len;
    while (at < end) {
        unsigned char byte = (unsigned char)*at;
        if (!in_word[byte]) {
            counts.classes[classes[byte]]++;
            before = 0;
            at++;
            continue;
        }
        const char *start = at;
        at = skip_word(at, end, &counts);
        uint64_t word = hash_word(start, (size_t)(at - start));
        look_up(marks, word, weight);
        if (before)
            look_up(marks, hash_pair(before, word), weight);
        before = at < end && *at == ' ' ? word : 0;
        at += before != 0;
    }
    add_counts(marks, &counts, text.len, weight);
}
