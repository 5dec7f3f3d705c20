/* legacy.c - completions as they were before chat: a prompt in, a text out. */
#include "endpoints.h"
#include "words.h"

static json_t *string_of(struct text text)
{
    return json_stringn_nocheck(text.data ? text.data : "", text.len);
}

static json_t *logprobs_of(const struct prompt *prompt, struct text text)
{
    struct text token, rest = text;
    if (!prompt->logprobs)
        return NULL;
    json_t *tokens = json_array(), *numbers = json_array(), *offsets = json_array();
    while (words_next(&rest, &token)) {
        json_array_append_new(tokens, string_of(token));
        json_array_append_new(numbers, json_real(-0.25));
        json_array_append_new(offsets, json_integer(token.data - text.data));
    }
    return json_pack("{s:o, s:o, s:n, s:o}", "tokens", tokens, "token_logprobs", numbers,
                     "top_logprobs", "text_offset", offsets);
}

static json_t *envelope(const struct prompt *prompt)
{
    char id[ENDPOINT_ID_SIZE];
    return json_pack("{s:s, s:s, s:i, s:s}", "id", endpoint_id(id, "cmpl-", prompt->seed), "object",
                     "text_completion", "created", MOCK_CREATED, "model", prompt->model);
}

static json_t *choice_of(const struct prompt *prompt, int index, struct text text,
                         const char *finish)
{
    return json_pack("{s:i, s:o, s:o?, s:s?}", "index", index, "text", string_of(text), "logprobs",
                     logprobs_of(prompt, text), "finish_reason", finish);
}

static void answer_whole(struct prompt *prompt, struct reply *reply)
{
    json_t *document = envelope(prompt);
    json_t *choices = json_array();
    int64_t tokens = 0;
    for (int i = 0; i < prompt->choices; i++) {
        struct words words;
        reply->failed |= !words_answer(&words, prompt, i);
        json_array_append_new(
            choices, choice_of(prompt, i, buffer_text(&words.text), words.cut ? "length" : "stop"));
        tokens += words.tokens;
        words_clear(&words);
    }
    json_object_set_new(document, "choices", choices);
    json_object_set_new(document, "usage", endpoint_usage(prompt, tokens));
    endpoint_reply(prompt, reply, document);
}

static void send_chunk(const struct prompt *prompt, struct reply *reply, json_t *choice,
                       int wait_ms)
{
    json_t *document = envelope(prompt);
    json_object_set_new(document, "choices", json_pack("[o]", choice));
    if (prompt->include_usage)
        json_object_set_new(document, "usage", json_null());
    reply_event(reply, NULL, document, wait_ms);
}

static int64_t stream_choice(const struct prompt *prompt, struct reply *reply, int index)
{
    struct words words;
    reply->failed |= !words_answer(&words, prompt, index);
    struct text rest = buffer_text(&words.text), token;
    bool whole = true;
    for (int64_t i = 0; whole && words_next(&rest, &token); i++) {
        whole = endpoint_goes_on(prompt, reply, i);
        if (whole)
            send_chunk(prompt, reply, choice_of(prompt, index, token, NULL),
                       endpoint_token_wait(prompt));
    }
    const char *finish = words.cut ? "length" : "stop";
    if (whole)
        send_chunk(prompt, reply, choice_of(prompt, index, (struct text){ "", 0 }, finish), 0);
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
        json_t *document = envelope(prompt);
        json_object_set_new(document, "choices", json_array());
        json_object_set_new(document, "usage", endpoint_usage(prompt, tokens));
        reply_event(reply, NULL, document, 0);
    }
    endpoint_done(prompt, reply);
}

void legacy_answer(struct prompt *prompt, struct reply *reply)
{
    if (endpoint_refuses(reply, prompt_read_legacy(prompt)))
        return;
    if (prompt->stream)
        answer_streamed(prompt, reply);
    else
        answer_whole(prompt, reply);
}
