/* gemini_parts.c - what stands in a turn: text, pictures, sounds, files. */
#include "foreign_values.h"
#include "gemini.h"

/* An empty text is refused. */
void gemini_put_text(struct gemini_turns *turns, struct text inside)
{
    if (inside.len == 0)
        return;
    gemini_open_part(turns);
    put_inside_member(turns->json, "text", inside);
    gemini_close_part(turns);
}

/* ---- data and addresses ---- */

static void put_data(struct gemini_turns *turns, struct text media_type, struct text data)
{
    gemini_open_part(turns);
    put_key(turns->json, "inlineData");
    put_open(turns->json, '{');
    if (media_type.len > 0)
        put_inside_member(turns->json, "mimeType", media_type);
    put_inside_member(turns->json, "data", data);
    put_close(turns->json, '}');
    gemini_close_part(turns);
}

/* Where an address says of what type it is. Google's own storage does without. */
static const struct {
    const char *ending, *media_type;
} ending_rows[] = {
    { ".png", "image/png" },   { ".jpg", "image/jpeg" },      { ".jpeg", "image/jpeg" },
    { ".webp", "image/webp" }, { ".heic", "image/heic" },     { ".heif", "image/heif" },
    { ".gif", "image/gif" },   { ".pdf", "application/pdf" },
};

static const char *type_of_address(struct text url)
{
    const char *end = url.data + url.len;
    for (const char *at = url.data; at < end; at++)
        if (*at == '?' || *at == '#')
            end = at;
    const struct text path = { url.data, (size_t)(end - url.data) };
    for (size_t i = 0; i < sizeof(ending_rows) / sizeof(ending_rows[0]); i++) {
        const size_t len = strlen(ending_rows[i].ending);
        if (path.len > len &&
            strncasecmp(path.data + path.len - len, ending_rows[i].ending, len) == 0)
            return ending_rows[i].media_type;
    }
    return NULL;
}

static void put_address(struct gemini_turns *turns, struct text url)
{
    const char *media_type = type_of_address(url);
    gemini_open_part(turns);
    put_key(turns->json, "fileData");
    put_open(turns->json, '{');
    if (media_type)
        put_word_member(turns->json, "mimeType", media_type);
    put_inside_member(turns->json, "fileUri", url);
    put_close(turns->json, '}');
    gemini_close_part(turns);
}

static void put_url(struct gemini_turns *turns, struct text url)
{
    const struct data_url value = data_url_of(url);
    if (value.data.data)
        put_data(turns, value.media_type, value.data);
    else if (url.len > 0)
        put_address(turns, url);
}

/* ---- parts ---- */

static void put_text_part(struct gemini_turns *turns, const struct json_tree *tree,
                          const struct json_node *part)
{
    gemini_put_text(turns, json_inside(tree, json_find(tree, part, "text")));
}

static void put_refusal_part(struct gemini_turns *turns, const struct json_tree *tree,
                             const struct json_node *part)
{
    gemini_put_text(turns, json_inside(tree, json_find(tree, part, "refusal")));
}

/* Some clients write the address in the place of the object around it. */
static void put_image_part(struct gemini_turns *turns, const struct json_tree *tree,
                           const struct json_node *part)
{
    const struct json_node *image = json_find(tree, part, "image_url");
    if (json_is_kind(image, JSON_OBJECT))
        image = json_find(tree, image, "url");
    put_url(turns, json_inside(tree, image));
}

static void put_audio_part(struct gemini_turns *turns, const struct json_tree *tree,
                           const struct json_node *part)
{
    const struct json_node *audio = json_find(tree, part, "input_audio");
    const struct json_node *format = json_find(tree, audio, "format");
    const char *media_type = json_is(tree, format, "mp3") ? "audio/mp3" : "audio/wav";
    put_data(turns, text_of(media_type), json_inside(tree, json_find(tree, audio, "data")));
}

static void put_file_part(struct gemini_turns *turns, const struct json_tree *tree,
                          const struct json_node *part)
{
    const struct json_node *file = json_find(tree, part, "file");
    put_url(turns, json_inside(tree, json_find(tree, file, "file_data")));
}

static const struct {
    const char *type;
    enum gemini_parts kind;
    void (*put)(struct gemini_turns *turns, const struct json_tree *tree,
                const struct json_node *part);
} part_rows[] = {
    { "text", GEMINI_WORDS, put_text_part },         { "image_url", GEMINI_MEDIA, put_image_part },
    { "refusal", GEMINI_WORDS, put_refusal_part },   { "file", GEMINI_MEDIA, put_file_part },
    { "input_audio", GEMINI_MEDIA, put_audio_part },
};

static void put_part(struct gemini_turns *turns, const struct json_tree *tree,
                     const struct json_node *part, enum gemini_parts which)
{
    const struct json_node *type = json_find(tree, part, "type");
    for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++) {
        if (!json_is(tree, type, part_rows[i].type))
            continue;
        if (which == GEMINI_ALL || which == part_rows[i].kind)
            part_rows[i].put(turns, tree, part);
        return;
    }
}

void gemini_put_content(struct gemini_turns *turns, const struct json_tree *tree,
                        const struct json_node *content, enum gemini_parts which)
{
    if (json_is_kind(content, JSON_STRING) && which != GEMINI_MEDIA)
        gemini_put_text(turns, json_inside(tree, content));
    else if (json_is_kind(content, JSON_OBJECT))
        put_part(turns, tree, content, which);
    for (const struct json_node *part =
             json_is_kind(content, JSON_ARRAY) ? json_first(tree, content) : NULL;
         part; part = json_next(tree, part))
        put_part(turns, tree, part, which);
}

/* ---- proofs ---- */

/* What comes with words may come back in a part of its own behind them; another vendor's would be
 * refused. */
void gemini_put_proofs(struct gemini_turns *turns, const struct json_tree *tree,
                       const struct json_node *message)
{
    const struct json_node *details = json_find(tree, message, "reasoning_details");
    for (const struct json_node *detail =
             json_is_kind(details, JSON_ARRAY) ? json_first(tree, details) : NULL;
         detail; detail = json_next(tree, detail)) {
        struct text proof = json_inside(tree, json_find(tree, detail, "data"));
        if (proof.len == 0 || !thought_is_of(tree, detail, GEMINI_FORMAT))
            continue;
        gemini_open_part(turns);
        put_word_member(turns->json, "text", "");
        put_inside_member(turns->json, "thoughtSignature", proof);
        gemini_close_part(turns);
    }
}
