/* chat.c - chat completions: whole answers, and the same answers as a stream of chunks. */
#include "completion.h"

static const char *finish_reason(const struct prompt *prompt, const struct words *words)
{
    return words->cut ? "length" : prompt->tool ? "tool_calls" : "stop";
}

static json_t *logprob_of(struct text token)
{
    json_t *bytes = json_array();
    for (size_t i = 0; i < token.len; i++)
        json_array_append_new(bytes, json_integer((unsigned char)token.data[i]));
    return json_pack("{s:o, s:f, s:o, s:[]}", "token", reply_string(token), "logprob", -0.25,
                     "bytes", bytes, "top_logprobs");
}

/* NULL is printed as null by the caller's `o?`. */
static json_t *logprobs_of(const struct prompt *prompt, struct text text)
{
    struct text token;
    if (!prompt->logprobs || prompt->tool)
        return NULL;
    json_t *content = json_array();
    while (words_next(&text, &token))
        json_array_append_new(content, logprob_of(token));
    return json_pack("{s:o, s:n}", "content", content, "refusal");
}

static json_t *tool_call(const struct prompt *prompt, int choice, struct text arguments)
{
    char id[ENDPOINT_ID_SIZE];
    return json_pack("{s:s, s:s, s:{s:s, s:o}}", "id",
                     endpoint_id(id, "call_", prompt->seed + (uint64_t)choice), "type", "function",
                     "function", "name", prompt->tool, "arguments", reply_string(arguments));
}

static json_t *message(const struct prompt *prompt, int choice, struct text text)
{
    if (prompt->tool)
        return json_pack("{s:s, s:n, s:n, s:[o]}", "role", "assistant", "content", "refusal",
                         "tool_calls", tool_call(prompt, choice, text));
    return json_pack("{s:s, s:o, s:n}", "role", "assistant", "content", reply_string(text),
                     "refusal");
}

static json_t *envelope(const struct prompt *prompt)
{
    char id[ENDPOINT_ID_SIZE];
    const char *object = prompt->stream ? "chat.completion.chunk" : "chat.completion";
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "id", endpoint_id(id, "chatcmpl-", prompt->seed),
                     "object", object, "created", MOCK_CREATED, "model", prompt->model,
                     "system_fingerprint", "fp_mock");
}

static json_t *choice_of(const struct prompt *prompt, int index, const struct words *words)
{
    struct text text = buffer_text(&words->text);
    return json_pack("{s:i, s:o, s:o?, s:s}", "index", index, "message",
                     message(prompt, index, text), "logprobs", logprobs_of(prompt, text),
                     "finish_reason", finish_reason(prompt, words));
}

static const struct completion chat;

/* A chunk of one choice; takes `delta` and `logprobs`, which may be NULL. */
static void send_chunk(const struct prompt *prompt, struct reply *reply, int choice, json_t *delta,
                       json_t *logprobs, const char *finish, int wait_ms)
{
    completion_send(&chat, prompt, reply,
                    json_pack("{s:i, s:o, s:o?, s:s?}", "index", choice, "delta", delta, "logprobs",
                              logprobs, "finish_reason", finish),
                    wait_ms);
}

/* The first fragment alone has the id and the name. */
static void stream_tool_call(const struct prompt *prompt, struct reply *reply, int choice,
                             struct text arguments)
{
    struct text fragment;
    json_t *call = tool_call(prompt, choice, (struct text){ "", 0 });
    json_object_set_new(call, "index", json_integer(0));
    json_t *delta =
        json_pack("{s:s, s:n, s:[o]}", "role", "assistant", "content", "tool_calls", call);
    send_chunk(prompt, reply, choice, delta, NULL, NULL, 0);
    while (words_next_fragment(&arguments, &fragment)) {
        delta = json_pack("{s:[{s:i, s:{s:o}}]}", "tool_calls", "index", 0, "function", "arguments",
                          reply_string(fragment));
        send_chunk(prompt, reply, choice, delta, NULL, NULL, endpoint_token_wait(prompt));
    }
}

/* False where a fault ends the stream. */
static bool stream_text(const struct prompt *prompt, struct reply *reply, int choice,
                        struct text text)
{
    struct text token;
    json_t *delta = json_pack("{s:s, s:s, s:n}", "role", "assistant", "content", "", "refusal");
    send_chunk(prompt, reply, choice, delta, NULL, NULL, 0);
    for (int64_t i = 0; words_next(&text, &token); i++) {
        if (!endpoint_goes_on(prompt, reply, i))
            return false;
        send_chunk(prompt, reply, choice, json_pack("{s:o}", "content", reply_string(token)),
                   logprobs_of(prompt, token), NULL, endpoint_token_wait(prompt));
    }
    return true;
}

static void stream_choice(const struct prompt *prompt, struct reply *reply, int choice,
                          const struct words *words)
{
    bool whole = true;
    if (prompt->tool)
        stream_tool_call(prompt, reply, choice, buffer_text(&words->text));
    else
        whole = stream_text(prompt, reply, choice, buffer_text(&words->text));
    if (whole)
        send_chunk(prompt, reply, choice, json_object(), NULL, finish_reason(prompt, words), 0);
}

static const struct completion chat = { prompt_read_chat, envelope, choice_of, stream_choice };

void chat_answer(struct prompt *prompt, struct reply *reply)
{
    completion_answer(&chat, prompt, reply);
}
