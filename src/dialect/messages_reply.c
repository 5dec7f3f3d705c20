/* messages_reply.c - a whole completion becomes a message, and errors those of Anthropic. */
#include "base/secret.h"
#include "dialect/openai.h"
#include "foreign_values.h"
#include "messages_blocks.h"

/* ---- what streams have too ---- */

void messages_read_usage(const struct json_tree *tree, const struct json_node *usage,
                         struct messages_tokens *tokens)
{
    const struct json_node *details = json_find(tree, usage, "prompt_tokens_details");
    if (!json_is_kind(usage, JSON_OBJECT))
        return;
    json_to_count(tree, json_find(tree, usage, "prompt_tokens"), &tokens->in);
    json_to_count(tree, json_find(tree, usage, "completion_tokens"), &tokens->out);
    tokens->has_cached =
        json_to_count(tree, json_find(tree, details, "cached_tokens"), &tokens->cached);
    tokens->has_written =
        json_to_count(tree, json_find(tree, details, "cache_write_tokens"), &tokens->cache_written);
    int64_t beside = tokens->cached + tokens->cache_written;
    tokens->in = tokens->in > beside ? tokens->in - beside : 0;
}

void messages_put_usage(struct json_writer *json, const struct messages_tokens *tokens)
{
    put_open(json, '{');
    put_count_member(json, "input_tokens", tokens->in);
    if (tokens->has_written)
        put_count_member(json, "cache_creation_input_tokens", tokens->cache_written);
    if (tokens->has_cached)
        put_count_member(json, "cache_read_input_tokens", tokens->cached);
    put_count_member(json, "output_tokens", tokens->out);
    put_close(json, '}');
}

void messages_put_about(struct json_writer *json, const struct json_tree *tree,
                        const struct json_node *completion)
{
    put_inside_member(json, "id", json_inside(tree, json_find(tree, completion, "id")));
    put_word_member(json, "type", "message");
    put_word_member(json, "role", "assistant");
    put_inside_member(json, "model", json_inside(tree, json_find(tree, completion, "model")));
}

void messages_put_call_name(struct json_writer *json, const struct json_tree *tree,
                            const struct json_node *call)
{
    const struct json_node *function = json_find(tree, call, "function");
    put_word_member(json, "type", "tool_use");
    put_inside_member(json, "id", json_inside(tree, json_find(tree, call, "id")));
    put_inside_member(json, "name", json_inside(tree, json_find(tree, function, "name")));
}

struct text messages_thought(const struct json_tree *tree, const struct json_node *said)
{
    struct text thought = json_inside(tree, json_find(tree, said, "reasoning_content"));
    return thought.len > 0 ? thought : json_inside(tree, json_find(tree, said, "reasoning"));
}

struct text messages_vendor(const struct json_tree *tree, const struct json_node *detail)
{
    const struct json_node *format = json_find(tree, detail, "format");
    return json_is(tree, format, ANTHROPIC_FORMAT) ? (struct text){ 0 } : json_inside(tree, format);
}

void messages_put_proof(struct json_writer *json, const char *name, struct text vendor,
                        struct text proof)
{
    put_key(json, name);
    put_open_string(json);
    if (vendor.len > 0 && proof.len > 0) {
        put_inside(json, text_of("@"));
        put_inside(json, vendor);
        put_inside(json, text_of(":"));
    }
    put_inside(json, proof);
    put_close_string(json);
}

const char *messages_stop_reason(const struct json_tree *tree, const struct json_node *reason)
{
    static const struct {
        const char *openai, *theirs;
    } rows[] = {
        { "stop", "end_turn" },          { "length", "max_tokens" },
        { "tool_calls", "tool_use" },    { "function_call", "tool_use" },
        { "content_filter", "refusal" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (json_is(tree, reason, rows[i].openai))
            return rows[i].theirs;
    return "end_turn";
}

/* ---- whole replies ---- */

static void put_thought(struct json_writer *json, struct text thought, struct text vendor,
                        struct text proof)
{
    if (thought.len == 0 && proof.len == 0)
        return;
    put_open(json, '{');
    put_word_member(json, "type", "thinking");
    put_inside_member(json, "thinking", thought);
    messages_put_proof(json, "signature", vendor, proof);
    put_close(json, '}');
}

static void put_detail(struct json_writer *json, const struct json_tree *tree,
                       const struct json_node *detail)
{
    struct text data = json_inside(tree, json_find(tree, detail, "data"));
    struct text vendor = messages_vendor(tree, detail);
    if (data.len == 0) {
        put_thought(json, json_inside(tree, json_find(tree, detail, "text")), vendor,
                    json_inside(tree, json_find(tree, detail, "signature")));
        return;
    }
    put_open(json, '{');
    put_word_member(json, "type", "redacted_thinking");
    messages_put_proof(json, "data", vendor, data);
    put_close(json, '}');
}

static void put_thoughts(struct json_writer *json, const struct json_tree *tree,
                         const struct json_node *message)
{
    const struct json_node *details = json_find(tree, message, "reasoning_details");
    if (!json_is_kind(details, JSON_ARRAY) || details->count == 0) {
        put_thought(json, messages_thought(tree, message), (struct text){ 0 }, (struct text){ 0 });
        return;
    }
    for (const struct json_node *detail = json_first(tree, details); detail;
         detail = json_next(tree, detail))
        put_detail(json, tree, detail);
}

static void put_calls(struct json_writer *json, const struct json_tree *tree,
                      const struct json_node *message)
{
    const struct json_node *calls = json_find(tree, message, "tool_calls");
    if (!json_is_kind(calls, JSON_ARRAY))
        return;
    for (const struct json_node *call = json_first(tree, calls); call;
         call = json_next(tree, call)) {
        const struct json_node *function = json_find(tree, call, "function");
        put_open(json, '{');
        messages_put_call_name(json, tree, call);
        put_object_member(json, "input", json_inside(tree, json_find(tree, function, "arguments")),
                          "arguments");
        put_close(json, '}');
    }
}

void messages_put_reply(const struct voice_about *about, const struct json_tree *tree,
                        struct json_writer *json)
{
    (void)about; /* it repeats nothing */
    const struct json_node *completion = json_root(tree);
    const struct json_node *choice = json_first(tree, json_find(tree, completion, "choices"));
    const struct json_node *message = json_find(tree, choice, "message");
    struct messages_tokens tokens = { 0 };
    messages_read_usage(tree, json_find(tree, completion, "usage"), &tokens);
    put_open(json, '{');
    messages_put_about(json, tree, completion);
    put_key(json, "content");
    put_open(json, '[');
    put_thoughts(json, tree, message);
    messages_put_own_blocks(json, tree, message);
    messages_put_text(json, tree, json_inside(tree, json_find(tree, message, "content")),
                      json_find(tree, message, "annotations"));
    messages_put_text(json, tree, json_inside(tree, json_find(tree, message, "refusal")), NULL);
    put_calls(json, tree, message);
    put_close(json, ']');
    put_word_member(json, "stop_reason",
                    messages_stop_reason(tree, json_find(tree, choice, "finish_reason")));
    put_raw_member(json, "stop_sequence", (struct text){ 0 });
    put_key(json, "usage");
    messages_put_usage(json, &tokens);
    put_close(json, '}');
}

/* ---- errors ---- */

/* Anthropic's classes, by OpenAI's. */
static const char *class_of(const char *type, const char *code)
{
    static const struct {
        const char *openai, *theirs;
    } rows[] = {
        { "overloaded", "overloaded_error" },
        { "invalid_request_error", "invalid_request_error" },
        { "authentication_error", "authentication_error" },
        { "permission_error", "permission_error" },
        { "not_found_error", "not_found_error" },
        { "rate_limit_error", "rate_limit_error" },
        { "insufficient_quota", "billing_error" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((code && strcmp(code, rows[i].openai) == 0) ||
            (type && strcmp(type, rows[i].openai) == 0))
            return rows[i].theirs;
    return "api_error";
}

static const char *class_of_failure(const struct error_note *note)
{
    const struct fail_row *row = fail_row(note->fail);
    if (row->status == 413)
        return "request_too_large";
    return class_of(row->type, row->code);
}

/* Providers like to repeat the key that they refuse. */
static void put_failure(struct json_writer *json, const struct error_note *note)
{
    struct buffer *out = json->out;
    const size_t start = out->len;
    put_word_member(json, "type", "error");
    put_key(json, "error");
    put_open(json, '{');
    put_word_member(json, "type", class_of_failure(note));
    put_key(json, "message");
    put_string(json, text_of(note->message ? note->message : fail_row(note->fail)->sentence));
    put_close(json, '}');
    secret_redact(out->data + start, out->len - start);
}

void messages_error(struct buffer *out, const struct error_note *note, const char *request_id)
{
    struct json_writer json = json_writer_of(out);
    put_open(&json, '{');
    put_failure(&json, note);
    put_word_member(&json, "request_id", request_id);
    put_close(&json, '}');
}

void messages_error_event(struct buffer *out, const struct error_note *note)
{
    struct json_writer json = json_writer_of(out);
    put_bytes(&json, text_of("event: error\ndata: "));
    put_open(&json, '{');
    put_failure(&json, note);
    put_close(&json, '}');
    put_bytes(&json, text_of("\n\n"));
}

static void decode_word(const struct json_tree *tree, const struct json_node *word,
                        struct buffer *ret)
{
    buffer_init(ret, 256);
    json_decode(ret, json_inside(tree, word));
    if (!buffer_append(ret, "", 1))
        ret->len = 0;
}

void messages_put_error(struct json_writer *json, const struct json_tree *tree,
                        const struct json_node *error)
{
    struct buffer type, code;
    decode_word(tree, json_find(tree, error, "type"), &type);
    decode_word(tree, json_find(tree, error, "code"), &code);
    put_key(json, "error");
    put_open(json, '{');
    put_word_member(json, "type",
                    class_of(type.len ? type.data : NULL, code.len ? code.data : NULL));
    put_inside_member(json, "message", json_inside(tree, json_find(tree, error, "message")));
    put_close(json, '}');
    buffer_clear(&type);
    buffer_clear(&code);
}

void messages_put_error_of(const struct json_tree *tree, const char *request_id,
                           struct json_writer *json)
{
    put_open(json, '{');
    put_word_member(json, "type", "error");
    messages_put_error(json, tree, json_find(tree, json_root(tree), "error"));
    put_word_member(json, "request_id", request_id);
    put_close(json, '}');
}
