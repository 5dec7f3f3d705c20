/* responses_response.c - the response around the items: what it is called, what was asked for, what
 * it used. */
#include "responses_writer.h"

#define QUESTION_NODES_MAX 4096
#define ID_MAX             40 /* longer ones are ours instead: OpenAI's are at most 64 with all */

/* ---- what does not change ---- */

/* A response repeats how it was asked for; what was not said is said as OpenAI's servers do. */
static const struct {
    const char *name, *otherwise;
} echo_rows[] = {
    { "instructions", "null" },
    { "max_output_tokens", "null" },
    { "metadata", "{}" },
    { "parallel_tool_calls", "true" },
    { "reasoning", "{\"effort\":null,\"summary\":null}" },
    { "temperature", "1.0" },
    { "text", "{\"format\":{\"type\":\"text\"}}" },
    { "tool_choice", "\"auto\"" },
    { "tools", "[]" },
    { "top_logprobs", "0" },
    { "top_p", "1.0" },
    { "truncation", "\"disabled\"" },
    { "user", "null" },
};

static void read_question(struct responses_writer *writer)
{
    struct json_writer json = json_writer_of(&writer->echo);
    struct json_tree tree;
    json_tree_init(&tree, QUESTION_NODES_MAX, 1);
    json_tree_read(&tree, writer->base.about.question);
    for (size_t i = 0; i < sizeof(echo_rows) / sizeof(echo_rows[0]); i++) {
        const struct json_node *said = json_find(&tree, json_root(&tree), echo_rows[i].name);
        put_raw_member(&json, echo_rows[i].name,
                       json_is_given(said) ? json_raw(&tree, said)
                                           : text_of(echo_rows[i].otherwise));
    }
    json_tree_clear(&tree);
}

static void put_head(struct responses_writer *writer, const struct json_node *created)
{
    struct json_writer json = json_writer_of(&writer->head);
    int64_t seconds = writer->base.about.created;
    json_to_count(&writer->base.tree, created, &seconds);
    put_key(&json, "id");
    put_open_string(&json);
    put_inside(&json, text_of("resp_"));
    put_inside(&json, buffer_text(&writer->id));
    put_close_string(&json);
    put_word_member(&json, "object", "response");
    put_count_member(&json, "created_at", seconds);
}

void responses_read_about(struct responses_writer *writer)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *root = json_root(tree);
    struct text id = json_inside(tree, json_find(tree, root, "id"));
    if (id.len == 0 || id.len > ID_MAX)
        id = text_of(writer->base.about.id);
    responses_keep(writer, &writer->id, id);
    put_head(writer, json_find(tree, root, "created"));
    struct json_writer json = json_writer_of(&writer->echo);
    put_inside_member(&json, "model", json_inside(tree, json_find(tree, root, "model")));
    put_bytes(&json, text_of(","));
    read_question(writer);
}

/* ---- what was used ---- */

void responses_read_usage(struct responses_writer *writer, const struct json_node *usage)
{
    const struct json_tree *tree = &writer->base.tree;
    struct responses_tokens *tokens = &writer->tokens;
    if (!json_is_kind(usage, JSON_OBJECT))
        return;
    tokens->are_known = true;
    json_to_count(tree, json_find(tree, usage, "prompt_tokens"), &tokens->in);
    json_to_count(tree, json_find(tree, usage, "completion_tokens"), &tokens->out);
    json_to_count(tree,
                  json_find(tree, json_find(tree, usage, "prompt_tokens_details"), "cached_tokens"),
                  &tokens->cached);
    json_to_count(
        tree,
        json_find(tree, json_find(tree, usage, "completion_tokens_details"), "reasoning_tokens"),
        &tokens->reasoning);
}

static void put_detail(struct json_writer *json, const char *name, const char *detail,
                       int64_t tokens)
{
    put_key(json, name);
    put_open(json, '{');
    put_count_member(json, detail, tokens);
    put_close(json, '}');
}

static void put_usage(struct responses_writer *writer)
{
    const struct responses_tokens *tokens = &writer->tokens;
    struct json_writer *json = &writer->base.json;
    put_key(json, "usage");
    if (!tokens->are_known) {
        put_raw(json, (struct text){ 0 });
        return;
    }
    put_open(json, '{');
    put_count_member(json, "input_tokens", tokens->in);
    put_detail(json, "input_tokens_details", "cached_tokens", tokens->cached);
    put_count_member(json, "output_tokens", tokens->out);
    put_detail(json, "output_tokens_details", "reasoning_tokens", tokens->reasoning);
    put_count_member(json, "total_tokens", tokens->in + tokens->out);
    put_close(json, '}');
}

/* ---- the object ---- */

static void put_failure(struct json_writer *json, const struct responses_failure *failure)
{
    put_key(json, "error");
    if (!failure) {
        put_raw(json, (struct text){ 0 });
        return;
    }
    put_open(json, '{');
    put_inside_member(json, "code", failure->code);
    put_inside_member(json, "message", failure->message);
    put_close(json, '}');
}

static void put_incomplete(struct json_writer *json, const char *reason)
{
    put_key(json, "incomplete_details");
    if (!reason) {
        put_raw(json, (struct text){ 0 });
        return;
    }
    put_open(json, '{');
    put_word_member(json, "reason", reason);
    put_close(json, '}');
}

void responses_put_response(struct responses_writer *writer, const char *status,
                            const struct responses_failure *failure)
{
    struct json_writer *json = &writer->base.json;
    put_open(json, '{');
    put_bytes(json, buffer_text(&writer->head));
    json->wants_comma = true;
    put_word_member(json, "status", status);
    put_raw_member(json, "background", text_of("false"));
    put_failure(json, failure);
    put_incomplete(json, failure ? NULL : writer->incomplete);
    put_bytes(json, text_of(","));
    put_bytes(json, buffer_text(&writer->echo));
    put_raw_member(json, "previous_response_id", (struct text){ 0 });
    put_raw_member(json, "store", text_of("false")); /* nobody can ask for it again */
    put_key(json, "output");
    put_open(json, '[');
    put_bytes(json, buffer_text(&writer->items));
    put_close(json, ']');
    put_usage(writer);
    put_close(json, '}');
}
