/* openai_end.c - how an answer in OpenAI's words ends: reasons, usage, errors, and all of a whole
 * one. */
#include "openai_delta.h"

void openai_finish(struct openai_writer *writer, const char *reason)
{
    if (writer->streamed && !openai_chosen(writer)->finish) {
        openai_open_delta(writer);
        openai_close_delta(writer, reason);
    }
    openai_chosen(writer)->finish = reason;
}

static void put_tokens(struct json_writer *json, const char *name, int64_t tokens)
{
    if (tokens >= 0)
        put_count_member(json, name, tokens);
}

/* Some of the tokens: what they were spent on. */
struct detail {
    const char *name;
    int64_t tokens, least; /* told from so many on */
};

static void put_details(struct json_writer *json, const char *name, const struct detail *details,
                        size_t count)
{
    bool is_open = false;
    for (size_t i = 0; i < count; i++) {
        if (details[i].tokens < details[i].least)
            continue;
        if (!is_open) {
            put_key(json, name);
            put_open(json, '{');
        }
        is_open = true;
        put_count_member(json, details[i].name, details[i].tokens);
    }
    if (is_open)
        put_close(json, '}');
}

void openai_put_usage(struct json_writer *json, const struct openai_tokens *tokens)
{
    put_open(json, '{');
    put_tokens(json, "prompt_tokens", tokens->in);
    put_tokens(json, "completion_tokens", tokens->out);
    if (tokens->in >= 0 && tokens->out >= 0)
        put_tokens(json, "total_tokens", tokens->in + tokens->out);
    const struct detail in[] = {
        { "cached_tokens", tokens->cached, 0 },
        { "cache_write_tokens", tokens->cache_written, 0 },
        { "audio_tokens", tokens->audio_in, 1 },
        { "image_tokens", tokens->image_in, 1 },
    };
    const struct detail out[] = {
        { "reasoning_tokens", tokens->reasoning, 0 },
        { "audio_tokens", tokens->audio_out, 1 },
        { "image_tokens", tokens->image_out, 1 },
    };
    put_details(json, "prompt_tokens_details", in, sizeof(in) / sizeof(in[0]));
    put_details(json, "completion_tokens_details", out, sizeof(out) / sizeof(out[0]));
    put_close(json, '}');
}

static bool has_usage(const struct openai_writer *writer)
{
    return writer->tokens.in >= 0 || writer->tokens.out >= 0;
}

static void put_usage_chunk(struct openai_writer *writer)
{
    openai_put_head(writer);
    put_raw_member(&writer->json, "choices", text_of("[]"));
    put_key(&writer->json, "usage");
    openai_put_usage(&writer->json, &writer->tokens);
    openai_end_event(writer);
}

static void put_list(struct json_writer *json, const char *name, const struct buffer *items)
{
    if (items->len == 0)
        return;
    put_key(json, name);
    put_open(json, '[');
    put_bytes(json, buffer_text(items));
    put_close(json, ']');
}

static void put_logprobs(struct json_writer *json, const struct buffer *logprobs)
{
    if (logprobs->len == 0)
        return;
    put_key(json, "logprobs");
    put_open(json, '{');
    put_list(json, "content", logprobs);
    put_close(json, '}');
}

static void put_choice(struct openai_writer *writer, size_t index)
{
    struct json_writer *json = &writer->json;
    struct openai_choice *choice = &writer->choices[index];
    openai_end_call(choice);
    put_open(json, '{');
    put_count_member(json, "index", (int64_t)index);
    put_key(json, "message");
    put_open(json, '{');
    put_word_member(json, "role", "assistant");
    if (choice->words.len > 0 || choice->calls == 0)
        openai_put_name(json, "content", buffer_text(&choice->words), "");
    else
        put_raw_member(json, "content", (struct text){ 0 });
    if (choice->thoughts.len > 0)
        openai_put_name(json, "reasoning_content", buffer_text(&choice->thoughts), "");
    put_list(json, "reasoning_details", &choice->details);
    put_list(json, "tool_calls", &choice->tool_calls);
    put_list(json, "annotations", &choice->annotations);
    openai_put_blocks(json, buffer_text(&choice->blocks));
    put_close(json, '}');
    put_logprobs(json, &choice->logprobs);
    put_word_member(json, "finish_reason", choice->finish ? choice->finish : "stop");
    put_close(json, '}');
}

static void put_whole(struct openai_writer *writer)
{
    struct json_writer *json = &writer->json;
    openai_put_head(writer);
    put_key(json, "choices");
    put_open(json, '[');
    for (size_t i = 0; i < writer->choice_count; i++)
        put_choice(writer, i);
    put_close(json, ']');
    if (has_usage(writer)) {
        put_key(json, "usage");
        openai_put_usage(json, &writer->tokens);
    }
    put_close(json, '}');
}

void openai_end(struct openai_writer *writer)
{
    if (!writer->streamed) {
        put_whole(writer);
        return;
    }
    if (has_usage(writer))
        put_usage_chunk(writer);
    put_bytes(&writer->json, text_of("data: [DONE]\n\n"));
}

void openai_error(struct openai_writer *writer, struct text type, struct text code,
                  struct text message)
{
    struct json_writer *json = &writer->json;
    openai_put_head(writer);
    put_key(json, "error");
    put_open(json, '{');
    openai_put_name(json, "message", message, "");
    openai_put_name(json, "type", type, "server_error");
    put_raw_member(json, "param", (struct text){ 0 });
    if (code.len > 0)
        openai_put_name(json, "code", code, "");
    else
        put_raw_member(json, "code", (struct text){ 0 });
    put_close(json, '}');
    put_raw_member(json, "choices", text_of("[]"));
    openai_end_event(writer);
}
