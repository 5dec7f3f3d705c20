/* lexicon.c - the index over the cue words, and the one pass that looks every word up in it.
 *
 * A word is looked up by a 64-bit hash that is built while the text is read; two words running into
 * each other under it is not worth a comparison of strings. The index is built once for the process
 * from the rows of cues.c. */
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

/* How a byte is counted, and what it becomes inside a word: 0 where it ends one. */
static unsigned char classes[256];
static unsigned char folded[256];

static size_t slot_of(uint64_t hash)
{
    return (size_t)(hash ^ (hash >> 29)) & (SLOTS - 1);
}

/* A word may stand in several rows ("die" is German and English): each gets its slot. */
static void index_word(struct text word, uint32_t row)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < word.len; i++)
        hash = (hash ^ (unsigned char)word.data[i]) * HASH_STEP;
    size_t at = slot_of(hash);
    while (slots[at].hash)
        at = (at + 1) & (SLOTS - 1);
    slots[at] = (struct slot){ hash, row };
}

static void classify_bytes(const char *bytes, enum byte_class class)
{
    for (const char *byte = bytes; *byte; byte++)
        classes[(unsigned char)*byte] = (unsigned char)class;
}

static void build(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        bool upper = byte >= 'A' && byte <= 'Z';
        bool letter = upper || (byte >= 'a' && byte <= 'z') || byte >= 0x80 || byte == '_' ||
                      byte == '#' || byte == '\'';
        bool digit = byte >= '0' && byte <= '9';
        classes[byte] = digit ? BYTE_DIGIT : letter ? BYTE_WORD : BYTE_OTHER;
        folded[byte] = (unsigned char)(upper ? byte + 32 : letter || digit ? byte : 0);
    }
    classify_bytes("{};=<>[]()&|", BYTE_CODE);
    classify_bytes("+*/^\\$%", BYTE_MATH);
    classify_bytes("`", BYTE_FENCE);
    assert(cue_row_count <= CUE_ROWS_MAX);
    for (size_t row = 0; row < cue_row_count; row++) {
        struct text rest = text_of(cue_rows[row].words), word;
        while (text_split(&rest, ',', &word))
            index_word(text_trim(word), (uint32_t)row);
    }
}

static void look_up(struct marks *marks, uint64_t hash, float weight)
{
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

void marks_read(struct marks *marks, struct text text, float weight)
{
    pthread_once(&built, build);
    struct counts counts = { 0 };
    uint64_t word = HASH_START; /* the word being read */
    uint64_t pair = 0;          /* the word before it, a space, and it; 0: there was none */
    bool inside = false;
    for (size_t i = 0; i <= text.len; i++) {
        /* A zero past the end closes the last word. */
        unsigned char byte = i < text.len ? (unsigned char)text.data[i] : 0;
        unsigned char letter = folded[byte];
        counts.classes[classes[byte]]++;
        if (letter) {
            word = (word ^ letter) * HASH_STEP;
            pair = pair ? (pair ^ letter) * HASH_STEP : 0;
            inside = true;
            continue;
        }
        if (inside) {
            look_up(marks, word, weight);
            if (pair)
                look_up(marks, pair, weight);
            counts.words++;
            pair = byte == ' ' ? (word ^ ' ') * HASH_STEP : 0;
        } else {
            pair = 0;
        }
        word = HASH_START;
        inside = false;
    }
    add_counts(marks, &counts, text.len, weight);
}
