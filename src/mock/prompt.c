/* prompt.c - reads requests of the three endpoints that answer with text into one struct. */
#include "prompt.h"

#include "base/random.h"

const char *prompt_read(struct prompt *prompt, struct text body)
{
    *prompt = (struct prompt){ .choices = 1, .tokens_max = INT64_MAX };
    buffer_init(&prompt->user, PROMPT_TEXT_MAX);
    prompt->seed = hash_bytes(body.data, body.len, 0);
    prompt->root = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
    if (!json_is_object(prompt->root))
        return "body";
    prompt->model = json_string_value(json_object_get(prompt->root, "model"));
    if (!prompt->model)
        return "model";
    prompt->wish = fault_find(text_of(prompt->model));
    prompt->stream = json_is_true(json_object_get(prompt->root, "stream"));
    return NULL;
}

void prompt_clear(struct prompt *prompt)
{
    json_decref(prompt->root);
    buffer_clear(&prompt->user);
    prompt->root = NULL;
}

static const char *string_at(const json_t *object, const char *key)
{
    const char *string = json_string_value(json_object_get(object, key));
    return string ? string : "";
}

static bool is(const char *a, const char *b)
{
    return text_is(text_of(a), b);
}

bool prompt_is_prefill(const struct prompt *prompt)
{
    const json_t *messages = json_object_get(prompt->root, "messages");
    size_t count = json_array_size(messages);
    return count > 0 && is(string_at(json_array_get(messages, count - 1), "role"), "assistant");
}

/* A message's text; beyond the buffer's maximum it is left out. An image counts as 85 tokens, as a
 * small one does elsewhere. */
static void add_content(struct prompt *prompt, const json_t *content, struct buffer *user)
{
    size_t i = 0;
    json_t *part = NULL;
    if (json_is_string(content)) {
        prompt->tokens_in += (int64_t)(json_string_length(content) / 4 + 1);
        if (user)
            (void)buffer_append_string(user, json_string_value(content));
    }
    json_array_foreach(content, i, part)
    {
        if (is(string_at(part, "type"), "image_url") || is(string_at(part, "type"), "input_image"))
            prompt->tokens_in += 85;
        const json_t *text = json_object_get(part, "text");
        if (json_is_string(text))
            add_content(prompt, text, user);
    }
}

/* A list of messages; the last one of the user is what is answered. */
static void add_messages(struct prompt *prompt, const json_t *messages)
{
    size_t i = 0;
    json_t *message = NULL;
    json_array_foreach(messages, i, message)
    {
        bool is_user = is(string_at(message, "role"), "user");
        prompt->answers_a_tool = is(string_at(message, "role"), "tool") ||
                                 is(string_at(message, "type"), "function_call_output");
        if (is_user)
            buffer_consume(&prompt->user, prompt->user.len);
        prompt->tokens_in += 4;
        add_content(prompt, json_object_get(message, "content"), is_user ? &prompt->user : NULL);
    }
}

/* Does the text say "call NAME"? */
static bool asks_to_call(struct text text, const char *name)
{
    struct buffer words;
    buffer_init(&words, 256);
    bool asked = buffer_printf(&words, "call %s", name) && text.len > 0 &&
                 memmem(text.data, text.len, words.data, words.len) != NULL;
    buffer_clear(&words);
    return asked;
}

/* Chat completions wrap a tool's description in `function`, responses do not. */
static const json_t *function_of(const json_t *tool)
{
    const json_t *inner = json_object_get(tool, "function");
    return inner ? inner : tool;
}

/* The tool that must be called: the one named, any where one is required, the one the user names.
 */
static void choose_tool(struct prompt *prompt)
{
    const json_t *choice = json_object_get(prompt->root, "tool_choice");
    const json_t *tools = json_object_get(prompt->root, "tools");
    bool required = json_is_string(choice) && is(json_string_value(choice), "required");
    const char *named = string_at(function_of(choice), "name");
    size_t i = 0;
    json_t *tool = NULL;
    if (is(json_string_value(choice), "none") || (prompt->answers_a_tool && !required && !*named))
        return;
    json_array_foreach(tools, i, tool)
    {
        const json_t *function = function_of(tool);
        const char *name = string_at(function, "name");
        bool wanted =
            required ||
            (*named ? is(name, named) : *name && asks_to_call(buffer_text(&prompt->user), name));
        if (wanted && *name) {
            prompt->tool = name;
            prompt->arguments = json_object_get(function, "parameters");
            return;
        }
    }
}

static bool read_limit(struct prompt *prompt, const char *key)
{
    const json_t *limit = json_object_get(prompt->root, key);
    if (!limit || json_is_null(limit))
        return true;
    if (!json_is_integer(limit) || json_integer_value(limit) < 1)
        return false;
    prompt->tokens_max = json_integer_value(limit);
    return true;
}

static bool read_choices(struct prompt *prompt)
{
    const json_t *n = json_object_get(prompt->root, "n");
    if (!n || json_is_null(n))
        return true;
    if (!json_is_integer(n) || json_integer_value(n) < 1 ||
        json_integer_value(n) > PROMPT_CHOICES_MAX)
        return false;
    prompt->choices = (int)json_integer_value(n);
    return true;
}

/* `format` is response_format, or text.format; `holder` is where its schema stands. */
static void read_format(struct prompt *prompt, const json_t *format, const json_t *holder)
{
    const char *type = string_at(format, "type");
    prompt->structured = is(type, "json_schema") || is(type, "json_object");
    prompt->schema = json_object_get(holder, "schema");
}

const char *prompt_read_chat(struct prompt *prompt)
{
    const json_t *messages = json_object_get(prompt->root, "messages");
    const json_t *format = json_object_get(prompt->root, "response_format");
    if (json_array_size(messages) == 0)
        return "messages";
    if (!read_choices(prompt))
        return "n";
    if (!read_limit(prompt, "max_tokens"))
        return "max_tokens";
    if (!read_limit(prompt, "max_completion_tokens"))
        return "max_completion_tokens";
    prompt->include_usage = json_is_true(
        json_object_get(json_object_get(prompt->root, "stream_options"), "include_usage"));
    prompt->logprobs = json_is_true(json_object_get(prompt->root, "logprobs"));
    read_format(prompt, format, json_object_get(format, "json_schema"));
    add_messages(prompt, messages);
    choose_tool(prompt);
    return NULL;
}

const char *prompt_read_legacy(struct prompt *prompt)
{
    json_t *text = json_object_get(prompt->root, "prompt");
    if (json_is_array(text))
        text = json_array_get(text, 0);
    if (!json_is_string(text))
        return "prompt";
    if (!read_choices(prompt))
        return "n";
    if (!read_limit(prompt, "max_tokens"))
        return "max_tokens";
    prompt->include_usage = json_is_true(
        json_object_get(json_object_get(prompt->root, "stream_options"), "include_usage"));
    prompt->logprobs = json_is_integer(json_object_get(prompt->root, "logprobs"));
    add_content(prompt, text, &prompt->user);
    return NULL;
}

const char *prompt_read_response(struct prompt *prompt)
{
    const json_t *input = json_object_get(prompt->root, "input");
    const json_t *format = json_object_get(json_object_get(prompt->root, "text"), "format");
    if (!json_is_string(input) && json_array_size(input) == 0)
        return "input";
    if (!read_limit(prompt, "max_output_tokens"))
        return "max_output_tokens";
    read_format(prompt, format, format);
    if (json_is_string(input))
        add_content(prompt, input, &prompt->user);
    else
        add_messages(prompt, input);
    choose_tool(prompt);
    return NULL;
}
