/* responses_thoughts.c - what a model has thought in an earlier answer, and whose that is.
 *
 * Clients keep a reasoning item with its encrypted_content and send it back. One of another vendor
 * than OpenAI says in it whose proof it is, and so finds its way back, and no further. */
#include "responses_chat.h"

static struct text rest_of(struct text text, size_t start)
{
    return (struct text){ text.data + start, text.len - start };
}

struct responses_proof responses_proof_of(const struct json_tree *tree,
                                          const struct json_node *item)
{
    struct responses_proof proof = { 0 };
    struct text content = json_inside(tree, json_find(tree, item, "encrypted_content"));
    if (!text_starts(content, "@"))
        return proof;
    proof.is_hidden = text_starts(content, "@@");
    content = rest_of(content, proof.is_hidden ? 2 : 1);
    text_split(&content, ':', &proof.format);
    proof.proof = content;
    return proof;
}

static void put_words(struct chat_reading *reading, const struct json_node *parts)
{
    const struct json_tree *tree = &reading->tree;
    if (!json_is_kind(parts, JSON_ARRAY))
        return;
    for (const struct json_node *part = json_first(tree, parts); part; part = json_next(tree, part))
        put_inside(&reading->json, json_inside(tree, json_find(tree, part, "text")));
}

static void put_text(struct chat_reading *reading, const struct json_node *item)
{
    const struct json_tree *tree = &reading->tree;
    put_key(&reading->json, "text");
    put_open_string(&reading->json);
    put_words(reading, json_find(tree, item, "summary"));
    put_words(reading, json_find(tree, item, "content"));
    put_close_string(&reading->json);
}

/* One of OpenAI's is written too: it is without a proof for anybody else. */
void responses_put_thought(struct chat_reading *reading, const struct json_node *item)
{
    struct json_writer *json = &reading->json;
    const struct responses_proof proof = responses_proof_of(&reading->tree, item);
    put_open(json, '{');
    put_word_member(json, "type", proof.is_hidden ? "reasoning.encrypted" : "reasoning.text");
    if (proof.format.len > 0)
        put_inside_member(json, "format", proof.format);
    if (!proof.is_hidden)
        put_text(reading, item);
    if (proof.proof.len > 0)
        put_inside_member(json, proof.is_hidden ? "data" : "signature", proof.proof);
    put_close(json, '}');
}

/* ---- thoughts that are not OpenAI's ---- */

static bool is_strange(const struct json_tree *tree, const struct json_node *item)
{
    struct text id = json_inside(tree, json_find(tree, item, "id"));
    return responses_is_type(tree, item, "reasoning") &&
           (text_starts(id, RESPONSES_STRANGE_ID) || responses_proof_of(tree, item).format.len > 0);
}

/* Most conversations have thoughts of OpenAI's own only: their bodies are not taken apart for it.
 * Clients send what they were told as it was written. */
bool responses_may_be_strange(struct text body)
{
    static const char *const marks[] = { RESPONSES_STRANGE_ID, "\"@", "\"extra_content\"" };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (memmem(body.data, body.len, marks[i], strlen(marks[i])))
            return true;
    return false;
}

/* Where an item or a member begins, its name included. */
static size_t start_of(const struct json_node *node)
{
    return node->name_len > 0 && !node->name_decoded ? node->name_at - 1 : node->start;
}

/* Those that are left out of a list or an object go with one comma each: the one behind, or the one
 * before where something stays in front. */
struct cutting {
    struct span *spans;
    size_t count, room;
    size_t end_before;
    bool has_kept;
};

static void pass(const struct json_tree *tree, struct cutting *cutting,
                 const struct json_node *node, bool is_cut)
{
    const struct json_node *next = json_next(tree, node);
    if (!is_cut)
        cutting->has_kept = true;
    else if (cutting->count < cutting->room)
        cutting->spans[cutting->count++] =
            cutting->has_kept ? (struct span){ cutting->end_before, node->end }
                              : (struct span){ start_of(node), next ? start_of(next) : node->end };
    cutting->end_before = node->end;
}

/* Google's proof of a call. */
static size_t cut_extra(const struct json_tree *tree, const struct json_node *item,
                        struct span *ret_spans, size_t room)
{
    struct cutting cutting = { .spans = ret_spans, .room = room };
    if (!json_is_kind(item, JSON_OBJECT))
        return 0;
    for (const struct json_node *member = json_first(tree, item); member;
         member = json_next(tree, member))
        pass(tree, &cutting, member,
             text_is(json_name(tree, member), "extra_content") && !member->name_decoded);
    return cutting.count;
}

size_t responses_strange_thoughts(const struct json_tree *tree, struct span *ret_spans, size_t room)
{
    const struct json_node *input = json_find(tree, json_root(tree), "input");
    struct cutting cutting = { .spans = ret_spans, .room = room };
    if (!json_is_kind(input, JSON_ARRAY))
        return 0;
    for (const struct json_node *item = json_first(tree, input); item;
         item = json_next(tree, item)) {
        const bool is_cut = is_strange(tree, item);
        if (!is_cut)
            cutting.count += cut_extra(tree, item, ret_spans + cutting.count, room - cutting.count);
        pass(tree, &cutting, item, is_cut);
    }
    return cutting.count;
}
