/* bedrock_parts.c - what stands in a turn: text, pictures, documents, thoughts. */
#include "bedrock.h"
#include "foreign_values.h"
#include "units.h"

/* ---- blocks ---- */

void bedrock_open_block(struct turns *turns, const char *name)
{
    turns_enter(turns);
    put_open(turns->json, '{');
    put_key(turns->json, name);
}

void bedrock_put_cache_point(struct json_writer *json, const struct json_tree *tree,
                             const struct json_node *marked)
{
    if (json_is_kind(json_find(tree, marked, "cache_control"), JSON_OBJECT))
        put_raw(json, text_of("{\"cachePoint\":{\"type\":\"default\"}}"));
}

void bedrock_close_block(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *marked)
{
    put_close(turns->json, '}');
    bedrock_put_cache_point(turns->json, tree, marked);
}

/* A mark of the whole request. */
static void put_end(struct turns *turns, const struct json_tree *tree)
{
    bedrock_put_cache_point(turns->json, tree, json_root(tree));
}

/* ---- text ---- */

/* Nearly all texts begin with a letter. */
static bool is_blank(struct text inside)
{
    const bool may_be = inside.len == 0 || inside.data[0] == ' ' || inside.data[0] == '\\';
    return may_be && units_trimmed_len(inside) == 0;
}

/* A blank text is refused. */
static void put_text(struct turns *turns, const struct json_tree *tree, struct text inside,
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

static void put_image(struct turns *turns, const struct json_tree *tree, struct text url,
                      const struct json_node *marked)
{
    const struct data_url value = data_url_of(url);
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
static void put_document_name(struct turns *turns)
{
    put_key(turns->json, "name");
    put_open_string(turns->json);
    if (!buffer_printf(turns->json->out, "document-%zu", ++turns->documents))
        turns->json->full = true;
    put_close_string(turns->json);
}

static void put_text_source(struct json_writer *json, struct text said)
{
    put_key(json, "source");
    put_open(json, '{');
    put_inside_member(json, "text", said);
    put_close(json, '}');
}

static void put_document(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *part, const struct json_node *marked)
{
    const struct json_node *file = json_find(tree, part, "file");
    const struct text said = json_inside(tree, json_find(tree, part, "text"));
    const struct data_url value =
        data_url_of(json_inside(tree, json_find(tree, file, "file_data")));
    if (!value.data.data && said.len == 0)
        return;
    bedrock_open_block(turns, "document");
    put_open(turns->json, '{');
    put_format(turns->json, value.data.data ? value.media_type : text_of("plain"));
    put_document_name(turns);
    if (value.data.data)
        put_bytes_source(turns->json, value.data);
    else
        put_text_source(turns->json, said);
    turns_put_wishes(turns, tree, part);
    put_close(turns->json, '}');
    bedrock_close_block(turns, tree, marked);
}

/* ---- thoughts ---- */

static void put_thought(struct turns *turns, const struct json_tree *tree,
                        const struct json_node *first, const struct json_node *end,
                        struct text proof)
{
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
}

static void put_hidden_thought(struct turns *turns, struct text data)
{
    if (data.len == 0)
        return;
    bedrock_open_block(turns, "reasoningContent");
    put_open(turns->json, '{');
    put_inside_member(turns->json, "redactedContent", data);
    put_close(turns->json, '}');
    put_close(turns->json, '}');
}

/* Those of its models that sign thoughts are Anthropic's. */
static void put_thoughts(struct turns *turns, const struct json_tree *tree,
                         const struct json_node *message)
{
    const struct json_node *details = json_find(tree, message, "reasoning_details");
    if (json_is_kind(details, JSON_ARRAY))
        turns_put_details(turns, tree, details);
}

const struct turns_language bedrock_turns = {
    .put_text = put_text,
    .put_image = put_image,
    .put_document = put_document,
    .put_thoughts = put_thoughts,
    .put_thought = put_thought,
    .put_hidden_thought = put_hidden_thought,
    .put_call = bedrock_put_call,
    .put_result = bedrock_put_result,
    .put_end = put_end,
};
