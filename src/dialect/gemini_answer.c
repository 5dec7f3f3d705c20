/* gemini_answer.c - what comes back from generateContent, streamed or whole. */
#include "gemini.h"

static struct text inside_of(const struct foreign_answer *answer, const struct json_node *object,
                             const char *name)
{
    return json_inside(&answer->tree, json_find(&answer->tree, object, name));
}

static struct gemini_candidate *chosen(struct foreign_answer *answer)
{
    struct gemini_state *state = answer->state;
    return &state->candidates[answer->writer.choice];
}

/* ---- how it ends ---- */

/* Those without a word are failures of the model: what it said is no answer. */
static const struct {
    const char *reason, *finish;
} finish_rows[] = {
    { "STOP", "stop" },
    { "MAX_TOKENS", "length" },
    { "SAFETY", "content_filter" },
    { "RECITATION", "content_filter" },
    { "LANGUAGE", "content_filter" },
    { "BLOCKLIST", "content_filter" },
    { "PROHIBITED_CONTENT", "content_filter" },
    { "SPII", "content_filter" },
    { "MODEL_ARMOR", "content_filter" },
    { "IMAGE_SAFETY", "content_filter" },
    { "IMAGE_PROHIBITED_CONTENT", "content_filter" },
    { "IMAGE_RECITATION", "content_filter" },
    { "MALFORMED_FUNCTION_CALL", NULL },
    { "MALFORMED_RESPONSE", NULL },
    { "UNEXPECTED_TOOL_CALL", NULL },
    { "TOO_MANY_TOOL_CALLS", NULL },
    { "MISSING_THOUGHT_SIGNATURE", NULL },
};

static const char *finish_of(const struct foreign_answer *answer, const struct json_node *reason)
{
    for (size_t i = 0; i < sizeof(finish_rows) / sizeof(finish_rows[0]); i++)
        if (json_is(&answer->tree, reason, finish_rows[i].reason))
            return finish_rows[i].finish;
    return "stop";
}

static void finish(struct foreign_answer *answer, const char *reason)
{
    const bool has_calls = answer->writer.choices[answer->writer.choice].calls > 0;
    chosen(answer)->is_finished = true;
    openai_finish(&answer->writer,
                  has_calls && strcmp(reason, "stop") == 0 ? "tool_calls" : reason);
}

/* False where the answer is none. */
static bool read_finish(struct foreign_answer *answer, const struct json_node *reason)
{
    if (!json_is_given(reason))
        return true;
    const char *known = finish_of(answer, reason);
    if (known)
        finish(answer, known);
    return known != NULL;
}

static bool is_finished(const struct foreign_answer *answer)
{
    const struct gemini_state *state = answer->state;
    for (size_t i = 0; i < answer->writer.choice_count; i++)
        if (!state->candidates[i].is_finished)
            return false;
    return true;
}

/* ---- usage ---- */

static int64_t count_of(const struct foreign_answer *answer, const struct json_node *usage,
                        const char *name)
{
    int64_t count = -1;
    json_to_count(&answer->tree, json_find(&answer->tree, usage, name), &count);
    return count;
}

static int64_t sum(int64_t some, int64_t more)
{
    return some < 0 ? more : some + (more > 0 ? more : 0);
}

/* Of a list of kinds, the tokens of one; of several the last. */
static int64_t count_of_kind(const struct foreign_answer *answer, const struct json_node *usage,
                             const char *list, const char *kind)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *kinds = json_find(tree, usage, list);
    int64_t count = 0;
    if (!json_is_kind(kinds, JSON_ARRAY))
        return 0;
    for (const struct json_node *item = json_first(tree, kinds); item; item = json_next(tree, item))
        if (json_is(tree, json_find(tree, item, "modality"), kind))
            json_to_count(tree, json_find(tree, item, "tokenCount"), &count);
    return count;
}

/* Thoughts are counted beside the answer here, and what was cached within what came in. A later
 * event has the totals. */
static void read_usage(struct foreign_answer *answer, const struct json_node *usage)
{
    struct openai_tokens *tokens = &answer->writer.tokens;
    if (!json_is_kind(usage, JSON_OBJECT))
        return;
    tokens->in = sum(count_of(answer, usage, "promptTokenCount"),
                     count_of(answer, usage, "toolUsePromptTokenCount"));
    tokens->cached = count_of(answer, usage, "cachedContentTokenCount");
    tokens->reasoning = count_of(answer, usage, "thoughtsTokenCount");
    tokens->out = sum(count_of(answer, usage, "candidatesTokenCount"), tokens->reasoning);
    tokens->audio_in = count_of_kind(answer, usage, "promptTokensDetails", "AUDIO");
    tokens->image_in = count_of_kind(answer, usage, "promptTokensDetails", "IMAGE");
    tokens->audio_out = count_of_kind(answer, usage, "candidatesTokensDetails", "AUDIO");
    tokens->image_out = count_of_kind(answer, usage, "candidatesTokensDetails", "IMAGE");
}

/* ---- parts ---- */

static void read_thought(struct foreign_answer *answer, const struct json_node *part)
{
    struct gemini_candidate *candidate = chosen(answer);
    if (!candidate->in_thought)
        candidate->blocks++;
    openai_thought(&answer->writer, candidate->blocks - 1, inside_of(answer, part, "text"),
                   inside_of(answer, part, "thoughtSignature"));
}

/* Whole replies are printed for people, with spaces that cost tokens when they go back. */
static void compact(struct text json, struct buffer *out)
{
    bool in_string = false;
    for (size_t at = 0, end; at < json.len; at = end) {
        end = at + 1;
        if (!in_string && strchr(" \t\r\n", json.data[at]))
            continue;
        if (in_string && json.data[at] == '\\')
            end++;
        else if (json.data[at] == '"')
            in_string = !in_string;
        buffer_append(out, json.data + at, end - at);
    }
}

static void read_arguments(struct foreign_answer *answer, const struct json_node *arguments)
{
    struct buffer compacted;
    const struct text json = json_raw(&answer->tree, arguments);
    buffer_init(&compacted, json.len + 1);
    if (buffer_reserve(&compacted, json.len))
        compact(json, &compacted);
    openai_arguments_object(&answer->writer, buffer_text(&compacted));
    buffer_clear(&compacted);
}

static void read_call(struct foreign_answer *answer, const struct json_node *part,
                      const struct json_node *call)
{
    const struct json_node *arguments = json_find(&answer->tree, call, "args");
    openai_signed_call(&answer->writer, inside_of(answer, call, "id"),
                       inside_of(answer, call, "name"),
                       inside_of(answer, part, "thoughtSignature"));
    if (json_is_kind(arguments, JSON_OBJECT))
        read_arguments(answer, arguments);
    else
        openai_arguments(&answer->writer, text_of("{}"));
}

static void read_words(struct foreign_answer *answer, const struct json_node *part)
{
    const struct text proof = inside_of(answer, part, "thoughtSignature");
    openai_words(&answer->writer, inside_of(answer, part, "text"));
    if (proof.len > 0)
        openai_hidden_thought(&answer->writer, chosen(answer)->blocks++, proof);
}

static void read_part(struct foreign_answer *answer, const struct json_node *part)
{
    const struct json_node *call = json_find(&answer->tree, part, "functionCall");
    const bool is_thought = json_is_true(&answer->tree, json_find(&answer->tree, part, "thought"));
    if (json_is_kind(call, JSON_OBJECT))
        read_call(answer, part, call);
    else if (is_thought)
        read_thought(answer, part);
    else
        read_words(answer, part);
    if (!is_thought)
        gemini_note_words(chosen(answer), inside_of(answer, part, "text"));
    chosen(answer)->in_thought = is_thought;
}

/* ---- how likely each token was ---- */

static void read_likely(struct foreign_answer *answer, const struct json_node *token,
                        void (*tell)(struct openai_writer *writer, struct text token,
                                     struct text logprob))
{
    const struct json_tree *tree = &answer->tree;
    tell(&answer->writer, inside_of(answer, token, "token"),
         json_raw(tree, json_find(tree, token, "logProbability")));
}

/* One list has what was said, the other, as long, what might have been. */
static void read_logprobs(struct foreign_answer *answer, const struct json_node *result)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *token = json_first(tree, json_find(tree, result, "chosenCandidates"));
    const struct json_node *others = json_first(tree, json_find(tree, result, "topCandidates"));
    if (!token)
        return;
    openai_open_logprobs(&answer->writer);
    for (; token; token = json_next(tree, token), others = json_next(tree, others)) {
        const struct json_node *other = json_first(tree, json_find(tree, others, "candidates"));
        read_likely(answer, token, openai_logprob);
        for (; other; other = json_next(tree, other))
            read_likely(answer, other, openai_top_logprob);
        openai_close_logprob(&answer->writer);
    }
    openai_close_logprobs(&answer->writer);
}

/* ---- candidates ---- */

static bool read_candidate(struct foreign_answer *answer, const struct json_node *candidate)
{
    const struct json_tree *tree = &answer->tree;
    int64_t index = 0;
    json_to_count(tree, json_find(tree, candidate, "index"), &index);
    openai_choose(&answer->writer, (size_t)index);
    const struct json_node *parts = json_find(tree, json_find(tree, candidate, "content"), "parts");
    for (const struct json_node *part = json_is_kind(parts, JSON_ARRAY) ? json_first(tree, parts)
                                                                        : NULL;
         part; part = json_next(tree, part))
        read_part(answer, part);
    read_logprobs(answer, json_find(tree, candidate, "logprobsResult"));
    gemini_read_grounding(answer, chosen(answer), json_find(tree, candidate, "groundingMetadata"));
    return read_finish(answer, json_find(tree, candidate, "finishReason"));
}

/* A question that is not answered at all, for what it says. */
static void read_feedback(struct foreign_answer *answer, const struct json_node *feedback)
{
    if (!json_is_given(json_find(&answer->tree, feedback, "blockReason")))
        return;
    openai_choose(&answer->writer, 0);
    finish(answer, "content_filter");
}

/* False where the model failed. */
static bool read_response(struct foreign_answer *answer)
{
    const struct json_tree *tree = &answer->tree;
    const struct json_node *response = json_root(tree);
    bool is_well = true;
    openai_begin(&answer->writer, inside_of(answer, response, "responseId"),
                 inside_of(answer, response, "modelVersion"));
    read_usage(answer, json_find(tree, response, "usageMetadata"));
    read_feedback(answer, json_find(tree, response, "promptFeedback"));
    for (const struct json_node *candidate =
             json_first(tree, json_find(tree, response, "candidates"));
         candidate; candidate = json_next(tree, candidate))
        is_well = read_candidate(answer, candidate) && is_well;
    return is_well;
}

static bool is_response(const struct json_tree *tree)
{
    const struct json_node *response = json_root(tree);
    return json_is_kind(json_find(tree, response, "candidates"), JSON_ARRAY) ||
           json_is_kind(json_find(tree, response, "promptFeedback"), JSON_OBJECT);
}

/* ---- streams ---- */

static void tell_error(struct foreign_answer *answer)
{
    struct foreign_error error = { 0 };
    gemini_read_error(&answer->tree, &error);
    openai_error(&answer->writer, error.type, error.code, error.message);
}

void gemini_read_event(struct foreign_answer *answer, struct text name)
{
    (void)name; /* there are none */
    if (json_is_given(json_find(&answer->tree, json_root(&answer->tree), "error")))
        tell_error(answer);
    else if (!read_response(answer))
        openai_error(&answer->writer, text_of("server_error"), text_of("malformed_answer"),
                     text_of("The model's answer is malformed."));
}

/* Nothing but the end of the stream says that it is the end. */
void gemini_read_end(struct foreign_answer *answer)
{
    if (is_finished(answer))
        openai_end(&answer->writer);
}

/* ---- whole replies ---- */

bool gemini_read_reply(struct foreign_answer *answer)
{
    return is_response(&answer->tree) && read_response(answer) && is_finished(answer);
}
