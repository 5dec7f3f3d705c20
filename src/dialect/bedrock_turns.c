/* bedrock_turns.c - messages become turns: the same role never twice in a row, the system apart. */
#include "bedrock.h"

/* ---- turns ---- */

static const char user[] = "user", assistant[] = "assistant";

static void close_turn(struct bedrock_turns *turns)
{
    if (!turns->role)
        return;
    put_close(turns->json, ']');
    put_close(turns->json, '}');
    turns->role = NULL;
}

static void open_turn(struct bedrock_turns *turns)
{
    if (turns->role == turns->wanted)
        return;
    close_turn(turns);
    put_open(turns->json, '{');
    put_word_member(turns->json, "role", turns->wanted);
    put_key(turns->json, "content");
    put_open(turns->json, '[');
    turns->role = turns->wanted;
}

void bedrock_open_block(struct bedrock_turns *turns, const char *name)
{
    if (turns->wanted)
        open_turn(turns);
    put_open(turns->json, '{');
    put_key(turns->json, name);
}

void bedrock_put_cache_point(struct json_writer *json, const struct json_tree *tree,
                             const struct json_node *marked)
{
    if (json_is_kind(json_find(tree, marked, "cache_control"), JSON_OBJECT))
        put_raw(json, text_of("{\"cachePoint\":{\"type\":\"default\"}}"));
}

void bedrock_close_block(struct bedrock_turns *turns, const struct json_tree *tree,
                         const struct json_node *marked)
{
    put_close(turns->json, '}');
    bedrock_put_cache_point(turns->json, tree, marked);
}

/* ---- who speaks ---- */

static bool is_system(const struct json_tree *tree, const struct json_node *message)
{
    const struct json_node *role = json_find(tree, message, "role");
    return json_is(tree, role, "system") || json_is(tree, role, "developer");
}

static bool is_result(const struct json_tree *tree, const struct json_node *role)
{
    return json_is(tree, role, "tool") || json_is(tree, role, "function");
}

static void put_answer(struct bedrock_turns *turns, const struct json_tree *tree,
                       const struct json_node *message)
{
    const struct json_node *refusal = json_find(tree, message, "refusal");
    bedrock_put_thoughts(turns, tree, message);
    bedrock_put_content(turns, tree, json_find(tree, message, "content"), message);
    bedrock_put_text(turns, tree, json_inside(tree, refusal), NULL);
    bedrock_put_calls(turns, tree, message);
}

/* An answer that the model is to go on with must not end with white space. */
static void put_message(struct bedrock_turns *turns, const struct json_tree *tree,
                        const struct json_node *message, bool is_last)
{
    const struct json_node *role = json_find(tree, message, "role");
    const bool is_answer = json_is(tree, role, assistant);
    turns->wanted = is_answer ? assistant : user;
    turns->trims = is_last && is_answer;
    if (is_answer)
        put_answer(turns, tree, message);
    else if (is_result(tree, role))
        bedrock_put_result(turns, tree, message);
    else
        bedrock_put_content(turns, tree, json_find(tree, message, "content"), message);
}

/* ---- all of them ---- */

static const struct json_node *first_message(const struct foreign_writing *writing)
{
    return json_first(&writing->tree, bedrock_member(writing, "messages"));
}

static bool says_anything(const struct json_tree *tree, const struct json_node *message)
{
    const struct json_node *content = json_find(tree, message, "content");
    return json_inside(tree, content).len > 0 ||
           (json_is_kind(content, JSON_ARRAY) && content->count > 0);
}

/* There is one place for it, apart: what was said in the middle of a conversation moves there. */
static void put_system(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct bedrock_turns turns = { .json = &writing->json };
    bool is_open = false;
    for (const struct json_node *message = first_message(writing); message;
         message = json_next(tree, message)) {
        if (!is_system(tree, message) || !says_anything(tree, message))
            continue;
        if (!is_open) {
            put_key(&writing->json, "system");
            put_open(&writing->json, '[');
        }
        is_open = true;
        bedrock_put_content(&turns, tree, json_find(tree, message, "content"), message);
    }
    if (is_open)
        put_close(&writing->json, ']');
}

static void put_messages(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *added = json_root(&writing->last);
    struct bedrock_turns turns = { .json = &writing->json };
    put_key(&writing->json, "messages");
    put_open(&writing->json, '[');
    for (const struct json_node *message = first_message(writing); message;
         message = json_next(tree, message))
        if (!is_system(tree, message))
            put_message(&turns, tree, message, !json_next(tree, message) && !added);
    if (added)
        put_message(&turns, &writing->last, added, true);
    if (turns.role) /* a mark of the whole request */
        bedrock_put_cache_point(&writing->json, tree, json_root(tree));
    close_turn(&turns);
    put_close(&writing->json, ']');
}

void bedrock_put_turns(struct foreign_writing *writing)
{
    put_system(writing);
    put_messages(writing);
}
