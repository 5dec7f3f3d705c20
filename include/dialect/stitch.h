/* stitch.h - goes on with one answer in the middle of another, so that a client sees a single one.
 *
 *     first     Once upon a ti╎                          (the stream breaks)
 *     continue                ╎me, there was             asked to go on: what it says is passed on
 *     restart   Once upon a ti╎me, there was             asked again: what is known is skipped
 *
 * What was delivered is kept as the insides of JSON strings: put together they are one again. The
 * later answer's events are written anew, with the first one's id, created and model. */
#ifndef BOURSE_DIALECT_STITCH_H
#define BOURSE_DIALECT_STITCH_H

#include "base/buffer.h"

struct facts;

/* Where in Anthropic's blocks a client is. */
enum delivered_block { DELIVERED_NO_BLOCK, DELIVERED_TEXT, DELIVERED_THOUGHT };

/* Of a stream of completions with one choice, or of one in Anthropic's own words. */
struct delivered {
    struct buffer words;       /* the text of the answer */
    struct buffer sample;      /* the first document that said anything */
    bool unfit;                /* more was said than text (a tool call, say), or too much */
    enum delivered_block open; /* of Anthropic's: the block that was begun and not ended */
    size_t blocks;             /* that were ended */
};

/* `max` bytes of text; no memory is taken before there is some. */
void delivered_init(struct delivered *delivered, size_t max);
void delivered_clear(struct delivered *delivered);

/* Another answer can go on from here. */
static inline bool delivered_is_fit(const struct delivered *delivered)
{
    return delivered->sample.len > 0 && !delivered->unfit;
}

/* What a document says, once it was read. */
void delivered_note(struct delivered *delivered, struct text document, const struct facts *facts);

static inline void delivered_add(struct delivered *delivered, struct text words)
{
    if (!delivered->unfit && !buffer_append_text(&delivered->words, words))
        delivered->unfit = true;
}

/* How many bytes of the words a model can be asked to go on from: without white space at the end,
 * which some refuse, and without half a character. 0: there is nothing to go on from. */
size_t delivered_prefill_len(const struct delivered *delivered);

enum stitch_mode {
    STITCH_CONTINUE, /* the words behind the prefill may be said again, or not */
    STITCH_RESTART,  /* all words must be said again */
};

enum stitch_says {
    STITCH_NOTHING, /* that the client has not heard */
    STITCH_MORE,
    STITCH_DIFFERS, /* something else than was delivered */
};

struct stitch; /* its machinery */

/* The delivered words must outlive it; what is passed on is added to them. */
struct stitch *stitch_new(struct delivered *delivered, enum stitch_mode mode, bool wants_usage);
/* NULL is accepted. */
void stitch_free(struct stitch *stitch);

/* The next document of the later answer: where it says more, the event for the client is appended
 * to `out`. */
enum stitch_says stitch_event(struct stitch *stitch, struct text document, struct buffer *out);

/* All that was delivered has been said again: the later answer may end. */
bool stitch_has_caught_up(const struct stitch *stitch);

#endif
