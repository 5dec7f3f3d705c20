/* messages_thoughts.c - what an assistant of Anthropic's clients has thought, and whose that is. */
#include "messages_chat.h"

static bool is_type(const struct json_tree *tree, const struct json_node *block, const char *type)
{
    return json_is(tree, json_find(tree, block, "type"), type);
}

static bool is_thought(const struct json_tree *tree, const struct json_node *block)
{
    return is_type(tree, block, "thinking") || is_type(tree, block, "redacted_thinking");
}

static struct text proof_of(const struct json_tree *tree, const struct json_node *block)
{
    bool is_hidden = is_type(tree, block, "redacted_thinking");
    return json_inside(tree, json_find(tree, block, is_hidden ? "data" : "signature"));
}

/* Another vendor's has its vendor in front, as it was told (messages_reply.c). */
static void put_proof(struct json_writer *json, const char *name, struct text proof)
{
    struct text vendor;
    if (proof.len > 0 && proof.data[0] == '@') {
        proof.data++;
        proof.len--;
        text_split(&proof, ':', &vendor);
        put_inside_member(json, "format", vendor);
    }
    put_inside_member(json, name, proof);
}

/* What a vendor would refuse that is not the one of whose model the thought is: without a proof, or
 * with another's. */
static bool is_strange(const struct json_tree *tree, const struct json_node *block)
{
    struct text proof = proof_of(tree, block);
    return is_thought(tree, block) && (proof.len == 0 || proof.data[0] == '@');
}

static void put_thought(struct chat_reading *reading, const struct json_node *block)
{
    struct json_writer *json = &reading->json;
    const struct json_tree *tree = &reading->tree;
    bool is_hidden = is_type(tree, block, "redacted_thinking");
    put_open(json, '{');
    put_word_member(json, "type", is_hidden ? "reasoning.encrypted" : "reasoning.text");
    if (!is_hidden)
        put_raw_member(json, "text", json_raw(tree, json_find(tree, block, "thinking")));
    put_proof(json, is_hidden ? "data" : "signature", proof_of(tree, block));
    put_close(json, '}');
}

static bool has_thoughts(const struct json_tree *tree, const struct json_node *content)
{
    const struct json_node *block = json_first(tree, content);
    while (block && !is_thought(tree, block))
        block = json_next(tree, block);
    return block != NULL;
}

/* They mean something to their own model only, which OpenAI's servers do not have. */
void messages_put_thoughts(struct chat_reading *reading, const struct json_node *content)
{
    const struct json_tree *tree = &reading->tree;
    if (chat_is_final(reading) || !has_thoughts(tree, content))
        return;
    put_key(&reading->json, "reasoning_details");
    put_open(&reading->json, '[');
    for (const struct json_node *block = json_first(tree, content); block;
         block = json_next(tree, block))
        if (is_thought(tree, block))
            put_thought(reading, block);
    put_close(&reading->json, ']');
}

/* ---- thoughts that are not Anthropic's ---- */

/* Each goes with a comma: the one behind it, or the one before it where a block stays in front. */
static size_t find_strange(const struct json_tree *tree, const struct json_node *content,
                           struct span *ret_spans, size_t room)
{
    size_t count = 0, end_before = 0;
    bool has_kept = false;
    for (const struct json_node *block = json_first(tree, content); block && count < room;
         block = json_next(tree, block)) {
        const struct json_node *next = json_next(tree, block);
        if (!is_strange(tree, block))
            has_kept = true;
        else if (has_kept)
            ret_spans[count++] = (struct span){ end_before, block->end };
        else
            ret_spans[count++] = (struct span){ block->start, next ? next->start : block->end };
        end_before = block->end;
    }
    return count;
}

size_t messages_strange_thoughts(const struct json_tree *tree, struct span *ret_spans, size_t room)
{
    const struct json_node *messages = json_find(tree, json_root(tree), "messages");
    size_t count = 0;
    for (const struct json_node *turn = json_first(tree, messages); turn;
         turn = json_next(tree, turn)) {
        const struct json_node *content = json_find(tree, turn, "content");
        if (json_is_kind(content, JSON_ARRAY))
            count += find_strange(tree, content, ret_spans + count, room - count);
    }
    return count;
}
