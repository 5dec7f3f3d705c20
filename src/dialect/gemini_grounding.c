/* gemini_grounding.c - what an answer of Google's rests on: pages that its search has found. */
#include "chat/citation.h"
#include "gemini.h"

/* Google counts bytes of the text, OpenAI characters. Only of a text where both are the same is it
 * known which part is meant; else it is all that was said. */
void gemini_note_words(struct gemini_candidate *candidate, struct text inside)
{
    for (size_t i = 0; i < inside.len && !candidate->is_wide; i++) {
        const bool is_escape = inside.data[i] == '\\' && i + 1 < inside.len;
        candidate->is_wide =
            (unsigned char)inside.data[i] >= 0x80 || (is_escape && inside.data[i + 1] == 'u');
        i += is_escape;
    }
}

static void annotate(struct foreign_answer *answer, const struct json_node *chunk, int64_t start,
                     int64_t end)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *page = json_find(tree, chunk, "web");
    const struct citation citation = {
        .kind = CITED_WEB,
        .address = json_inside(tree, json_find(tree, page, "uri")),
        .title = json_inside(tree, json_find(tree, page, "title")),
        .start = start,
        .end = end,
    };
    if (citation.address.len > 0)
        openai_annotate(&answer->writer, &citation);
}

static const struct json_node *chunk_at(const struct json_tree *tree,
                                        const struct json_node *chunks, int64_t at)
{
    const struct json_node *chunk = json_first(tree, chunks);
    while (chunk && at-- > 0)
        chunk = json_next(tree, chunk);
    return chunk;
}

/* Which pages a part of the text rests on. */
static void read_support(struct foreign_answer *answer, const struct json_node *chunks,
                         const struct json_node *support)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *segment = json_find(tree, support, "segment");
    const struct json_node *indexes = json_find(tree, support, "groundingChunkIndices");
    int64_t start = 0, at, all = openai_characters(&answer->writer), end = all;
    json_to_count(tree, json_find(tree, segment, "startIndex"), &start);
    json_to_count(tree, json_find(tree, segment, "endIndex"), &end);
    if (start > end || end > all) {
        start = 0;
        end = all;
    }
    for (const struct json_node *index = json_first(tree, indexes); index;
         index = json_next(tree, index))
        if (json_to_count(tree, index, &at))
            annotate(answer, chunk_at(tree, chunks, at), start, end);
}

void gemini_read_grounding(struct foreign_answer *answer, struct gemini_candidate *candidate,
                           const struct json_node *grounding)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *chunks = json_find(tree, grounding, "groundingChunks");
    const struct json_node *supports = json_find(tree, grounding, "groundingSupports");
    const bool has_supports =
        !candidate->is_wide && json_is_kind(supports, JSON_ARRAY) && supports->count > 0;
    if (candidate->is_grounded || !json_is_kind(chunks, JSON_ARRAY) || chunks->count == 0)
        return;
    candidate->is_grounded = true;
    for (const struct json_node *support = has_supports ? json_first(tree, supports) : NULL;
         support; support = json_next(tree, support))
        read_support(answer, chunks, support);
    for (const struct json_node *chunk = has_supports ? NULL : json_first(tree, chunks); chunk;
         chunk = json_next(tree, chunk))
        annotate(answer, chunk, 0, openai_characters(&answer->writer));
}
