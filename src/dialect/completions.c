/* completions.c - clients of legacy completions: their prompt becomes a user's turn of a chat, and
 * what is said in it their text. */
#include "dialect/openai.h"
#include "voice_row.h"

/* ---- what they ask ---- */

static const char *const same_names[] = {
    "temperature",
    "top_p",
    "n",
    "stream",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "metadata",
    "store",
    "service_tier",
    "verbosity",
};

static void put_same(struct chat_reading *reading)
{
    for (size_t i = 0; i < sizeof(same_names) / sizeof(same_names[0]); i++)
        chat_put_member(reading, same_names[i], chat_member(reading, same_names[i]));
    chat_put_member(reading, reading->aim->limit, chat_member(reading, "max_tokens"));
    if (reading->aim->may_reason || !chat_is_final(reading))
        chat_put_member(reading, "reasoning_effort", chat_member(reading, "reasoning_effort"));
    if (json_is_true(&reading->tree, chat_member(reading, "stream")))
        put_raw_member(&reading->json, "stream_options", text_of("{\"include_usage\":true}"));
}

/* A list of one is that one; several, and lists of tokens, are nobody's who is asked in chat. */
static struct text prompt_of(const struct chat_reading *reading)
{
    const struct json_node *prompt = chat_member(reading, "prompt");
    if (json_is_kind(prompt, JSON_ARRAY) && prompt->count == 1)
        prompt = json_first(&reading->tree, prompt);
    return json_is_kind(prompt, JSON_STRING) ? json_raw(&reading->tree, prompt) : text_of("\"\"");
}

static void put_messages(struct chat_reading *reading)
{
    struct json_writer *json = &reading->json;
    put_key(json, "messages");
    put_open(json, '[');
    put_open(json, '{');
    put_word_member(json, "role", "user");
    put_raw_member(json, "content", prompt_of(reading));
    put_close(json, '}');
    if (reading->aim->last_message.len > 0)
        put_raw(json, reading->aim->last_message);
    put_close(json, ']');
}

static enum fail put_chat(struct chat_reading *reading, const char **ret_why)
{
    (void)ret_why;
    chat_put_model(reading);
    put_messages(reading);
    put_same(reading);
    chat_put_beside(reading);
    return FAIL_NONE;
}

/* ---- what they are answered ---- */

static void put_as(struct json_writer *json, const struct json_tree *tree, const char *name)
{
    const struct json_node *value = json_find(tree, json_root(tree), name);
    if (json_is_given(value))
        put_raw_member(json, name, json_raw(tree, value));
}

static void put_about(struct json_writer *json, const struct json_tree *tree)
{
    put_as(json, tree, "id");
    put_word_member(json, "object", "text_completion");
    put_as(json, tree, "created");
    put_as(json, tree, "model");
}

static void put_finish(struct json_writer *json, const struct json_tree *tree,
                       const struct json_node *choice)
{
    const struct json_node *reason = json_find(tree, choice, "finish_reason");
    bool is_call = json_is(tree, reason, "tool_calls") || json_is(tree, reason, "function_call");
    if (is_call)
        put_word_member(json, "finish_reason", "stop");
    else
        put_raw_member(json, "finish_reason", json_raw(tree, reason));
}

/* `name` is that of what is said: a delta, or a message. */
static void put_choice(struct json_writer *json, const struct json_tree *tree,
                       const struct json_node *choice, const char *name)
{
    const struct json_node *said = json_find(tree, choice, name);
    const struct json_node *index = json_find(tree, choice, "index");
    put_open(json, '{');
    put_key(json, "text");
    put_open_string(json);
    put_inside(json, json_inside(tree, json_find(tree, said, "content")));
    put_inside(json, json_inside(tree, json_find(tree, said, "refusal")));
    put_close_string(json);
    put_raw_member(json, "index", index ? json_raw(tree, index) : text_of("0"));
    put_raw_member(json, "logprobs", (struct text){ 0 });
    put_finish(json, tree, choice);
    put_close(json, '}');
}

static bool says(const struct json_tree *tree, const struct json_node *choice)
{
    const struct json_node *said = json_find(tree, choice, "delta");
    return json_inside(tree, json_find(tree, said, "content")).len > 0 ||
           json_inside(tree, json_find(tree, said, "refusal")).len > 0 ||
           json_is_given(json_find(tree, choice, "finish_reason"));
}

/* ---- events ---- */

static size_t open_event(struct voice_writer *writer)
{
    put_bytes(&writer->json, text_of("data: "));
    writer->json.wants_comma = false;
    return writer->json.out->len;
}

static void close_event(struct voice_writer *writer, size_t data_at)
{
    voice_join_lines(writer, data_at);
    put_bytes(&writer->json, text_of("\n\n"));
}

static void tell_choice(struct voice_writer *writer, const struct json_node *choice)
{
    struct json_writer *json = &writer->json;
    const size_t data_at = open_event(writer);
    put_open(json, '{');
    put_about(json, &writer->tree);
    put_key(json, "choices");
    put_open(json, '[');
    put_choice(json, &writer->tree, choice, "delta");
    put_close(json, ']');
    put_close(json, '}');
    close_event(writer, data_at);
}

static void tell_usage(struct voice_writer *writer)
{
    struct json_writer *json = &writer->json;
    const size_t data_at = open_event(writer);
    put_open(json, '{');
    put_about(json, &writer->tree);
    put_raw_member(json, "choices", text_of("[]"));
    put_as(json, &writer->tree, "usage");
    put_close(json, '}');
    close_event(writer, data_at);
}

/* An error is the same in all of OpenAI's words. */
static void tell_error(struct voice_writer *writer)
{
    const size_t data_at = open_event(writer);
    put_bytes(&writer->json, json_raw(&writer->tree, json_root(&writer->tree)));
    close_event(writer, data_at);
    writer->ended = true;
}

static void read_chunk(struct voice_writer *writer)
{
    const struct json_tree *tree = &writer->tree;
    const struct json_node *chunk = json_root(tree);
    const struct json_node *choices = json_find(tree, chunk, "choices");
    if (json_is_given(json_find(tree, chunk, "error"))) {
        tell_error(writer);
        return;
    }
    for (const struct json_node *choice = json_first(tree, choices); choice;
         choice = json_next(tree, choice))
        if (says(tree, choice))
            tell_choice(writer, choice);
    if (writer->about.wants_usage && json_is_given(json_find(tree, chunk, "usage")))
        tell_usage(writer);
}

static void end(struct voice_writer *writer)
{
    writer->ended = true;
    put_bytes(&writer->json, text_of("data: [DONE]\n\n"));
}

static void cut(struct voice_writer *writer, const struct error_note *note)
{
    error_write_event(writer->json.out, ENDPOINT_COMPLETIONS, note);
}

/* ---- whole replies ---- */

static void put_reply(const struct voice_about *about, const struct json_tree *tree,
                      struct json_writer *json)
{
    const struct json_node *choices = json_find(tree, json_root(tree), "choices");
    (void)about; /* it repeats nothing */
    put_open(json, '{');
    put_about(json, tree);
    put_key(json, "choices");
    put_open(json, '[');
    for (const struct json_node *choice = json_first(tree, choices); choice;
         choice = json_next(tree, choice))
        put_choice(json, tree, choice, "message");
    put_close(json, ']');
    put_as(json, tree, "usage");
    put_close(json, '}');
}

const struct voice voice_completions = {
    .body_levels = 3,
    .put_chat = put_chat,
    .writer_size = sizeof(struct voice_writer),
    .read_chunk = read_chunk,
    .end = end,
    .cut = cut,
    .put_reply = put_reply,
};
