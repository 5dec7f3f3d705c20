/* completion.c - chat and legacy completions, as far as they are the same. */
#include "completion.h"

void completion_send(const struct completion *completion, const struct prompt *prompt,
                     struct reply *reply, json_t *choice, int wait_ms)
{
    json_t *document = completion->envelope(prompt);
    json_object_set_new(document, "choices", json_pack("[o]", choice));
    if (prompt->include_usage)
        json_object_set_new(document, "usage", json_null());
    reply_event(reply, NULL, document, wait_ms);
}

/* The envelope around all choices; takes them. */
static json_t *around(const struct completion *completion, const struct prompt *prompt,
                      json_t *choices, int64_t tokens)
{
    json_t *document = completion->envelope(prompt);
    json_object_set_new(document, "choices", choices);
    json_object_set_new(document, "usage", endpoint_usage(prompt, tokens));
    return document;
}

static void answer_whole(const struct completion *completion, const struct prompt *prompt,
                         struct reply *reply)
{
    json_t *choices = json_array();
    int64_t tokens = 0;
    for (int i = 0; i < prompt->choices; i++) {
        struct words words;
        reply->failed |= !words_answer(&words, prompt, i);
        json_array_append_new(choices, completion->choice(prompt, i, &words));
        tokens += words.tokens;
        words_clear(&words);
    }
    endpoint_reply(prompt, reply, around(completion, prompt, choices, tokens));
}

static int64_t stream_choice(const struct completion *completion, const struct prompt *prompt,
                             struct reply *reply, int index)
{
    struct words words;
    reply->failed |= !words_answer(&words, prompt, index);
    completion->stream(prompt, reply, index, &words);
    int64_t tokens = words.tokens;
    words_clear(&words);
    return tokens;
}

static void answer_streamed(const struct completion *completion, const struct prompt *prompt,
                            struct reply *reply)
{
    int64_t tokens = 0;
    endpoint_begin_stream(reply);
    for (int i = 0; i < prompt->choices && reply->end == REPLY_WHOLE; i++)
        tokens += stream_choice(completion, prompt, reply, i);
    if (prompt->include_usage && reply->end == REPLY_WHOLE)
        reply_event(reply, NULL, around(completion, prompt, json_array(), tokens), 0);
    endpoint_done(prompt, reply);
}

void completion_answer(const struct completion *completion, struct prompt *prompt,
                       struct reply *reply)
{
    if (endpoint_refuses(reply, completion->read(prompt)))
        return;
    if (prompt->stream)
        answer_streamed(completion, prompt, reply);
    else
        answer_whole(completion, prompt, reply);
}
