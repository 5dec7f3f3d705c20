/* language.c - scripts first: most of them tell the language or nearly so. Latin texts are told
 * apart by their small words. */
#include "language.h"

#include "base/utf8.h"

/* Ranges of code points, and the language that a text mostly in them is taken for. */
static const struct script {
    uint32_t first, last;
    const char *language;
} scripts[] = {
    { 0x0370, 0x03ff, "el" }, { 0x0400, 0x04ff, "ru" }, { 0x0590, 0x05ff, "he" },
    { 0x0600, 0x06ff, "ar" }, { 0x0900, 0x097f, "hi" }, { 0x0980, 0x09ff, "bn" },
    { 0x0b80, 0x0bff, "ta" }, { 0x0e00, 0x0e7f, "th" }, { 0x3040, 0x30ff, "ja" },
    { 0x4e00, 0x9fff, "zh" }, { 0xac00, 0xd7af, "ko" },
};

#define SCRIPTS         (sizeof scripts / sizeof scripts[0])
#define SCRIPT_JA       8
#define SCRIPT_ZH       9
#define SCRIPT_CYRILLIC 1
#define SAMPLE_MAX      600 /* bytes looked at: scripts show early */

struct sample {
    unsigned scripts[SCRIPTS];
    unsigned characters; /* that are not ASCII */
    unsigned ascii_letters;
    bool ukrainian;
};

static void sample_character(struct sample *sample, uint32_t code)
{
    sample->characters++;
    sample->ukrainian |= code == 0x0456 || code == 0x0457 || code == 0x0454;
    for (size_t i = 0; i < SCRIPTS; i++) {
        if (code >= scripts[i].first && code <= scripts[i].last) {
            sample->scripts[i]++;
            return;
        }
    }
}

static void sample_text(struct sample *sample, struct text text)
{
    size_t len = text.len < SAMPLE_MAX ? text.len : SAMPLE_MAX;
    for (size_t at = 0; at < len;) {
        unsigned char byte = (unsigned char)text.data[at];
        size_t sequence = byte < 0x80 ? 1 : utf8_sequence(text.data + at, len - at);
        if (byte >= 0x80 && sequence)
            sample_character(sample, utf8_decode(text.data + at, sequence));
        else if ((byte | 32) >= 'a' && (byte | 32) <= 'z')
            sample->ascii_letters++;
        at += sequence ? sequence : 1;
    }
}

/* A character outside Latin says as much as two letters of a quoted English word. */
static const char *by_script(const struct sample *sample)
{
    size_t best = 0;
    for (size_t i = 1; i < SCRIPTS; i++) {
        if (sample->scripts[i] > sample->scripts[best])
            best = i;
    }
    if (!sample->scripts[best] || sample->scripts[best] * 2 < sample->ascii_letters)
        return NULL;
    /* Japanese is written with Chinese characters as well, Chinese never with kana. */
    if (best == SCRIPT_ZH && sample->scripts[SCRIPT_JA] * 10 > sample->scripts[SCRIPT_ZH])
        best = SCRIPT_JA;
    if (best == SCRIPT_CYRILLIC && sample->ukrainian)
        return "uk";
    return scripts[best].language;
}

/* Rows of one name stand beside each other and are read as one. */
static bool continues(size_t row, const char *name, enum cue_kind kind)
{
    const struct cue_row *next = &cue_rows[row + 1];
    return next->kind == kind && next->name[0] == name[0] && strcmp(next->name, name) == 0;
}

/* The name of the row of a kind with the most hits, with how many and how many the runner-up of
 * another name has. */
static const char *most_named(const struct marks *marks, enum cue_kind kind, float *ret_hits,
                              float *ret_next)
{
    const char *name = NULL;
    float best = 0, next = 0;
    for (size_t i = 0; i < cue_row_count; i++) {
        if (cue_rows[i].kind != kind)
            continue;
        float hits = marks->rows[i] * cue_rows[i].weight;
        const char *here = cue_rows[i].name;
        for (; i + 1 < cue_row_count && continues(i, here, kind); i++)
            hits += marks->rows[i + 1] * cue_rows[i + 1].weight;
        if (hits > best) {
            next = best;
            best = hits;
            name = here;
        } else if (hits > next) {
            next = hits;
        }
    }
    *ret_hits = best;
    *ret_next = next;
    return name;
}

const char *language_of(struct text head, const struct marks *marks)
{
    struct sample sample = { .characters = 0 };
    sample_text(&sample, head);
    const char *language = by_script(&sample);
    if (language)
        return language;
    float hits, next;
    language = most_named(marks, CUE_LANGUAGE, &hits, &next);
    /* One small word of ten is the least that a sentence has; a tie is no answer. */
    bool sure = language && hits > next && hits * 10 >= marks->words;
    return sure ? language : "und";
}

const char *code_language_of(const struct marks *marks)
{
    float hits, next;
    const char *name = most_named(marks, CUE_CODE, &hits, &next);
    bool looks_like_code = marks->fences >= 1 || marks->code * 40 > marks->bytes;
    return name && hits >= (looks_like_code ? 1 : 1.5f) ? name : NULL;
}
