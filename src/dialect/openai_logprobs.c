/* openai_logprobs.c - how likely each token of an answer was, in OpenAI's words. */
#include "openai_delta.h"

void openai_open_logprobs(struct openai_writer *writer)
{
    struct buffer *kept = &openai_chosen(writer)->logprobs;
    if (!writer->streamed) {
        writer->list = json_writer_of(kept);
        writer->list.wants_comma = kept->len > 0;
        return;
    }
    openai_open_delta(writer);
    put_close(&writer->json, '}');
    writer->list = writer->json;
    put_key(&writer->list, "logprobs");
    put_open(&writer->list, '{');
    put_key(&writer->list, "content");
    put_open(&writer->list, '[');
}

static void put_token(struct json_writer *json, struct text token, struct text logprob)
{
    put_open(json, '{');
    openai_put_name(json, "token", token, "");
    put_raw_member(json, "logprob", logprob);
    put_raw_member(json, "bytes", (struct text){ 0 });
}

void openai_logprob(struct openai_writer *writer, struct text token, struct text logprob)
{
    put_token(&writer->list, token, logprob);
    put_key(&writer->list, "top_logprobs");
    put_open(&writer->list, '[');
}

void openai_top_logprob(struct openai_writer *writer, struct text token, struct text logprob)
{
    put_token(&writer->list, token, logprob);
    put_close(&writer->list, '}');
}

void openai_close_logprob(struct openai_writer *writer)
{
    put_close(&writer->list, ']');
    put_close(&writer->list, '}');
}

void openai_close_logprobs(struct openai_writer *writer)
{
    if (!writer->streamed) {
        writer->json.full = writer->json.full || writer->list.full;
        return;
    }
    writer->json = writer->list;
    put_close(&writer->json, ']');
    put_close(&writer->json, '}');
    put_raw_member(&writer->json, "finish_reason", (struct text){ 0 });
    put_close(&writer->json, '}');
    put_close(&writer->json, ']');
    openai_end_event(writer);
}
