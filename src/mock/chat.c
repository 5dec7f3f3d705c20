/* chat.c - chat completions: whole answers, and the same answers as a stream of chunks. */
#include "endpoints.h"
#include "words.h"

static json_t *string_of(struct text text)
{
    return json_stringn_nocheck(text.data ? text.data : "", text.len);
}

static const char *finish_reason(const struct prompt *prompt, const struct words *words)
{
    return words->cut ? "length" : prompt->tool ? "tool_calls" : "stop";
}

static json_t *logprob_of(struct text token)
{
    json_t *bytes = json_array();
    for (size_t i = 0; i < token.len; i++)
        json_array_append_new(bytes, json_integer((unsigned char)token.data[i]));
    return json_pack("{s:o, s:f, s:o, s:[]}", "token", string_of(token), "logprob", -0.25, "bytes",
                     bytes, "top_logprobs");
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
                     "function", "name", prompt->tool, "arguments", string_of(arguments));
}

static json_t *message(const struct prompt *prompt, int choice, struct text text)
{
    if (prompt->tool)
        return json_pack("{s:s, s:n, s:n, s:[o]}", "role", "assistant", "content", "refusal",
                         "tool_calls", tool_call(prompt, choice, text));
    return json_pack("{s:s, s:o, s:n}", "role", "assistant", "content", string_of(text), "refusal");
}

static json_t *envelope(const struct prompt *prompt, const char *object)
{
    char id[ENDPOINT_ID_SIZE];
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "id", endpoint_id(id, "chatcmpl-", prompt->seed),
                     "object", object, "created", MOCK_CREATED, "model", prompt->model,
                     "system_fingerprint", "fp_mock");
}

static void answer_whole(struct prompt *prompt, struct reply *reply)
{
    json_t *document = envelope(prompt, "chat.completion");
    json_t *choices = json_array();
    int64_t tokens = 0;
    for (int i = 0; i < prompt->choices; i++) {
        struct words words;
        reply->failed |= !words_answer(&words, prompt, i);
        struct text text = buffer_text(&words.text);
        json_array_append_new(choices, json_pack("{s:i, s:o, s:o?, s:s}", "index", i, "message",
                                                 message(prompt, i, text), "logprobs",
                                                 logprobs_of(prompt, text), "finish_reason",
                                                 finish_reason(prompt, &words)));
        tokens += words.tokens;
        words_clear(&words);
    }
    json_object_set_new(document, "choices", choices);
    json_object_set_new(document, "usage", endpoint_usage(prompt, tokens));
    endpoint_reply(prompt, reply, document);
}

/* A chunk of one choice; takes `delta` and `logprobs`, which may be NULL. */
static void send_chunk(const struct prompt *prompt, struct reply *reply, int choice, json_t *delta,
                       json_t *logprobs, const char *finish, int wait_ms)
{
    json_t *document = envelope(prompt, "chat.completion.chunk");
    json_object_set_new(document, "choices",
                        json_pack("[{s:i, s:o, s:o?, s:s?}]", "index", choice, "delta", delta,
                                  "logprobs", logprobs, "finish_reason", finish));
    if (prompt->include_usage)
        json_object_set_new(document, "usage", json_null());
    reply_event(reply, NULL, document, wait_ms);
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
                          string_of(fragment));
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
        send_chunk(prompt, reply, choice, json_pack("{s:o}", "content", string_of(token)),
                   logprobs_of(prompt, token), NULL, endpoint_token_wait(prompt));
    }
    return true;
}

static int64_t stream_choice(const struct prompt *prompt, struct reply *reply, int choice)
{
    struct words words;
    reply->failed |= !words_answer(&words, prompt, choice);
    bool whole = true;
    if (prompt->tool)
        stream_tool_call(prompt, reply, choice, buffer_text(&words.text));
    else
        whole = stream_text(prompt, reply, choice, buffer_text(&words.text));
    if (whole)
        send_chunk(prompt, reply, choice, json_object(), NULL, finish_reason(prompt, &words), 0);
    int64_t tokens = words.tokens;
    words_clear(&words);
    return tokens;
}

static void answer_streamed(struct prompt *prompt, struct reply *reply)
{
    int64_t tokens = 0;
    endpoint_begin_stream(reply);
    for (int i = 0; i < prompt->choices && reply->end == REPLY_WHOLE; i++)
        tokens += stream_choice(prompt, reply, i);
    if (prompt->include_usage && reply->end == REPLY_WHOLE) {
        json_t *document = envelope(prompt, "chat.completion.chunk");
        json_object_set_new(document, "choices", json_array());
        json_object_set_new(document, "usage", endpoint_usage(prompt, tokens));
        reply_event(reply, NULL, document, 0);
    }
    endpoint_done(prompt, reply);
}

void chat_answer(struct prompt *prompt, struct reply *reply)
{
    if (endpoint_refuses(reply, prompt_read_chat(prompt)))
        return;
    if (prompt->stream)
        answer_streamed(prompt, reply);
    else
        answer_whole(prompt, reply);
}
