/* anthropic_parts.c - what stands in a turn: text, pictures, documents, thoughts. */
#include "anthropic.h"
#include "foreign_values.h"
#include "units.h"

void anthropic_open_block(struct turns *turns, const char *type)
{
    turns_enter(turns);
    put_open(turns->json, '{');
    put_word_member(turns->json, "type", type);
}

void anthropic_close_block(struct turns *turns, const struct json_tree *tree,
                           const struct json_node *marked)
{
    const struct json_node *mark = json_find(tree, marked, "cache_control");
    if (json_is_kind(mark, JSON_OBJECT))
        put_raw_member(turns->json, "cache_control", json_raw(tree, mark));
    put_close(turns->json, '}');
}

/* An empty text is refused. */
static void put_text(struct turns *turns, const struct json_tree *tree, struct text inside,
                     const struct json_node *marked)
{
    if (turns->trims)
        inside.len = units_trimmed_len(inside);
    if (inside.len == 0)
        return;
    anthropic_open_block(turns, "text");
    put_key(turns->json, "text");
    put_open_string(turns->json);
    put_inside(turns->json, inside);
    put_close_string(turns->json);
    anthropic_close_block(turns, tree, marked);
}

/* ---- data and addresses ---- */

static void put_source(struct json_writer *json, struct text url)
{
    const struct data_url value = data_url_of(url);
    const bool is_data = value.data.data != NULL;
    put_key(json, "source");
    put_open(json, '{');
    put_word_member(json, "type", is_data ? "base64" : "url");
    if (is_data) {
        put_inside_member(json, "media_type", value.media_type);
        put_inside_member(json, "data", value.data);
    } else {
        put_inside_member(json, "url", url);
    }
    put_close(json, '}');
}

/* ---- parts ---- */

static void put_image(struct turns *turns, const struct json_tree *tree, struct text url,
                      const struct json_node *marked)
{
    anthropic_open_block(turns, "image");
    put_source(turns->json, url);
    anthropic_close_block(turns, tree, marked);
}

static void put_text_source(struct json_writer *json, struct text said)
{
    put_key(json, "source");
    put_open(json, '{');
    put_word_member(json, "type", "text");
    put_word_member(json, "media_type", "text/plain");
    put_inside_member(json, "data", said);
    put_close(json, '}');
}

static void put_document(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *part, const struct json_node *marked)
{
    const struct json_node *file = json_find(tree, part, "file");
    const struct text data = json_inside(tree, json_find(tree, file, "file_data"));
    const struct text said = json_inside(tree, json_find(tree, part, "text"));
    struct text name = json_inside(tree, json_find(tree, file, "filename"));
    if (name.len == 0)
        name = json_inside(tree, json_find(tree, part, "title"));
    if (data.len == 0 && said.len == 0)
        return;
    anthropic_open_block(turns, "document");
    if (data.len > 0)
        put_source(turns->json, data);
    else
        put_text_source(turns->json, said);
    if (name.len > 0)
        put_inside_member(turns->json, "title", name);
    turns_put_wishes(turns, tree, part);
    anthropic_close_block(turns, tree, marked);
}

static void put_own(struct turns *turns, const struct json_tree *tree, const struct json_node *part)
{
    turns_enter(turns);
    put_raw(turns->json, json_raw(tree, part));
}

/* ---- thoughts ---- */

static void put_thought(struct turns *turns, const struct json_tree *tree,
                        const struct json_node *first, const struct json_node *end,
                        struct text proof)
{
    anthropic_open_block(turns, "thinking");
    put_key(turns->json, "thinking");
    put_open_string(turns->json);
    for (const struct json_node *piece = first; piece != end; piece = json_next(tree, piece))
        put_inside(turns->json, json_inside(tree, json_find(tree, piece, "text")));
    put_close_string(turns->json);
    put_inside_member(turns->json, "signature", proof);
    anthropic_close_block(turns, tree, NULL);
}

static void put_hidden_thought(struct turns *turns, struct text data)
{
    if (data.len == 0)
        return;
    anthropic_open_block(turns, "redacted_thinking");
    put_inside_member(turns->json, "data", data);
    put_close(turns->json, '}');
}

/* Blocks as Anthropic writes them, as some clients keep them. */
static void put_blocks(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *blocks)
{
    for (const struct json_node *block = json_first(tree, blocks); block;
         block = json_next(tree, block)) {
        const struct json_node *type = json_find(tree, block, "type");
        struct text proof = json_inside(tree, json_find(tree, block, "signature"));
        if (json_is(tree, type, "thinking") && proof.len > 0) {
            anthropic_open_block(turns, "thinking");
            put_raw_member(turns->json, "thinking",
                           json_raw(tree, json_find(tree, block, "thinking")));
            put_inside_member(turns->json, "signature", proof);
            anthropic_close_block(turns, tree, NULL);
        } else if (json_is(tree, type, "redacted_thinking")) {
            put_hidden_thought(turns, json_inside(tree, json_find(tree, block, "data")));
        }
    }
}

/* Of tools that its own servers ran: what they were asked and have said. */
static void put_own_blocks(struct turns *turns, const struct json_tree *tree,
                           const struct json_node *message)
{
    const struct json_node *extra = json_find(tree, message, "extra_content");
    const struct json_node *blocks = json_find(tree, json_find(tree, extra, "anthropic"), "blocks");
    if (!json_is_kind(blocks, JSON_ARRAY))
        return;
    for (const struct json_node *block = json_first(tree, blocks); block;
         block = json_next(tree, block))
        put_own(turns, tree, block);
}

static void put_thoughts(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *message)
{
    const struct json_node *details = json_find(tree, message, "reasoning_details");
    const struct json_node *blocks = json_find(tree, message, "thinking_blocks");
    if (json_is_kind(details, JSON_ARRAY))
        turns_put_details(turns, tree, details);
    else if (json_is_kind(blocks, JSON_ARRAY))
        put_blocks(turns, tree, blocks);
    put_own_blocks(turns, tree, message);
}

const struct turns_language anthropic_turns = {
    .put_text = put_text,
    .put_image = put_image,
    .put_document = put_document,
    .put_own = put_own,
    .put_thoughts = put_thoughts,
    .put_thought = put_thought,
    .put_hidden_thought = put_hidden_thought,
    .put_call = anthropic_put_call,
    .put_result = anthropic_put_result,
};
