/* stitch.c - what was delivered of one answer, and the events of another that goes on with it. */
#include "dialect/stitch.h"

#include <stdlib.h>

#include "chunk.h"
#include "facts.h"
#include "units.h"

#define SAMPLE_MAX ((size_t)64 << 10)

/* ---- what was delivered ---- */

void delivered_init(struct delivered *delivered, size_t max)
{
    delivered->unfit = false;
    delivered->open = DELIVERED_NO_BLOCK;
    delivered->blocks = 0;
    buffer_init(&delivered->words, max);
    buffer_init(&delivered->sample, SAMPLE_MAX);
}

void delivered_clear(struct delivered *delivered)
{
    buffer_clear(&delivered->words);
    buffer_clear(&delivered->sample);
}

static bool is_plain(const struct facts *facts)
{
    return (facts->choices_seen == 1 || facts->type == TYPE_DELTA) && !facts->said_else;
}

/* What a tool is asked, and what else only its own model can say, nobody else can go on from. */
static void note_block(struct delivered *delivered, const struct facts *facts)
{
    static const enum delivered_block known[] = {
        [FACT_BLOCK_TEXT] = DELIVERED_TEXT,
        [FACT_BLOCK_THOUGHT] = DELIVERED_THOUGHT,
        [FACT_BLOCK_OTHER] = DELIVERED_NO_BLOCK,
    };
    if (facts->type == TYPE_BLOCK_BEGIN)
        delivered->open = known[facts->block];
    if (facts->type == TYPE_BLOCK_BEGIN && delivered->open == DELIVERED_NO_BLOCK)
        delivered->unfit = true;
    if (facts->type == TYPE_BLOCK_END) {
        delivered->open = DELIVERED_NO_BLOCK;
        delivered->blocks++;
    }
}

void delivered_note(struct delivered *delivered, struct text document, const struct facts *facts)
{
    const struct span words = facts->words;
    note_block(delivered, facts);
    if (!facts->said)
        return;
    if (!is_plain(facts))
        delivered->unfit = true;
    if (delivered->sample.len == 0 && !buffer_append_text(&delivered->sample, document))
        delivered->unfit = true;
    if (words.end > 0)
        delivered_add(delivered, (struct text){ document.data + words.start + 1,
                                                words.end - words.start - 2 });
}

size_t delivered_prefill_len(const struct delivered *delivered)
{
    return units_trimmed_len(buffer_text(&delivered->words));
}

/* ---- the later answer ---- */

struct stitch {
    struct delivered *delivered;
    bool is_lenient; /* other words than those delivered are no contradiction */
    bool wants_usage;
    struct units again;  /* of the delivered words: those that are still to be said again */
    struct buffer about; /* the first answer's id, object, created and model */
    struct chunk chunk;
};

static void append_member(struct buffer *out, const struct chunk_member *member)
{
    buffer_append_text(out, member->name);
    buffer_append_string(out, ":");
    buffer_append_text(out, member->value);
}

/* What every event of the answer repeats. */
static void read_sample(struct stitch *stitch)
{
    struct chunk *chunk = &stitch->chunk;
    chunk_read(chunk, buffer_text(&stitch->delivered->sample));
    for (size_t i = 0; i < chunk->count; i++) {
        if (chunk->members[i].is != CHUNK_ABOUT)
            continue;
        append_member(&stitch->about, &chunk->members[i]);
        buffer_append_string(&stitch->about, ",");
    }
}

struct stitch *stitch_new(struct delivered *delivered, enum stitch_mode mode, bool wants_usage)
{
    struct text words = buffer_text(&delivered->words);
    size_t known = mode == STITCH_CONTINUE ? delivered_prefill_len(delivered) : 0;
    struct stitch *stitch = calloc(1, sizeof(*stitch));
    if (!stitch)
        abort();
    stitch->delivered = delivered;
    stitch->is_lenient = mode == STITCH_CONTINUE;
    stitch->wants_usage = wants_usage;
    if (words.len > known)
        stitch->again = units_of((struct text){ words.data + known, words.len - known });
    buffer_init(&stitch->about, SAMPLE_MAX);
    chunk_init(&stitch->chunk);
    read_sample(stitch);
    return stitch;
}

void stitch_free(struct stitch *stitch)
{
    if (!stitch)
        return;
    chunk_clear(&stitch->chunk);
    buffer_clear(&stitch->about);
    free(stitch);
}

bool stitch_has_caught_up(const struct stitch *stitch)
{
    return stitch->is_lenient || !units_left(&stitch->again);
}

/* ---- what is news ---- */

static struct units words_of(const struct chunk *chunk)
{
    const struct chunk_member *words = chunk_find(chunk, CHUNK_WORDS);
    if (!words)
        return (struct units){ 0 };
    return units_of((struct text){ words->value.data + 1, words->value.len - 2 });
}

/* Takes from the front of what is said what was delivered; false where they differ. */
static bool skip_delivered(struct stitch *stitch, struct units *said)
{
    while (units_left(&stitch->again) && units_left(said)) {
        const struct units before = *said;
        if (units_next(&stitch->again) == units_next(said))
            continue;
        if (!stitch->is_lenient)
            return false;
        *said = before;
        stitch->again = (struct units){ 0 };
    }
    return true;
}

static bool ends(const struct chunk *chunk)
{
    const struct chunk_member *finish = chunk_find(chunk, CHUNK_FINISH);
    return finish && chunk_says_something(finish);
}

/* A tool call, a refusal: not text, and not reasoning, which is not carried over a seam. */
static bool says_else(const struct chunk *chunk)
{
    for (size_t i = 0; i < chunk->count; i++) {
        const struct chunk_member *member = &chunk->members[i];
        if (member->depth == CHUNK_DEPTH_DELTA && member->is == CHUNK_OTHER &&
            chunk_says_something(member))
            return true;
    }
    return false;
}

static bool tells_usage(const struct stitch *stitch)
{
    const struct chunk_member *usage = chunk_find(&stitch->chunk, CHUNK_USAGE);
    return stitch->wants_usage && usage && usage->kind == JSON_OBJECT;
}

static bool is_of_first_choice(const struct chunk *chunk)
{
    const struct chunk_member *index = chunk_find(chunk, CHUNK_INDEX);
    return chunk->choices <= 1 && (!index || text_is(index->value, "0"));
}

/* ---- the event for the client ---- */

static void append_words(struct buffer *out, const struct chunk_member *words,
                         const struct units *said)
{
    buffer_append_text(out, words->name);
    buffer_append_string(out, ":\"");
    units_write(out, said);
    buffer_append_string(out, "\"");
}

/* Without a second role, and without what rests on which characters: the later answer counts them
 * from its own first. */
static void append_delta(struct buffer *out, const struct chunk *chunk, const struct units *said)
{
    const char *comma = "";
    buffer_append_string(out, "\"delta\":{");
    for (size_t i = 0; i < chunk->count; i++) {
        const struct chunk_member *member = &chunk->members[i];
        if (member->depth != CHUNK_DEPTH_DELTA || member->is == CHUNK_ROLE ||
            member->is == CHUNK_REASONING || member->is == CHUNK_CITED)
            continue;
        buffer_append_string(out, comma);
        comma = ",";
        if (member->is == CHUNK_WORDS)
            append_words(out, member, said);
        else
            append_member(out, member);
    }
    buffer_append_string(out, "}");
}

/* Probabilities of tokens are left out where only some of the tokens are told. */
static void append_choice(struct buffer *out, const struct chunk *chunk, const struct units *said)
{
    const bool is_cut = said->rest.len != words_of(chunk).rest.len;
    buffer_append_string(out, "{\"index\":0");
    for (size_t i = 0; i < chunk->count; i++) {
        const struct chunk_member *member = &chunk->members[i];
        if (member->depth != CHUNK_DEPTH_CHOICE || member->is == CHUNK_INDEX)
            continue;
        buffer_append_string(out, ",");
        if (member->is == CHUNK_DELTA)
            append_delta(out, chunk, said);
        else if (member->is == CHUNK_WORDS)
            append_words(out, member, said);
        else if (member->is == CHUNK_LOGPROBS && is_cut)
            buffer_append_string(out, "\"logprobs\":null");
        else
            append_member(out, member);
    }
    buffer_append_string(out, "}");
}

static void append_event(const struct stitch *stitch, const struct units *said, struct buffer *out)
{
    const struct chunk_member *usage = chunk_find(&stitch->chunk, CHUNK_USAGE);
    buffer_append_string(out, "data: {");
    buffer_append_text(out, buffer_text(&stitch->about));
    buffer_append_string(out, "\"choices\":[");
    if (stitch->chunk.choices > 0)
        append_choice(out, &stitch->chunk, said);
    buffer_append_string(out, "]");
    if (stitch->wants_usage) {
        buffer_append_string(out, ",\"usage\":");
        buffer_append_text(out, usage ? usage->value : text_of("null"));
    }
    buffer_append_string(out, "}\n\n");
}

static void add_to_delivered(struct delivered *delivered, const struct units *said, bool has_else)
{
    if (has_else || !units_write(&delivered->words, said))
        delivered->unfit = true;
}

enum stitch_says stitch_event(struct stitch *stitch, struct text document, struct buffer *out)
{
    struct chunk *chunk = &stitch->chunk;
    if (!chunk_read(chunk, document) || !is_of_first_choice(chunk))
        return STITCH_DIFFERS;
    struct units said = words_of(chunk);
    bool has_else = says_else(chunk), is_end = ends(chunk);
    if (!skip_delivered(stitch, &said))
        return STITCH_DIFFERS;
    if (!stitch_has_caught_up(stitch) && (has_else || is_end))
        return STITCH_DIFFERS;
    if (!units_left(&said) && !has_else && !is_end && !tells_usage(stitch))
        return STITCH_NOTHING;
    append_event(stitch, &said, out);
    add_to_delivered(stitch->delivered, &said, has_else);
    return STITCH_MORE;
}
