/* bedrock_parts.c - what stands in a turn: text, pictures, documents, thoughts. */
#include "bedrock.h"
#include "foreign_values.h"
#include "units.h"

/* Nearly all texts begin with a letter. */
static bool is_blank(struct text inside)
{
    const bool may_be = inside.len == 0 || inside.data[0] == ' ' || inside.data[0] == '\\';
    return may_be && units_trimmed_len(inside) == 0;
}

/* A blank text is refused. */
void bedrock_put_text(struct bedrock_turns *turns, const struct json_tree *tree, struct text inside,
                      const struct json_node *marked)
{
    if (is_blank(inside))
        return;
    if (turns->trims)
        inside.len = units_trimmed_len(inside);
    bedrock_open_block(turns, "text");
    put_open_string(turns->json);
    put_inside(turns->json, inside);
    put_close_string(turns->json);
    bedrock_close_block(turns, tree, marked);
}

/* ---- data ---- */

/* Where a format is called otherwise than in the second half of its media type. */
static const struct {
    const char *subtype, *format;
} format_rows[] = {
    { "jpg", "jpeg" },
    { "plain", "txt" },
    { "markdown", "md" },
    { "msword", "doc" },
    { "vnd.ms-excel", "xls" },
    { "vnd.openxmlformats-officedocument.wordprocessingml.document", "docx" },
    { "vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx" },
};

static void put_format(struct json_writer *json, struct text media_type)
{
    const char *slash = memrchr(media_type.data, '/', media_type.len);
    const size_t head = slash ? (size_t)(slash + 1 - media_type.data) : 0;
    struct text format = { media_type.data + head, media_type.len - head };
    for (size_t i = 0; i < sizeof(format_rows) / sizeof(format_rows[0]); i++)
        if (text_is(format, format_rows[i].subtype))
            format = text_of(format_rows[i].format);
    put_inside_member(json, "format", format);
}

static void put_bytes_source(struct json_writer *json, struct text data)
{
    put_key(json, "source");
    put_open(json, '{');
    put_inside_member(json, "bytes", data);
    put_close(json, '}');
}

/* ---- parts ---- */

static void put_text_part(struct bedrock_turns *turns, const struct json_tree *tree,
                          const struct json_node *part, const struct json_node *marked)
{
    bedrock_put_text(turns, tree, json_inside(tree, json_find(tree, part, "text")), marked);
}

static void put_refusal_part(struct bedrock_turns *turns, const struct json_tree *tree,
                             const struct json_node *part, const struct json_node *marked)
{
    bedrock_put_text(turns, tree, json_inside(tree, json_find(tree, part, "refusal")), marked);
}

/* Some clients write the address in the place of the object around it. */
static void put_image_part(struct bedrock_turns *turns, const struct json_tree *tree,
                           const struct json_node *part, const struct json_node *marked)
{
    const struct json_node *image = json_find(tree, part, "image_url");
    if (json_is_kind(image, JSON_OBJECT))
        image = json_find(tree, image, "url");
    const struct data_url value = data_url_of(json_inside(tree, image));
    if (!value.data.data)
        return;
    bedrock_open_block(turns, "image");
    put_open(turns->json, '{');
    put_format(turns->json, value.media_type);
    put_bytes_source(turns->json, value.data);
    put_close(turns->json, '}');
    bedrock_close_block(turns, tree, marked);
}

/* The model sees the name: it is ours, so that a file's name cannot tell it anything. */
static void put_document_name(struct bedrock_turns *turns)
{
    put_key(turns->json, "name");
    put_open_string(turns->json);
    if (!buffer_printf(turns->json->out, "document-%zu", ++turns->documents))
        turns->json->full = true;
    put_close_string(turns->json);
}

static void put_file_part(struct bedrock_turns *turns, const struct json_tree *tree,
                          const struct json_node *part, const struct json_node *marked)
{
    const struct json_node *file = json_find(tree, part, "file");
    const struct data_url value =
        data_url_of(json_inside(tree, json_find(tree, file, "file_data")));
    if (!value.data.data)
        return;
    bedrock_open_block(turns, "document");
    put_open(turns->json, '{');
    put_format(turns->json, value.media_type);
    put_document_name(turns);
    put_bytes_source(turns->json, value.data);
    put_close(turns->json, '}');
    bedrock_close_block(turns, tree, marked);
}

static const struct {
    const char *type;
    void (*put)(struct bedrock_turns *turns, const struct json_tree *tree,
                const struct json_node *part, const struct json_node *marked);
} part_rows[] = {
    { "text", put_text_part },
    { "image_url", put_image_part },
    { "refusal", put_refusal_part },
    { "file", put_file_part },
};

/* The message's own mark belongs to its last part. */
static void put_part(struct bedrock_turns *turns, const struct json_tree *tree,
                     const struct json_node *part, const struct json_node *message)
{
    const struct json_node *type = json_find(tree, part, "type");
    const bool has_mark = json_is_given(json_find(tree, part, "cache_control"));
    const bool is_last = json_next(tree, part) == NULL;
    for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++) {
        if (!json_is(tree, type, part_rows[i].type))
            continue;
        part_rows[i].put(turns, tree, part, is_last && !has_mark ? message : part);
        return;
    }
}

void bedrock_put_content(struct bedrock_turns *turns, const struct json_tree *tree,
                         const struct json_node *content, const struct json_node *marked)
{
    if (json_is_kind(content, JSON_STRING))
        bedrock_put_text(turns, tree, json_inside(tree, content), marked);
    else if (json_is_kind(content, JSON_OBJECT))
        put_part(turns, tree, content, marked);
    for (const struct json_node *part =
             json_is_kind(content, JSON_ARRAY) ? json_first(tree, content) : NULL;
         part; part = json_next(tree, part))
        put_part(turns, tree, part, marked);
}

/* ---- thoughts ---- */

/* A thought without a proof is refused; another model's has none. */
static const struct json_node *put_thought(struct bedrock_turns *turns,
                                           const struct json_tree *tree,
                                           const struct json_node *first)
{
    struct text proof = { 0 };
    const struct json_node *end = thought_end(tree, first, &proof);
    if (proof.len == 0)
        return end;
    bedrock_open_block(turns, "reasoningContent");
    put_open(turns->json, '{');
    put_key(turns->json, "reasoningText");
    put_open(turns->json, '{');
    put_key(turns->json, "text");
    put_open_string(turns->json);
    for (const struct json_node *piece = first; piece != end; piece = json_next(tree, piece))
        put_inside(turns->json, json_inside(tree, json_find(tree, piece, "text")));
    put_close_string(turns->json);
    put_inside_member(turns->json, "signature", proof);
    put_close(turns->json, '}');
    put_close(turns->json, '}');
    bedrock_close_block(turns, tree, NULL);
    return end;
}

static void put_hidden_thought(struct bedrock_turns *turns, const struct json_tree *tree,
                               const struct json_node *detail)
{
    const struct text data = json_inside(tree, json_find(tree, detail, "data"));
    if (data.len == 0)
        return;
    bedrock_open_block(turns, "reasoningContent");
    put_open(turns->json, '{');
    put_inside_member(turns->json, "redactedContent", data);
    put_close(turns->json, '}');
    bedrock_close_block(turns, tree, NULL);
}

/* Those of its models that sign thoughts are Anthropic's. */
void bedrock_put_thoughts(struct bedrock_turns *turns, const struct json_tree *tree,
                          const struct json_node *message)
{
    const struct json_node *details = json_find(tree, message, "reasoning_details");
    const struct json_node *detail =
        json_is_kind(details, JSON_ARRAY) ? json_first(tree, details) : NULL;
    while (detail) {
        const struct json_node *type = json_find(tree, detail, "type");
        const bool is_own = thought_is_of(tree, detail, ANTHROPIC_FORMAT);
        if (is_own && json_is(tree, type, "reasoning.text")) {
            detail = put_thought(turns, tree, detail);
            continue;
        }
        if (is_own && json_is(tree, type, "reasoning.encrypted"))
            put_hidden_thought(turns, tree, detail);
        detail = json_next(tree, detail);
    }
}
