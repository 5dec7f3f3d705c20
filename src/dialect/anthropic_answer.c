/* anthropic_answer.c - what comes back from the Messages API, streamed or whole. */
#include "anthropic.h"
#include "citations.h"

/* ---- what both have ---- */

static const struct {
    const char *reason, *finish;
} finish_rows[] = {
    { "end_turn", "stop" },
    { "stop_sequence", "stop" },
    { "max_tokens", "length" },
    { "tool_use", "tool_calls" },
    { "pause_turn", "stop" },
    { "refusal", "content_filter" },
    { "model_context_window_exceeded", "length" },
};

static void read_finish(struct foreign_answer *answer, const struct json_node *reason)
{
    if (!json_is_given(reason))
        return;
    const char *finish = "stop";
    for (size_t i = 0; i < sizeof(finish_rows) / sizeof(finish_rows[0]); i++)
        if (json_is(&answer->tree, reason, finish_rows[i].reason))
            finish = finish_rows[i].finish;
    openai_finish(&answer->writer, finish);
}

static void read_count(const struct json_tree *tree, const struct json_node *usage,
                       const char *name, int64_t *count)
{
    json_to_count(tree, json_find(tree, usage, name), count);
}

/* Here what was cached is not part of what came in; the totals in a later event replace those
 * before. */
static void read_usage(struct foreign_answer *answer, const struct json_node *usage)
{
    const struct json_tree *tree = &answer->tree;
    struct anthropic_state *state = answer->state;
    struct openai_tokens *tokens = &answer->writer.tokens;
    if (!json_is_kind(usage, JSON_OBJECT))
        return;
    read_count(tree, usage, "input_tokens", &state->in);
    read_count(tree, usage, "cache_read_input_tokens", &state->cached);
    read_count(tree, usage, "cache_creation_input_tokens", &state->cache_written);
    read_count(tree, usage, "output_tokens", &tokens->out);
    read_count(tree, json_find(tree, usage, "output_tokens_details"), "thinking_tokens",
               &tokens->reasoning);
    tokens->in = state->in + state->cached + state->cache_written;
    if (json_is_given(json_find(tree, usage, "cache_read_input_tokens")))
        tokens->cached = state->cached;
    if (json_is_given(json_find(tree, usage, "cache_creation_input_tokens")))
        tokens->cache_written = state->cache_written;
}

static void begin(struct foreign_answer *answer, const struct json_node *message)
{
    const struct json_tree *tree = &answer->tree;
    openai_begin(&answer->writer, json_inside(tree, json_find(tree, message, "id")),
                 json_inside(tree, json_find(tree, message, "model")));
    read_usage(answer, json_find(tree, message, "usage"));
}

static struct text inside_of(const struct foreign_answer *answer, const struct json_node *object,
                             const char *name)
{
    return json_inside(&answer->tree, json_find(&answer->tree, object, name));
}

/* ---- blocks ---- */

static void read_citation(struct foreign_answer *answer, const struct json_node *cited)
{
    struct citation citation;
    if (citation_read_anthropic(&answer->tree, cited, &citation))
        openai_cite(&answer->writer, &citation);
}

static void read_text(struct foreign_answer *answer, const struct json_node *block)
{
    const struct json_node *cited = json_find(&answer->tree, block, "citations");
    openai_words(&answer->writer, inside_of(answer, block, "text"));
    if (!json_is_kind(cited, JSON_ARRAY))
        return;
    for (const struct json_node *item = json_first(&answer->tree, cited); item;
         item = json_next(&answer->tree, item))
        read_citation(answer, item);
}

static void read_thinking(struct foreign_answer *answer, const struct json_node *block)
{
    struct anthropic_state *state = answer->state;
    openai_thought(&answer->writer, state->block, inside_of(answer, block, "thinking"),
                   inside_of(answer, block, "signature"));
}

static void read_hidden_thinking(struct foreign_answer *answer, const struct json_node *block)
{
    struct anthropic_state *state = answer->state;
    openai_hidden_thought(&answer->writer, state->block, inside_of(answer, block, "data"));
}

/* In a stream the input comes later, in pieces, and stands here as an empty object. */
static void read_call(struct foreign_answer *answer, const struct json_node *block)
{
    struct anthropic_state *state = answer->state;
    const struct json_node *input = json_find(&answer->tree, block, "input");
    openai_call(&answer->writer, inside_of(answer, block, "id"), inside_of(answer, block, "name"));
    state->is_call = true;
    state->has_said =
        json_is_kind(input, JSON_OBJECT) && (input->count > 0 || !answer->writer.streamed);
    if (state->has_said)
        openai_arguments_object(&answer->writer, json_raw(&answer->tree, input));
}

static const struct {
    const char *type;
    void (*read)(struct foreign_answer *answer, const struct json_node *block);
} block_rows[] = {
    { "text", read_text },
    { "thinking", read_thinking },
    { "redacted_thinking", read_hidden_thinking },
    { "tool_use", read_call },
};

/* Those without a row are of tools that Anthropic's own servers have run. */
static void read_block(struct foreign_answer *answer, const struct json_node *block)
{
    const struct json_node *type = json_find(&answer->tree, block, "type");
    struct anthropic_state *state = answer->state;
    state->is_call = false;
    for (size_t i = 0; i < sizeof(block_rows) / sizeof(block_rows[0]); i++) {
        if (!json_is(&answer->tree, type, block_rows[i].type))
            continue;
        block_rows[i].read(answer, block);
        return;
    }
    if (json_is_kind(type, JSON_STRING))
        openai_open_block(&answer->writer, &answer->tree, block);
}

static void end_block(struct foreign_answer *answer)
{
    struct anthropic_state *state = answer->state;
    openai_end_part(&answer->writer);
    openai_close_block(&answer->writer);
    /* Who reads the arguments expects an object. */
    if (state->is_call && !state->has_said)
        openai_arguments(&answer->writer, text_of("{}"));
    state->is_call = false;
}

/* ---- events ---- */

static void on_message_start(struct foreign_answer *answer, const struct json_node *event)
{
    begin(answer, json_find(&answer->tree, event, "message"));
}

static void on_block_start(struct foreign_answer *answer, const struct json_node *event)
{
    struct anthropic_state *state = answer->state;
    int64_t index = 0;
    json_to_count(&answer->tree, json_find(&answer->tree, event, "index"), &index);
    state->block = (size_t)index;
    read_block(answer, json_find(&answer->tree, event, "content_block"));
}

static void on_delta(struct foreign_answer *answer, const struct json_node *event)
{
    struct anthropic_state *state = answer->state;
    const struct json_node *delta = json_find(&answer->tree, event, "delta");
    struct text arguments = inside_of(answer, delta, "partial_json");
    openai_words(&answer->writer, inside_of(answer, delta, "text"));
    read_thinking(answer, delta);
    read_citation(answer, json_find(&answer->tree, delta, "citation"));
    openai_block_input(&answer->writer, arguments);
    if (!state->is_call || arguments.len == 0)
        return;
    state->has_said = true;
    openai_arguments(&answer->writer, arguments);
}

static void on_block_stop(struct foreign_answer *answer, const struct json_node *event)
{
    (void)event;
    end_block(answer);
}

static void on_message_delta(struct foreign_answer *answer, const struct json_node *event)
{
    const struct json_node *delta = json_find(&answer->tree, event, "delta");
    read_usage(answer, json_find(&answer->tree, event, "usage"));
    read_finish(answer, json_find(&answer->tree, delta, "stop_reason"));
}

static void on_message_stop(struct foreign_answer *answer, const struct json_node *event)
{
    (void)event;
    openai_end(&answer->writer);
}

static void on_error(struct foreign_answer *answer, const struct json_node *event)
{
    struct foreign_error error = { 0 };
    (void)event;
    anthropic_read_error(&answer->tree, &error);
    openai_error(&answer->writer, error.type, error.code, error.message);
}

static const struct {
    const char *type;
    void (*read)(struct foreign_answer *answer, const struct json_node *event);
} event_rows[] = {
    { "content_block_delta", on_delta },
    { "content_block_start", on_block_start },
    { "content_block_stop", on_block_stop },
    { "message_start", on_message_start },
    { "message_delta", on_message_delta },
    { "message_stop", on_message_stop },
    { "error", on_error },
};

void anthropic_read_event(struct foreign_answer *answer, struct text name)
{
    const struct json_node *event = json_root(&answer->tree);
    const struct json_node *type = json_find(&answer->tree, event, "type");
    (void)name; /* the document says it, too */
    for (size_t i = 0; i < sizeof(event_rows) / sizeof(event_rows[0]); i++) {
        if (!json_is(&answer->tree, type, event_rows[i].type))
            continue;
        event_rows[i].read(answer, event);
        return;
    }
}

/* ---- whole replies ---- */

bool anthropic_read_reply(struct foreign_answer *answer)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *message = json_root(tree);
    const struct json_node *content = json_find(tree, message, "content");
    struct anthropic_state *state = answer->state;
    if (!json_is(tree, json_find(tree, message, "type"), "message") ||
        !json_is_kind(content, JSON_ARRAY))
        return false;
    begin(answer, message);
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block), state->block++) {
        read_block(answer, block);
        end_block(answer);
    }
    read_finish(answer, json_find(tree, message, "stop_reason"));
    return true;
}

/* ---- errors ---- */

/* What OpenAI's clients know of Anthropic's classes. */
static const struct {
    const char *anthropic, *type, *code;
} error_rows[] = {
    { "invalid_request_error", "invalid_request_error", NULL },
    { "authentication_error", "authentication_error", "invalid_api_key" },
    { "billing_error", "insufficient_quota", "insufficient_quota" },
    { "permission_error", "permission_error", NULL },
    { "not_found_error", "not_found_error", "model_not_found" },
    { "request_too_large", "invalid_request_error", "request_too_large" },
    { "rate_limit_error", "rate_limit_error", "rate_limit_exceeded" },
    { "timeout_error", "server_error", "timeout" },
    { "api_error", "server_error", NULL },
    { "overloaded_error", "server_error", "overloaded" },
};

/* It is told apart by its words only. */
static bool is_too_long(struct text message)
{
    static const char *const words[] = { "prompt is too long", "exceed context limit",
                                         "exceeds the model's context" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (message.len > 0 && memmem(message.data, message.len, words[i], strlen(words[i])))
            return true;
    return false;
}

void anthropic_read_error(const struct json_tree *tree, struct foreign_error *ret_error)
{
    const struct json_node *error = json_find(tree, json_root(tree), "error");
    const struct json_node *type = json_find(tree, error, "type");
    ret_error->message = json_inside(tree, json_find(tree, error, "message"));
    ret_error->type = json_inside(tree, type);
    for (size_t i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++) {
        if (!json_is(tree, type, error_rows[i].anthropic))
            continue;
        ret_error->type = text_of(error_rows[i].type);
        ret_error->code = text_of(error_rows[i].code);
    }
    if (is_too_long(ret_error->message))
        ret_error->code = text_of("context_length_exceeded");
}
