/* responses_parts.c - what stands in a message of Responses: words, pictures, documents, sounds. */
#include "responses_chat.h"

static void open_part(struct chat_reading *reading, const char *type)
{
    put_open(&reading->json, '{');
    put_word_member(&reading->json, "type", type);
}

static void put_member(struct chat_reading *reading, const struct json_node *part, const char *name,
                       const char *chat_name)
{
    const struct json_node *value = json_find(&reading->tree, part, name);
    if (json_is_given(value))
        put_raw_member(&reading->json, chat_name, json_raw(&reading->tree, value));
}

static void put_text(struct chat_reading *reading, const struct json_node *part)
{
    open_part(reading, "text");
    put_member(reading, part, "text", "text");
    put_close(&reading->json, '}');
}

static void put_refusal(struct chat_reading *reading, const struct json_node *part)
{
    open_part(reading, "refusal");
    put_member(reading, part, "refusal", "refusal");
    put_close(&reading->json, '}');
}

static void put_file(struct chat_reading *reading, const struct json_node *part)
{
    static const char *const names[] = { "filename", "file_data", "file_id" };
    open_part(reading, "file");
    put_key(&reading->json, "file");
    put_open(&reading->json, '{');
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        put_member(reading, part, names[i], names[i]);
    put_close(&reading->json, '}');
    put_close(&reading->json, '}');
}

/* One by its id is a file of chat: whether a picture may be one is for the server to say. */
static void put_image(struct chat_reading *reading, const struct json_node *part)
{
    const struct json_node *detail = json_find(&reading->tree, part, "detail");
    if (!json_is_given(json_find(&reading->tree, part, "image_url"))) {
        put_file(reading, part);
        return;
    }
    open_part(reading, "image_url");
    put_key(&reading->json, "image_url");
    put_open(&reading->json, '{');
    put_member(reading, part, "image_url", "url");
    if (!json_is(&reading->tree, detail, "auto"))
        put_member(reading, part, "detail", "detail");
    put_close(&reading->json, '}');
    put_close(&reading->json, '}');
}

static const struct {
    const char *type;
    void (*put)(struct chat_reading *reading, const struct json_node *part);
    bool is_words;
} part_rows[] = {
    { "input_text", put_text, true }, { "output_text", put_text, true }, { "text", put_text, true },
    { "refusal", put_refusal, true }, { "input_image", put_image },      { "input_file", put_file },
};

/* -1: what is not known goes as it is, and is refused by name and not lost in silence. */
static int row_of(const struct json_tree *tree, const struct json_node *part)
{
    for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++)
        if (responses_is_type(tree, part, part_rows[i].type))
            return (int)i;
    return -1;
}

static bool is_chosen(const struct json_tree *tree, const struct json_node *part,
                      enum responses_parts which)
{
    const int row = row_of(tree, part);
    const bool is_words = row >= 0 && part_rows[row].is_words;
    return which == PARTS_ALL || is_words == (which == PARTS_WORDS);
}

size_t responses_count_parts(const struct json_tree *tree, const struct json_node *content,
                             enum responses_parts which)
{
    size_t count = 0;
    if (!json_is_kind(content, JSON_ARRAY))
        return json_is_kind(content, JSON_STRING) && which != PARTS_SHOWN;
    for (const struct json_node *part = json_first(tree, content); part;
         part = json_next(tree, part))
        count += is_chosen(tree, part, which);
    return count;
}

static void put_part(struct chat_reading *reading, const struct json_node *part)
{
    const int row = row_of(&reading->tree, part);
    if (row >= 0)
        part_rows[row].put(reading, part);
    else
        put_raw(&reading->json, json_raw(&reading->tree, part));
}

static void put_string_part(struct chat_reading *reading, const struct json_node *words)
{
    open_part(reading, "text");
    put_raw_member(&reading->json, "text", json_raw(&reading->tree, words));
    put_close(&reading->json, '}');
}

void responses_put_parts(struct chat_reading *reading, const struct json_node *content,
                         enum responses_parts which)
{
    const struct json_tree *tree = &reading->tree;
    if (json_is_kind(content, JSON_STRING) && which != PARTS_SHOWN)
        put_string_part(reading, content);
    if (!json_is_kind(content, JSON_ARRAY))
        return;
    for (const struct json_node *part = json_first(tree, content); part;
         part = json_next(tree, part))
        if (is_chosen(tree, part, which))
            put_part(reading, part);
}
