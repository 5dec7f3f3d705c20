/* bedrock_answer.c - what comes back from Converse, streamed or whole, and what errors say. */
#include "bedrock.h"

static struct text inside_of(const struct foreign_answer *answer, const struct json_node *object,
                             const char *name)
{
    return json_inside(&answer->tree, json_find(&answer->tree, object, name));
}

/* ---- what both have ---- */

/* Those without a word are failures of the model: what it said is no answer. */
static const struct {
    const char *reason, *finish;
} finish_rows[] = {
    { "end_turn", "stop" },
    { "stop_sequence", "stop" },
    { "max_tokens", "length" },
    { "tool_use", "tool_calls" },
    { "guardrail_intervened", "content_filter" },
    { "content_filtered", "content_filter" },
    { "model_context_window_exceeded", "length" },
    { "malformed_model_output", NULL },
    { "malformed_tool_use", NULL },
};

/* False where the answer is none. */
static bool read_finish(struct foreign_answer *answer, const struct json_node *reason)
{
    struct bedrock_state *state = answer->state;
    const char *finish = "stop";
    if (!json_is_kind(reason, JSON_STRING))
        return false;
    for (size_t i = 0; i < sizeof(finish_rows) / sizeof(finish_rows[0]); i++)
        if (json_is(&answer->tree, reason, finish_rows[i].reason))
            finish = finish_rows[i].finish;
    if (finish)
        openai_finish(&answer->writer, finish);
    state->is_finished = finish != NULL;
    return state->is_finished;
}

/* What was cached is not part of what came in. */
static void read_usage(struct foreign_answer *answer, const struct json_node *usage)
{
    const struct json_tree *tree = &answer->tree;
    struct openai_tokens *tokens = &answer->writer.tokens;
    int64_t in = 0;
    if (!json_is_kind(usage, JSON_OBJECT))
        return;
    json_to_count(tree, json_find(tree, usage, "inputTokens"), &in);
    json_to_count(tree, json_find(tree, usage, "outputTokens"), &tokens->out);
    json_to_count(tree, json_find(tree, usage, "cacheReadInputTokens"), &tokens->cached);
    json_to_count(tree, json_find(tree, usage, "cacheWriteInputTokens"), &tokens->cache_written);
    tokens->in = in + (tokens->cached > 0 ? tokens->cached : 0) +
                 (tokens->cache_written > 0 ? tokens->cache_written : 0);
}

static void begin_call(struct foreign_answer *answer, const struct json_node *call)
{
    struct bedrock_state *state = answer->state;
    openai_call(&answer->writer, inside_of(answer, call, "toolUseId"),
                inside_of(answer, call, "name"));
    state->is_call = true;
    state->has_said = false;
}

/* ---- streams ---- */

static void read_index(struct foreign_answer *answer)
{
    struct bedrock_state *state = answer->state;
    const struct json_node *event = json_root(&answer->tree);
    int64_t index = 0;
    json_to_count(&answer->tree, json_find(&answer->tree, event, "contentBlockIndex"), &index);
    state->block = (size_t)index;
}

static void on_message_start(struct foreign_answer *answer, const struct json_node *event)
{
    (void)event;
    openai_begin(&answer->writer, (struct text){ 0 }, (struct text){ 0 });
}

/* Only calls have a beginning. */
static void on_block_start(struct foreign_answer *answer, const struct json_node *event)
{
    const struct json_node *start = json_find(&answer->tree, event, "start");
    const struct json_node *call = json_find(&answer->tree, start, "toolUse");
    if (json_is_kind(call, JSON_OBJECT))
        begin_call(answer, call);
}

static void on_delta(struct foreign_answer *answer, const struct json_node *event)
{
    struct bedrock_state *state = answer->state;
    const struct json_node *delta = json_find(&answer->tree, event, "delta");
    const struct json_node *thought = json_find(&answer->tree, delta, "reasoningContent");
    const struct text hidden = inside_of(answer, thought, "redactedContent");
    const struct text input =
        inside_of(answer, json_find(&answer->tree, delta, "toolUse"), "input");
    read_index(answer);
    openai_words(&answer->writer, inside_of(answer, delta, "text"));
    bedrock_read_citation(answer, &answer->tree, json_find(&answer->tree, delta, "citation"));
    openai_thought(&answer->writer, state->block, inside_of(answer, thought, "text"),
                   inside_of(answer, thought, "signature"));
    if (hidden.len > 0)
        openai_hidden_thought(&answer->writer, state->block, hidden);
    if (!state->is_call || input.len == 0)
        return;
    state->has_said = true;
    openai_arguments(&answer->writer, input);
}

/* Who reads the arguments expects an object. */
static void on_block_stop(struct foreign_answer *answer, const struct json_node *event)
{
    struct bedrock_state *state = answer->state;
    (void)event;
    openai_end_part(&answer->writer);
    if (state->is_call && !state->has_said)
        openai_arguments(&answer->writer, text_of("{}"));
    state->is_call = false;
}

static void on_message_stop(struct foreign_answer *answer, const struct json_node *event)
{
    if (!read_finish(answer, json_find(&answer->tree, event, "stopReason")))
        openai_error(&answer->writer, text_of("server_error"), text_of("malformed_answer"),
                     text_of("The model's answer is malformed."));
}

static void on_metadata(struct foreign_answer *answer, const struct json_node *event)
{
    read_usage(answer, json_find(&answer->tree, event, "usage"));
    bedrock_read_end(answer);
}

static const struct {
    const char *name;
    void (*read)(struct foreign_answer *answer, const struct json_node *event);
} event_rows[] = {
    { "contentBlockDelta", on_delta },     { "contentBlockStart", on_block_start },
    { "contentBlockStop", on_block_stop }, { "messageStart", on_message_start },
    { "messageStop", on_message_stop },    { "metadata", on_metadata },
};

/* What OpenAI's clients know of its exceptions; all others are failures of the server. */
static const struct {
    const char *name, *type, *code;
} exception_rows[] = {
    { "validationException", "invalid_request_error", NULL },
    { "throttlingException", "rate_limit_error", "rate_limit_exceeded" },
    { "serviceUnavailableException", "server_error", "overloaded" },
    { "modelTimeoutException", "server_error", "timeout" },
};

static void tell_exception(struct foreign_answer *answer, struct text name)
{
    struct foreign_error error = { 0 };
    const char *type = "server_error", *code = NULL;
    bedrock_read_error(&answer->tree, &error);
    for (size_t i = 0; i < sizeof(exception_rows) / sizeof(exception_rows[0]); i++) {
        if (!text_is(name, exception_rows[i].name))
            continue;
        type = exception_rows[i].type;
        code = exception_rows[i].code;
    }
    openai_error(&answer->writer, text_of(type), error.code.len > 0 ? error.code : text_of(code),
                 error.message);
}

/* Events that are new are no harm. */
void bedrock_read_event(struct foreign_answer *answer, struct text name)
{
    for (size_t i = 0; i < sizeof(event_rows) / sizeof(event_rows[0]); i++) {
        if (!text_is(name, event_rows[i].name))
            continue;
        event_rows[i].read(answer, json_root(&answer->tree));
        return;
    }
    if (text_ends(name, "Exception") || !json_root(&answer->tree))
        tell_exception(answer, name);
}

void bedrock_read_end(struct foreign_answer *answer)
{
    struct bedrock_state *state = answer->state;
    if (state->is_finished && !state->has_ended)
        openai_end(&answer->writer);
    state->has_ended = state->has_ended || state->is_finished;
}

/* ---- whole replies ---- */

static void read_call(struct foreign_answer *answer, const struct json_node *call)
{
    const struct json_node *input = json_find(&answer->tree, call, "input");
    begin_call(answer, call);
    openai_arguments_object(&answer->writer, json_is_kind(input, JSON_OBJECT)
                                                 ? json_raw(&answer->tree, input)
                                                 : text_of("{}"));
}

static void read_block(struct foreign_answer *answer, const struct json_node *block, size_t index)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *call = json_find(tree, block, "toolUse");
    const struct json_node *thought = json_find(tree, block, "reasoningContent");
    const struct json_node *said = json_find(tree, thought, "reasoningText");
    const struct json_node *cited = json_find(tree, block, "citationsContent");
    const struct text hidden = inside_of(answer, thought, "redactedContent");
    openai_words(&answer->writer, inside_of(answer, block, "text"));
    if (cited)
        bedrock_read_cited(answer, json_raw(tree, cited));
    openai_end_part(&answer->writer);
    openai_thought(&answer->writer, index, inside_of(answer, said, "text"),
                   inside_of(answer, said, "signature"));
    if (hidden.len > 0)
        openai_hidden_thought(&answer->writer, index, hidden);
    if (json_is_kind(call, JSON_OBJECT))
        read_call(answer, call);
}

bool bedrock_read_reply(struct foreign_answer *answer)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *reply = json_root(tree);
    const struct json_node *message = json_find(tree, json_find(tree, reply, "output"), "message");
    const struct json_node *content = json_find(tree, message, "content");
    size_t index = 0;
    if (!json_is_kind(content, JSON_ARRAY))
        return false;
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block))
        read_block(answer, block, index++);
    read_usage(answer, json_find(tree, reply, "usage"));
    return read_finish(answer, json_find(tree, reply, "stopReason"));
}

/* ---- errors ---- */

/* Of what kind an error is stands in a header; the status says enough of it. */
void bedrock_read_error(const struct json_tree *tree, struct foreign_error *ret_error)
{
    static const char *const words[] = { "Input is too long", "prompt is too long",
                                         "maximum context length", "exceed context limit" };
    const struct json_node *root = json_root(tree);
    const struct json_node *message = json_find(tree, root, "message");
    if (!message)
        message = json_find(tree, root, "Message");
    ret_error->message = json_inside(tree, message);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (ret_error->message.len > 0 &&
            memmem(ret_error->message.data, ret_error->message.len, words[i], strlen(words[i])))
            ret_error->code = text_of("context_length_exceeded");
}
