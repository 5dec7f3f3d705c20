/* messages_citations.c - what an answer rests on stands at blocks of its text, where OpenAI says of
 * which characters it is meant; and blocks of Anthropic's own become blocks again. */
#include "citations.h"
#include "messages_writer.h"
#include "units.h"

/* ---- blocks of text ---- */

/* The text of an answer, of which the front is written. */
struct cutting {
    struct json_writer *json;
    struct text rest;
    int64_t at, len; /* characters */
    bool is_cited;   /* a block is open, in the list of its citations */
};

static void put_piece(struct cutting *cutting, int64_t to)
{
    const size_t bytes = units_bytes_of(cutting->rest, to - cutting->at);
    put_open(cutting->json, '{');
    put_word_member(cutting->json, "type", "text");
    put_key(cutting->json, "text");
    put_open_string(cutting->json);
    put_inside(cutting->json, (struct text){ cutting->rest.data, bytes });
    put_close_string(cutting->json);
    cutting->at = to;
    if (bytes == 0) /* there may be no text at all */
        return;
    cutting->rest.data += bytes;
    cutting->rest.len -= bytes;
}

static void end_cited(struct cutting *cutting)
{
    if (!cutting->is_cited)
        return;
    put_close(cutting->json, ']');
    put_close(cutting->json, '}');
    cutting->is_cited = false;
}

static void put_plain(struct cutting *cutting, int64_t to)
{
    end_cited(cutting);
    if (to <= cutting->at)
        return;
    put_piece(cutting, to);
    put_close(cutting->json, '}');
}

static int64_t within(int64_t at, int64_t least, int64_t most)
{
    if (at < least)
        return least;
    return at < most ? at : most;
}

/* One that begins in what is written already belongs to the block that is open; one of which it is
 * not said what it means, to all that is left, or to the last block where nothing is. */
static void put_cited(struct cutting *cutting, const struct citation *citation)
{
    const bool is_known =
        citation->start >= 0 && citation->start < cutting->len && citation->end > citation->start;
    const int64_t start = is_known ? within(citation->start, 0, cutting->len) : cutting->at;
    const int64_t end = is_known ? within(citation->end, start, cutting->len) : cutting->len;
    if (!cutting->is_cited || (start >= cutting->at && end > start)) {
        put_plain(cutting, start);
        put_piece(cutting, within(end, cutting->at, cutting->len));
        put_key(cutting->json, "citations");
        put_open(cutting->json, '[');
        cutting->is_cited = true;
    }
    citation_put_anthropic(cutting->json, citation);
}

void messages_put_text(struct json_writer *json, const struct json_tree *tree, struct text words,
                       const struct json_node *annotations)
{
    struct cutting cutting = { .json = json, .rest = words, .len = units_characters(words) };
    struct citation citation;
    for (const struct json_node *item =
             json_is_kind(annotations, JSON_ARRAY) ? json_first(tree, annotations) : NULL;
         item; item = json_next(tree, item))
        if (citation_read_annotation(tree, item, &citation))
            put_cited(&cutting, &citation);
    put_plain(&cutting, cutting.len);
}

/* ---- in a stream ---- */

/* They come behind the words that they are about. */
void messages_cite(struct messages_writer *writer, const struct json_node *annotations)
{
    const struct json_tree *tree = &writer->base.tree;
    struct citation citation;
    if (!json_is_kind(annotations, JSON_ARRAY))
        return;
    for (const struct json_node *item = json_first(tree, annotations); item;
         item = json_next(tree, item)) {
        if (!citation_read_annotation(tree, item, &citation))
            continue;
        messages_open_text(writer);
        messages_open_delta(writer, "citations_delta");
        put_key(&writer->base.json, "citation");
        citation_put_anthropic(&writer->base.json, &citation);
        messages_close_delta(writer);
        writer->is_cited = true;
    }
}

/* ---- Anthropic's own blocks ---- */

static const struct json_node *own_blocks(const struct json_tree *tree,
                                          const struct json_node *said)
{
    const struct json_node *extra = json_find(tree, said, "extra_content");
    const struct json_node *blocks = json_find(tree, json_find(tree, extra, "anthropic"), "blocks");
    return json_is_kind(blocks, JSON_ARRAY) ? json_first(tree, blocks) : NULL;
}

void messages_put_own_blocks(struct json_writer *json, const struct json_tree *tree,
                             const struct json_node *message)
{
    for (const struct json_node *block = own_blocks(tree, message); block;
         block = json_next(tree, block))
        put_raw(json, json_raw(tree, block));
}

void messages_tell_own_blocks(struct messages_writer *writer, const struct json_node *delta)
{
    for (const struct json_node *block = own_blocks(&writer->base.tree, delta); block;
         block = json_next(&writer->base.tree, block)) {
        messages_end_calls(writer);
        messages_open_block(writer, BLOCK_OWN);
        put_raw(&writer->base.json, json_raw(&writer->base.tree, block));
        messages_close_event(writer);
        messages_close_block(writer);
    }
}
