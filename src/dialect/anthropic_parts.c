/* anthropic_parts.c - what stands in a turn: text, pictures, documents, thoughts. */
#include "anthropic.h"
#include "foreign_values.h"
#include "units.h"

/* An empty text is refused. */
void anthropic_put_text(struct turns *turns, const struct json_tree *tree, struct text inside,
                        const struct json_node *marked)
{
    if (turns->trims)
        inside.len = units_trimmed_len(inside);
    if (inside.len == 0)
        return;
    turns_open_block(turns, "text");
    put_key(turns->json, "text");
    put_open_string(turns->json);
    put_inside(turns->json, inside);
    put_close_string(turns->json);
    turns_close_block(turns, tree, marked);
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

static void put_text_part(struct turns *turns, const struct json_tree *tree,
                          const struct json_node *part, const struct json_node *marked)
{
    anthropic_put_text(turns, tree, json_inside(tree, json_find(tree, part, "text")), marked);
}

static void put_refusal_part(struct turns *turns, const struct json_tree *tree,
                             const struct json_node *part, const struct json_node *marked)
{
    anthropic_put_text(turns, tree, json_inside(tree, json_find(tree, part, "refusal")), marked);
}

/* Some clients write the address in the place of the object around it. */
static void put_image_part(struct turns *turns, const struct json_tree *tree,
                           const struct json_node *part, const struct json_node *marked)
{
    const struct json_node *image = json_find(tree, part, "image_url");
    if (json_is_kind(image, JSON_OBJECT))
        image = json_find(tree, image, "url");
    turns_open_block(turns, "image");
    put_source(turns->json, json_inside(tree, image));
    turns_close_block(turns, tree, marked);
}

static void put_file_part(struct turns *turns, const struct json_tree *tree,
                          const struct json_node *part, const struct json_node *marked)
{
    const struct json_node *file = json_find(tree, part, "file");
    struct text data = json_inside(tree, json_find(tree, file, "file_data"));
    struct text name = json_inside(tree, json_find(tree, file, "filename"));
    if (data.len == 0)
        return;
    turns_open_block(turns, "document");
    put_source(turns->json, data);
    if (name.len > 0)
        put_inside_member(turns->json, "title", name);
    turns_close_block(turns, tree, marked);
}

static const struct {
    const char *type;
    void (*put)(struct turns *turns, const struct json_tree *tree, const struct json_node *part,
                const struct json_node *marked);
} part_rows[] = {
    { "text", put_text_part },
    { "image_url", put_image_part },
    { "refusal", put_refusal_part },
    { "file", put_file_part },
};

/* The message's own mark belongs to its last part. */
static void put_part(struct turns *turns, const struct json_tree *tree,
                     const struct json_node *part, const struct json_node *message)
{
    const struct json_node *type = json_find(tree, part, "type");
    bool has_mark = json_is_given(json_find(tree, part, "cache_control"));
    bool is_last = json_next(tree, part) == NULL;
    for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++) {
        if (!json_is(tree, type, part_rows[i].type))
            continue;
        part_rows[i].put(turns, tree, part, is_last && !has_mark ? message : part);
        return;
    }
}

void anthropic_put_content(struct turns *turns, const struct json_tree *tree,
                           const struct json_node *content, const struct json_node *marked)
{
    if (json_is_kind(content, JSON_STRING))
        anthropic_put_text(turns, tree, json_inside(tree, content), marked);
    else if (json_is_kind(content, JSON_OBJECT))
        put_part(turns, tree, content, marked);
    for (const struct json_node *part =
             json_is_kind(content, JSON_ARRAY) ? json_first(tree, content) : NULL;
         part; part = json_next(tree, part))
        put_part(turns, tree, part, marked);
}

/* ---- thoughts ---- */

/* A thought without a proof is refused; another model's has none. */
static const struct json_node *put_thought(struct turns *turns, const struct json_tree *tree,
                                           const struct json_node *first)
{
    struct text proof = { 0 };
    const struct json_node *end = thought_end(tree, first, &proof);
    if (proof.len == 0)
        return end;
    turns_open_block(turns, "thinking");
    put_key(turns->json, "thinking");
    put_open_string(turns->json);
    for (const struct json_node *piece = first; piece != end; piece = json_next(tree, piece))
        put_inside(turns->json, json_inside(tree, json_find(tree, piece, "text")));
    put_close_string(turns->json);
    put_inside_member(turns->json, "signature", proof);
    turns_close_block(turns, tree, NULL);
    return end;
}

static void put_hidden_thought(struct turns *turns, const struct json_tree *tree,
                               const struct json_node *detail)
{
    struct text data = json_inside(tree, json_find(tree, detail, "data"));
    if (data.len == 0)
        return;
    turns_open_block(turns, "redacted_thinking");
    put_inside_member(turns->json, "data", data);
    turns_close_block(turns, tree, NULL);
}

static void put_details(struct turns *turns, const struct json_tree *tree,
                        const struct json_node *details)
{
    const struct json_node *detail = json_first(tree, details);
    while (detail) {
        const struct json_node *type = json_find(tree, detail, "type");
        if (thought_is_of(tree, detail, ANTHROPIC_FORMAT) &&
            json_is(tree, type, "reasoning.text")) {
            detail = put_thought(turns, tree, detail);
            continue;
        }
        if (thought_is_of(tree, detail, ANTHROPIC_FORMAT) &&
            json_is(tree, type, "reasoning.encrypted"))
            put_hidden_thought(turns, tree, detail);
        detail = json_next(tree, detail);
    }
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
            turns_open_block(turns, "thinking");
            put_raw_member(turns->json, "thinking",
                           json_raw(tree, json_find(tree, block, "thinking")));
            put_inside_member(turns->json, "signature", proof);
            turns_close_block(turns, tree, NULL);
        } else if (json_is(tree, type, "redacted_thinking")) {
            put_hidden_thought(turns, tree, block);
        }
    }
}

void anthropic_put_thoughts(struct turns *turns, const struct json_tree *tree,
                            const struct json_node *message)
{
    const struct json_node *details = json_find(tree, message, "reasoning_details");
    const struct json_node *blocks = json_find(tree, message, "thinking_blocks");
    if (json_is_kind(details, JSON_ARRAY))
        put_details(turns, tree, details);
    else if (json_is_kind(blocks, JSON_ARRAY))
        put_blocks(turns, tree, blocks);
}
