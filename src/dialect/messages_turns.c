/* messages_turns.c - turns become messages: what a tool has said stands by itself, and so do calls.
 */
#include "messages_chat.h"

/* ---- parts ---- */

static bool is_type(const struct json_tree *tree, const struct json_node *block, const char *type)
{
    return json_is(tree, json_find(tree, block, "type"), type);
}

static void open_part(struct chat_reading *reading, const char *type)
{
    put_open(&reading->json, '{');
    put_word_member(&reading->json, "type", type);
}

static void close_part(struct chat_reading *reading, const struct json_node *block)
{
    messages_put_mark(reading, block);
    put_close(&reading->json, '}');
}

static void put_text(struct chat_reading *reading, const struct json_node *block)
{
    open_part(reading, "text");
    put_raw_member(&reading->json, "text",
                   json_raw(&reading->tree, json_find(&reading->tree, block, "text")));
    close_part(reading, block);
}

static void put_data_url(struct chat_reading *reading, const char *name,
                         const struct json_node *source)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    put_key(json, name);
    put_open_string(json);
    put_inside(json, text_of("data:"));
    put_inside(json, json_inside(tree, json_find(tree, source, "media_type")));
    put_inside(json, text_of(";base64,"));
    put_inside(json, json_inside(tree, json_find(tree, source, "data")));
    put_close_string(json);
}

static void put_image(struct chat_reading *reading, const struct json_node *block)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *source = json_find(tree, block, "source");
    open_part(reading, "image_url");
    put_key(json, "image_url");
    put_open(json, '{');
    if (is_type(tree, source, "base64"))
        put_data_url(reading, "url", source);
    else
        put_raw_member(json, "url", json_raw(tree, json_find(tree, source, "url")));
    put_close(json, '}');
    close_part(reading, block);
}

/* Wishes that other languages of blocks know, and OpenAI's does not. */
static void put_wishes(struct chat_reading *reading, const struct json_node *block)
{
    static const char *const names[] = { "context", "citations" };
    const struct json_tree *tree = &reading->tree;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json_node *wish = json_find(tree, block, names[i]);
        if (json_is_given(wish) && !chat_is_final(reading))
            put_raw_member(&reading->json, names[i], json_raw(tree, wish));
    }
}

static void put_file(struct chat_reading *reading, const struct json_node *block)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *title = json_find(tree, block, "title");
    open_part(reading, "file");
    put_key(json, "file");
    put_open(json, '{');
    if (json_is_kind(title, JSON_STRING))
        put_raw_member(json, "filename", json_raw(tree, title));
    else
        put_word_member(json, "filename", "document.pdf");
    put_data_url(reading, "file_data", json_find(tree, block, "source"));
    put_close(json, '}');
    put_wishes(reading, block);
    close_part(reading, block);
}

static void put_text_document(struct chat_reading *reading, const struct json_node *block)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *title = json_find(tree, block, "title");
    open_part(reading, "text");
    put_raw_member(&reading->json, "text",
                   json_raw(tree, json_find(tree, json_find(tree, block, "source"), "data")));
    if (json_is_kind(title, JSON_STRING) && !chat_is_final(reading))
        put_raw_member(&reading->json, "title", json_raw(tree, title));
    put_wishes(reading, block);
    close_part(reading, block);
}

/* One that is text is said as text; one by its address is left to whoever may understand it. */
static void put_document(struct chat_reading *reading, const struct json_node *block)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *source = json_find(tree, block, "source");
    if (is_type(tree, source, "base64"))
        put_file(reading, block);
    else if (is_type(tree, source, "text"))
        put_text_document(reading, block);
    else
        put_raw(&reading->json, json_raw(tree, block));
}

static const struct {
    const char *type;
    void (*put)(struct chat_reading *reading, const struct json_node *block);
} part_rows[] = {
    { "text", put_text },
    { "image", put_image },
    { "document", put_document },
};

/* Blocks that are no parts of a message but stand beside it. */
static bool stands_beside(const struct json_tree *tree, const struct json_node *block)
{
    static const char *const types[] = { "tool_result", "tool_use", "thinking",
                                         "redacted_thinking" };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (is_type(tree, block, types[i]))
            return true;
    return false;
}

/* What is not known goes as it is: it is refused by name and not lost in silence. */
static void put_part(struct chat_reading *reading, const struct json_node *block)
{
    for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++) {
        if (is_type(&reading->tree, block, part_rows[i].type)) {
            part_rows[i].put(reading, block);
            return;
        }
    }
    put_raw(&reading->json, json_raw(&reading->tree, block));
}

/* ---- the content of a message ---- */

typedef bool choose(const struct json_tree *tree, const struct json_node *block);

static bool is_part(const struct json_tree *tree, const struct json_node *block)
{
    return !stands_beside(tree, block);
}

static size_t count_chosen(const struct json_tree *tree, const struct json_node *content,
                           choose *chosen)
{
    size_t count = 0;
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block))
        count += chosen(tree, block);
    return count;
}

static void put_parts(struct chat_reading *reading, const struct json_node *content, choose *chosen)
{
    const struct json_tree *tree = &reading->tree;
    put_open(&reading->json, '[');
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block))
        if (chosen(tree, block))
            put_part(reading, block);
    put_close(&reading->json, ']');
}

/* The text of the only part, where there is one: many servers know lists in user messages only. */
static const struct json_node *only_text(const struct chat_reading *reading,
                                         const struct json_node *content, choose *chosen)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *block = json_first(tree, content);
    if (!chat_is_final(reading) || count_chosen(tree, content, chosen) != 1)
        return NULL;
    while (!chosen(tree, block))
        block = json_next(tree, block);
    return is_type(tree, block, "text") ? json_find(tree, block, "text") : NULL;
}

static void put_content(struct chat_reading *reading, const struct json_node *content,
                        choose *chosen)
{
    const struct json_node *text = content;
    put_key(&reading->json, "content");
    if (json_is_kind(content, JSON_ARRAY))
        text = only_text(reading, content, chosen);
    if (text)
        put_raw(&reading->json, json_raw(&reading->tree, text));
    else
        put_parts(reading, content, chosen);
}

static void open_message(struct chat_reading *reading, const char *role)
{
    put_open(&reading->json, '{');
    put_word_member(&reading->json, "role", role);
}

/* ---- results of tools ---- */

static bool is_text(const struct json_tree *tree, const struct json_node *block)
{
    return is_type(tree, block, "text");
}

/* Pictures that a tool has shown: OpenAI's tools can only say words. */
static bool is_shown(const struct json_tree *tree, const struct json_node *block)
{
    return !is_text(tree, block);
}

static void put_result(struct chat_reading *reading, const struct json_node *block)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *content = json_find(tree, block, "content");
    open_message(reading, "tool");
    put_raw_member(&reading->json, "tool_call_id",
                   json_raw(tree, json_find(tree, block, "tool_use_id")));
    bool says = json_is_kind(content, JSON_STRING) || count_chosen(tree, content, is_text) > 0;
    if (says)
        put_content(reading, content, is_text);
    else
        put_word_member(&reading->json, "content", "");
    messages_put_mark(reading, block);
    put_close(&reading->json, '}');
}

static size_t put_results(struct chat_reading *reading, const struct json_node *content)
{
    const struct json_tree *tree = &reading->tree;
    size_t shown = 0;
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block)) {
        if (!is_type(tree, block, "tool_result"))
            continue;
        const struct json_node *said = json_find(tree, block, "content");
        put_result(reading, block);
        if (json_is_kind(said, JSON_ARRAY))
            shown += count_chosen(tree, said, is_shown);
    }
    return shown;
}

static void put_shown(struct chat_reading *reading, const struct json_node *content)
{
    const struct json_tree *tree = &reading->tree;
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block)) {
        const struct json_node *said = json_find(tree, block, "content");
        if (!is_type(tree, block, "tool_result") || !json_is_kind(said, JSON_ARRAY))
            continue;
        for (const struct json_node *part = json_first(tree, said); part;
             part = json_next(tree, part))
            if (is_shown(tree, part))
                put_part(reading, part);
    }
}

static void put_user_blocks(struct chat_reading *reading, const struct json_node *content)
{
    const struct json_tree *tree = &reading->tree;
    struct json_writer *json = &reading->json;
    size_t shown = put_results(reading, content);
    if (shown + count_chosen(tree, content, is_part) == 0)
        return;
    open_message(reading, "user");
    put_key(json, "content");
    put_open(json, '[');
    put_shown(reading, content);
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block))
        if (is_part(tree, block))
            put_part(reading, block);
    put_close(json, ']');
    put_close(json, '}');
}

/* ---- the assistant ---- */

static bool is_call(const struct json_tree *tree, const struct json_node *block)
{
    return is_type(tree, block, "tool_use");
}

static void put_call(struct chat_reading *reading, const struct json_node *block)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    const struct json_node *input = json_find(tree, block, "input");
    put_open(json, '{');
    put_raw_member(json, "id", json_raw(tree, json_find(tree, block, "id")));
    put_word_member(json, "type", "function");
    put_key(json, "function");
    put_open(json, '{');
    put_raw_member(json, "name", json_raw(tree, json_find(tree, block, "name")));
    put_key(json, "arguments");
    put_string(json, input ? json_raw(tree, input) : text_of("{}"));
    put_close(json, '}');
    messages_put_mark(reading, block);
    put_close(json, '}');
}

static void put_calls(struct chat_reading *reading, const struct json_node *content)
{
    const struct json_tree *tree = &reading->tree;
    if (count_chosen(tree, content, is_call) == 0)
        return;
    put_key(&reading->json, "tool_calls");
    put_open(&reading->json, '[');
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block))
        if (is_call(tree, block))
            put_call(reading, block);
    put_close(&reading->json, ']');
}

static void put_assistant_blocks(struct chat_reading *reading, const struct json_node *content)
{
    open_message(reading, "assistant");
    if (count_chosen(&reading->tree, content, is_part) > 0)
        put_content(reading, content, is_part);
    else
        put_raw_member(&reading->json, "content", (struct text){ 0 });
    messages_put_thoughts(reading, content);
    put_calls(reading, content);
    put_close(&reading->json, '}');
}

/* ---- all of them ---- */

static void put_turn(struct chat_reading *reading, const struct json_node *turn)
{
    const struct json_tree *tree = &reading->tree;
    const struct json_node *role = json_find(tree, turn, "role");
    const struct json_node *content = json_find(tree, turn, "content");
    bool is_assistant = json_is(tree, role, "assistant");
    if (!json_is_kind(content, JSON_ARRAY)) {
        put_open(&reading->json, '{');
        put_raw_member(&reading->json, "role", json_raw(tree, role));
        put_content(reading, content, is_part);
        put_close(&reading->json, '}');
    } else if (is_assistant) {
        put_assistant_blocks(reading, content);
    } else {
        put_user_blocks(reading, content);
    }
}

static void put_system(struct chat_reading *reading)
{
    const struct json_node *system = chat_member(reading, "system");
    if (!json_is_given(system))
        return;
    open_message(reading, "system");
    put_content(reading, system, is_part);
    put_close(&reading->json, '}');
}

void messages_put_turns(struct chat_reading *reading)
{
    const struct json_tree *tree = &reading->tree;
    put_key(&reading->json, "messages");
    put_open(&reading->json, '[');
    put_system(reading);
    for (const struct json_node *turn = json_first(tree, chat_member(reading, "messages")); turn;
         turn = json_next(tree, turn))
        put_turn(reading, turn);
    if (reading->aim->last_message.len > 0)
        put_raw(&reading->json, reading->aim->last_message);
    put_close(&reading->json, ']');
}
