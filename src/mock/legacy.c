/* legacy.c - completions as they were before chat: a prompt in, a text out. */
#include "completion.h"

static json_t *logprobs_of(const struct prompt *prompt, struct text text)
{
    struct text token, rest = text;
    if (!prompt->logprobs)
        return NULL;
    json_t *tokens = json_array(), *numbers = json_array(), *offsets = json_array();
    while (words_next(&rest, &token)) {
        json_array_append_new(tokens, reply_string(token));
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

static json_t *piece_of(const struct prompt *prompt, int index, struct text text,
                        const char *finish)
{
    return json_pack("{s:i, s:o, s:o?, s:s?}", "index", index, "text", reply_string(text),
                     "logprobs", logprobs_of(prompt, text), "finish_reason", finish);
}

static const char *finish_reason(const struct words *words)
{
    return words->cut ? "length" : "stop";
}

static json_t *choice_of(const struct prompt *prompt, int index, const struct words *words)
{
    return piece_of(prompt, index, buffer_text(&words->text), finish_reason(words));
}

static const struct completion legacy;

static void stream_choice(const struct prompt *prompt, struct reply *reply, int index,
                          const struct words *words)
{
    struct text rest = buffer_text(&words->text), token;
    for (int64_t i = 0; words_next(&rest, &token); i++) {
        if (!endpoint_goes_on(prompt, reply, i))
            return;
        completion_send(&legacy, prompt, reply, piece_of(prompt, index, token, NULL),
                        endpoint_token_wait(prompt));
    }
    completion_send(&legacy, prompt, reply,
                    piece_of(prompt, index, (struct text){ "", 0 }, finish_reason(words)), 0);
}

static const struct completion legacy = { prompt_read_legacy, envelope, choice_of, stream_choice };

void legacy_answer(struct prompt *prompt, struct reply *reply)
{
    completion_answer(&legacy, prompt, reply);
}
