/* endpoints.c - the mock's URLs, and what the answers of all of them have in common. */
#include "endpoints.h"

#include <stdio.h>

static const struct {
    struct text path;
    endpoint_answer *answer;
} endpoints[] = {
    { TEXT("/chat/completions"), chat_answer },   { TEXT("/completions"), legacy_answer },
    { TEXT("/responses"), response_answer },      { TEXT("/embeddings"), embeddings_answer },
    { TEXT("/moderations"), moderations_answer },
};

endpoint_answer *endpoint_find(struct text path)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        if (text_equal(path, endpoints[i].path))
            return endpoints[i].answer;
    }
    return NULL;
}

int endpoint_token_wait(const struct prompt *prompt)
{
    enum fault_kind kind = prompt->wish.fault->kind;
    return kind == FAULT_SLOW || kind == FAULT_ENDLESS ? prompt->wish.number : 0;
}

/* An event that is correct but for its size. */
static void add_huge_event(struct reply *reply, size_t megabytes)
{
    size_t len = megabytes * 1000000;
    bool good = buffer_append_string(&reply->bytes, "data: {\"choices\":[{\"index\":0,\"delta\":{"
                                                    "\"content\":\"") &&
                buffer_reserve(&reply->bytes, len);
    if (good) {
        memset(reply->bytes.data + reply->bytes.len, 'x', len);
        reply->bytes.len += len;
        good = buffer_append_string(&reply->bytes, "\"},\"finish_reason\":null}]}\n\n");
    }
    reply->failed |= !good;
    reply_piece(reply, 0);
}

bool endpoint_goes_on(const struct prompt *prompt, struct reply *reply, int64_t index)
{
    enum fault_kind kind = prompt->wish.fault->kind;
    if (index != MOCK_FAULT_AT)
        return true;
    if (kind == FAULT_BAD_EVENT) {
        if (!buffer_append_string(&reply->bytes, "data: {\"this is not\": JSON\n\n"))
            reply->failed = true;
        reply_piece(reply, 0);
    }
    if (kind == FAULT_HUGE_EVENT)
        add_huge_event(reply, (size_t)prompt->wish.number);
    if (kind == FAULT_CUT)
        reply->end = REPLY_CUT;
    if (kind == FAULT_STALL)
        reply->end = REPLY_STALL;
    if (kind == FAULT_ENDLESS)
        reply->end = REPLY_REPEAT;
    return reply->end == REPLY_WHOLE;
}

void endpoint_reply(const struct prompt *prompt, struct reply *reply, json_t *document)
{
    enum fault_kind kind = prompt->wish.fault->kind;
    reply_json(reply, 200, document);
    if (reply->failed || (kind != FAULT_CUT && kind != FAULT_STALL))
        return;
    reply->pieces[0].end /= 2;
    reply->end = kind == FAULT_CUT ? REPLY_CUT : REPLY_STALL;
}

void endpoint_begin_stream(struct reply *reply)
{
    reply->stream = true;
    reply->content_type = "text/event-stream; charset=utf-8";
}

void endpoint_done(const struct prompt *prompt, struct reply *reply)
{
    if (reply->end != REPLY_WHOLE || prompt->wish.fault->kind == FAULT_NO_DONE)
        return;
    if (!buffer_append_string(&reply->bytes, "data: [DONE]\n\n"))
        reply->failed = true;
    reply_piece(reply, 0);
}

json_t *endpoint_usage(const struct prompt *prompt, int64_t tokens_out)
{
    return json_pack("{s:I, s:I, s:I, s:{s:i, s:i}, s:{s:i, s:i, s:i, s:i}}", "prompt_tokens",
                     (json_int_t)prompt->tokens_in, "completion_tokens", (json_int_t)tokens_out,
                     "total_tokens", (json_int_t)(prompt->tokens_in + tokens_out),
                     "prompt_tokens_details", "cached_tokens", 0, "audio_tokens", 0,
                     "completion_tokens_details", "reasoning_tokens", 0, "audio_tokens", 0,
                     "accepted_prediction_tokens", 0, "rejected_prediction_tokens", 0);
}

bool endpoint_refuses(struct reply *reply, const char *wrong)
{
    if (wrong)
        reply_refuse(reply, wrong, "This member is missing or has a value that cannot be used.");
    return wrong != NULL;
}

const char *endpoint_id(char id[ENDPOINT_ID_SIZE], const char *prefix, uint64_t seed)
{
    snprintf(id, ENDPOINT_ID_SIZE, "%s%016llx", prefix, (unsigned long long)seed);
    return id;
}
