/* messages_events.c - OpenAI's chunks become the events that an Anthropic client waits for.
 *
 *     message_start ─ (content_block_start ─ content_block_delta … ─ content_block_stop) …
 *                   ─ message_delta ─ message_stop
 *
 * Blocks follow each other: one is closed before the next is opened. Why the answer ended and what
 * it used come in one event, so the reason waits for the usage, which comes last. */
#include "dialect/stitch.h"
#include "messages_chat.h"
#include "messages_writer.h"

static void begin(struct messages_writer *writer)
{
    struct json_writer *json = &writer->base.json;
    const struct json_node *chunk = json_root(&writer->base.tree);
    if (writer->begun)
        return;
    writer->begun = true;
    messages_open_event(writer, "message_start");
    put_key(json, "message");
    put_open(json, '{');
    messages_put_about(json, &writer->base.tree, chunk);
    put_raw_member(json, "content", text_of("[]"));
    put_raw_member(json, "stop_reason", (struct text){ 0 });
    put_raw_member(json, "stop_sequence", (struct text){ 0 });
    put_key(json, "usage");
    messages_put_usage(json, &writer->tokens);
    put_close(json, '}');
    messages_close_event(writer);
}

/* ---- words and thoughts ---- */

static void say(struct messages_writer *writer, struct text words)
{
    if (words.len == 0)
        return;
    messages_end_calls(writer);
    if (writer->is_cited)
        messages_close_block(writer);
    messages_open_text(writer);
    messages_put_delta(writer, "text_delta", "text", words);
}

static void think(struct messages_writer *writer, int64_t detail, struct text thought)
{
    messages_end_calls(writer);
    if (writer->open != BLOCK_THOUGHT || writer->detail != detail) {
        messages_open_block(writer, BLOCK_THOUGHT);
        put_raw(&writer->base.json,
                text_of("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"));
        messages_close_event(writer);
        writer->detail = detail;
    }
    messages_put_delta(writer, "thinking_delta", "thinking", thought);
}

static void prove(struct messages_writer *writer, struct text vendor, struct text proof)
{
    messages_open_delta(writer, "signature_delta");
    messages_put_proof(&writer->base.json, "signature", vendor, proof);
    messages_close_delta(writer);
}

static void hide(struct messages_writer *writer, struct text vendor, struct text data)
{
    messages_end_calls(writer);
    messages_open_block(writer, BLOCK_THOUGHT);
    put_open(&writer->base.json, '{');
    put_word_member(&writer->base.json, "type", "redacted_thinking");
    messages_put_proof(&writer->base.json, "data", vendor, data);
    put_close(&writer->base.json, '}');
    messages_close_event(writer);
    messages_close_block(writer);
}

static void read_detail(struct messages_writer *writer, const struct json_node *detail)
{
    const struct json_tree *tree = &writer->base.tree;
    struct text data = json_inside(tree, json_find(tree, detail, "data"));
    struct text thought = json_inside(tree, json_find(tree, detail, "text"));
    struct text proof = json_inside(tree, json_find(tree, detail, "signature"));
    int64_t index = 0;
    json_to_count(tree, json_find(tree, detail, "index"), &index);
    if (data.len > 0)
        hide(writer, messages_vendor(tree, detail), data);
    if (thought.len > 0 || proof.len > 0)
        think(writer, index, thought);
    if (proof.len > 0)
        prove(writer, messages_vendor(tree, detail), proof);
}

/* Where the same is said twice, the details say more. */
static void read_thoughts(struct messages_writer *writer, const struct json_node *delta)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *details = json_find(tree, delta, "reasoning_details");
    if (json_is_kind(details, JSON_ARRAY) && details->count > 0) {
        for (const struct json_node *detail = json_first(tree, details); detail;
             detail = json_next(tree, detail))
            read_detail(writer, detail);
        return;
    }
    if (messages_thought(tree, delta).len > 0)
        think(writer, 0, messages_thought(tree, delta));
}

/* ---- chunks ---- */

static void tell_error(struct messages_writer *writer, const struct json_node *error)
{
    messages_open_event(writer, "error");
    messages_put_error(&writer->base.json, &writer->base.tree, error);
    messages_close_event(writer);
    writer->base.ended = true;
}

static void tell_broken_call(struct messages_writer *writer)
{
    put_bytes(&writer->base.json,
              text_of("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
                      "\"api_error\",\"message\":\"The calls of several tools came "
                      "mixed in a way that cannot be told.\"}}\n\n"));
    writer->base.ended = true;
}

static void read_delta(struct messages_writer *writer, const struct json_node *delta)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *calls = json_find(tree, delta, "tool_calls");
    read_thoughts(writer, delta);
    messages_tell_own_blocks(writer, delta);
    say(writer, json_inside(tree, json_find(tree, delta, "content")));
    messages_cite(writer, json_find(tree, delta, "annotations"));
    say(writer, json_inside(tree, json_find(tree, delta, "refusal")));
    if (!json_is_kind(calls, JSON_ARRAY))
        return;
    for (const struct json_node *call = json_first(tree, calls); call && !writer->base.ended;
         call = json_next(tree, call))
        if (!messages_read_call(writer, call))
            tell_broken_call(writer);
}

static void read_chunk(struct voice_writer *base)
{
    struct messages_writer *writer = (struct messages_writer *)base;
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *chunk = json_root(tree);
    const struct json_node *error = json_find(tree, chunk, "error");
    const struct json_node *choice = json_first(tree, json_find(tree, chunk, "choices"));
    const struct json_node *reason = json_find(tree, choice, "finish_reason");
    if (json_is_given(error)) {
        tell_error(writer, error);
        return;
    }
    begin(writer);
    messages_read_usage(tree, json_find(tree, chunk, "usage"), &writer->tokens);
    read_delta(writer, json_find(tree, choice, "delta"));
    if (json_is_given(reason))
        writer->reason = messages_stop_reason(tree, reason);
}

static void end(struct voice_writer *base)
{
    struct messages_writer *writer = (struct messages_writer *)base;
    struct json_writer *json = &writer->base.json;
    if (!writer->begun)
        return;
    writer->base.ended = true;
    messages_end_calls(writer);
    messages_close_block(writer);
    messages_open_event(writer, "message_delta");
    put_key(json, "delta");
    put_open(json, '{');
    put_word_member(json, "stop_reason", writer->reason ? writer->reason : "end_turn");
    put_raw_member(json, "stop_sequence", (struct text){ 0 });
    put_close(json, '}');
    put_key(json, "usage");
    messages_put_usage(json, &writer->tokens);
    messages_close_event(writer);
    messages_open_event(writer, "message_stop");
    messages_close_event(writer);
}

static void cut(struct voice_writer *base, const struct error_note *note)
{
    messages_error_event(base->json.out, note);
}

static void init(struct voice_writer *base)
{
    messages_calls_init(&((struct messages_writer *)base)->calls);
}

/* The message was begun by somebody else, and perhaps a block. */
static void resume(struct voice_writer *base, const struct delivered *delivered)
{
    static const enum block blocks[] = {
        [DELIVERED_NO_BLOCK] = BLOCK_NONE,
        [DELIVERED_TEXT] = BLOCK_TEXT,
        [DELIVERED_THOUGHT] = BLOCK_THOUGHT,
    };
    struct messages_writer *writer = (struct messages_writer *)base;
    writer->begun = true;
    writer->open = blocks[delivered->open];
    writer->index = delivered->blocks;
}

static void clear(struct voice_writer *base)
{
    messages_calls_clear(&((struct messages_writer *)base)->calls);
}

const struct voice voice_messages = {
    .body_levels = MESSAGES_LEVELS,
    .put_chat = messages_put_chat,
    .strange_thoughts = messages_strange_thoughts,
    .writer_size = sizeof(struct messages_writer),
    .init = init,
    .resume = resume,
    .clear = clear,
    .read_chunk = read_chunk,
    .end = end,
    .cut = cut,
    .put_reply = messages_put_reply,
    .put_error = messages_put_error_of,
};
