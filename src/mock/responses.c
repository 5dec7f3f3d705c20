/* responses.c - the responses API: one output item, whole or as typed events with a number each. */
#include "endpoints.h"
#include "words.h"

/* An answer on its way out as events. */
struct telling {
    const struct prompt *prompt;
    struct reply *reply;
    struct words words;
    int sequence_number;
};

static json_t *text_part(struct text text)
{
    return json_pack("{s:s, s:o, s:[], s:[]}", "type", "output_text", "text", reply_string(text),
                     "annotations", "logprobs");
}

/* With `text` still to come while the status is in_progress. */
static json_t *output_item(const struct prompt *prompt, struct text text, bool complete)
{
    char id[ENDPOINT_ID_SIZE], call_id[ENDPOINT_ID_SIZE];
    const char *status = complete ? "completed" : "in_progress";
    if (prompt->tool)
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "id",
                         endpoint_id(id, "fc_", prompt->seed), "type", "function_call", "status",
                         status, "call_id", endpoint_id(call_id, "call_", prompt->seed), "name",
                         prompt->tool, "arguments", reply_string(text));
    json_t *content = json_array();
    if (complete)
        json_array_append_new(content, text_part(text));
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", endpoint_id(id, "msg_", prompt->seed),
                     "type", "message", "status", status, "role", "assistant", "content", content);
}

static json_t *usage_of(const struct prompt *prompt, int64_t tokens_out)
{
    return json_pack("{s:I, s:{s:i}, s:I, s:{s:i}, s:I}", "input_tokens",
                     (json_int_t)prompt->tokens_in, "input_tokens_details", "cached_tokens", 0,
                     "output_tokens", (json_int_t)tokens_out, "output_tokens_details",
                     "reasoning_tokens", 0, "total_tokens",
                     (json_int_t)(prompt->tokens_in + tokens_out));
}

/* `words` NULL: the response as it is announced, with nothing in it yet. */
static json_t *response_of(const struct prompt *prompt, const struct words *words)
{
    static const char *const copied[] = { "tools",        "tool_choice",        "text",
                                          "metadata",     "temperature",        "top_p",
                                          "instructions", "parallel_tool_calls" };
    char id[ENDPOINT_ID_SIZE];
    bool cut = words && words->cut;
    const char *status = !words ? "in_progress" : cut ? "incomplete" : "completed";
    json_t *output = json_array();
    if (words)
        json_array_append_new(output, output_item(prompt, buffer_text(&words->text), true));
    json_t *response = json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:n, s:o?, s:o?, s:[], s:s, s:b}",
                                 "id", endpoint_id(id, "resp_", prompt->seed), "object", "response",
                                 "created_at", MOCK_CREATED, "status", status, "model",
                                 prompt->model, "output", output, "error", "incomplete_details",
                                 cut ? json_pack("{s:s}", "reason", "max_output_tokens") : NULL,
                                 "usage", words ? usage_of(prompt, words->tokens) : NULL, "tools",
                                 "tool_choice", "auto", "parallel_tool_calls", 1);
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        json_t *value = json_object_get(prompt->root, copied[i]);
        if (value)
            json_object_set(response, copied[i], value);
    }
    return response;
}

/* Takes the document, which gets its type and its number. */
static void tell(struct telling *telling, const char *type, json_t *document, int wait_ms)
{
    json_object_set_new(document, "type", json_string(type));
    json_object_set_new(document, "sequence_number", json_integer(telling->sequence_number++));
    reply_event(telling->reply, type, document, wait_ms);
}

/* The members that say which item an event is about. */
static json_t *about_item(const struct telling *telling)
{
    char id[ENDPOINT_ID_SIZE];
    const char *prefix = telling->prompt->tool ? "fc_" : "msg_";
    json_t *about = json_pack("{s:s, s:i}", "item_id",
                              endpoint_id(id, prefix, telling->prompt->seed), "output_index", 0);
    if (!telling->prompt->tool)
        json_object_set_new(about, "content_index", json_integer(0));
    return about;
}

/* Takes `value`. */
static json_t *about_item_with(const struct telling *telling, const char *key, json_t *value)
{
    json_t *about = about_item(telling);
    json_object_set_new(about, key, value);
    return about;
}

static void tell_arguments(struct telling *telling)
{
    struct text rest = buffer_text(&telling->words.text), fragment;
    int wait_ms = endpoint_token_wait(telling->prompt);
    while (words_next_fragment(&rest, &fragment))
        tell(telling, "response.function_call_arguments.delta",
             about_item_with(telling, "delta", reply_string(fragment)), wait_ms);
    json_t *done =
        about_item_with(telling, "arguments", reply_string(buffer_text(&telling->words.text)));
    json_object_set_new(done, "name", json_string(telling->prompt->tool));
    tell(telling, "response.function_call_arguments.done", done, 0);
}

/* `logprobs` is there even where none were asked for: SDKs read it. */
static json_t *about_text(const struct telling *telling, const char *key, struct text text)
{
    json_t *about = about_item_with(telling, key, reply_string(text));
    json_object_set_new(about, "logprobs", json_array());
    return about;
}

/* False where a fault ends the stream. */
static bool tell_text(struct telling *telling)
{
    struct text whole = buffer_text(&telling->words.text), rest = whole, token;
    int wait_ms = endpoint_token_wait(telling->prompt);
    tell(telling, "response.content_part.added",
         about_item_with(telling, "part", text_part((struct text){ "", 0 })), 0);
    for (int64_t i = 0; words_next(&rest, &token); i++) {
        if (!endpoint_goes_on(telling->prompt, telling->reply, i))
            return false;
        tell(telling, "response.output_text.delta", about_text(telling, "delta", token), wait_ms);
    }
    tell(telling, "response.output_text.done", about_text(telling, "text", whole), 0);
    tell(telling, "response.content_part.done", about_item_with(telling, "part", text_part(whole)),
         0);
    return true;
}

static void tell_whole_story(struct telling *telling)
{
    const struct prompt *prompt = telling->prompt;
    struct text nothing = { "", 0 }, text = buffer_text(&telling->words.text);
    tell(telling, "response.created", json_pack("{s:o}", "response", response_of(prompt, NULL)), 0);
    tell(telling, "response.in_progress", json_pack("{s:o}", "response", response_of(prompt, NULL)),
         0);
    tell(telling, "response.output_item.added",
         json_pack("{s:i, s:o}", "output_index", 0, "item", output_item(prompt, nothing, false)),
         0);
    if (prompt->tool)
        tell_arguments(telling);
    else if (!tell_text(telling))
        return;
    tell(telling, "response.output_item.done",
         json_pack("{s:i, s:o}", "output_index", 0, "item", output_item(prompt, text, true)), 0);
    tell(telling, telling->words.cut ? "response.incomplete" : "response.completed",
         json_pack("{s:o}", "response", response_of(prompt, &telling->words)), 0);
}

void response_answer(struct prompt *prompt, struct reply *reply)
{
    if (endpoint_refuses(reply, prompt_read_response(prompt)))
        return;
    struct telling telling = { .prompt = prompt, .reply = reply };
    reply->failed |= !words_answer(&telling.words, prompt, 0);
    if (prompt->stream) {
        endpoint_begin_stream(reply);
        tell_whole_story(&telling);
    } else {
        endpoint_reply(prompt, reply, response_of(prompt, &telling.words));
    }
    words_clear(&telling.words);
}
