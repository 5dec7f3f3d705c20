/* anthropic_turns.c - messages become turns: the same role never twice in a row, the system apart.
 */
#include "anthropic.h"

/* ---- turns ---- */

static void close_turn(struct turns *turns)
{
    if (!turns->role)
        return;
    put_close(turns->json, ']');
    put_close(turns->json, '}');
    turns->role = NULL;
}

static void open_turn(struct turns *turns)
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

void turns_open_block(struct turns *turns, const char *type)
{
    if (turns->wanted)
        open_turn(turns);
    put_open(turns->json, '{');
    put_word_member(turns->json, "type", type);
}

void turns_close_block(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *marked)
{
    const struct json_node *mark = json_find(tree, marked, "cache_control");
    if (json_is_kind(mark, JSON_OBJECT))
        put_raw_member(turns->json, "cache_control", json_raw(tree, mark));
    put_close(turns->json, '}');
}

/* ---- who speaks ---- */

static const char user[] = "user", assistant[] = "assistant";

static bool is_system(const struct json_tree *tree, const struct json_node *role)
{
    return json_is(tree, role, "system") || json_is(tree, role, "developer");
}

static bool is_result(const struct json_tree *tree, const struct json_node *role)
{
    return json_is(tree, role, "tool") || json_is(tree, role, "function");
}

static void put_assistant(struct turns *turns, const struct json_tree *tree,
                          const struct json_node *message)
{
    const struct json_node *refusal = json_find(tree, message, "refusal");
    anthropic_put_thoughts(turns, tree, message);
    anthropic_put_content(turns, tree, json_find(tree, message, "content"), message);
    anthropic_put_text(turns, tree, json_inside(tree, refusal), NULL);
    anthropic_put_calls(turns, tree, message);
}

/* An answer that the model is to go on with must not end with white space. */
static void put_message(struct turns *turns, const struct json_tree *tree,
                        const struct json_node *message, bool is_last)
{
    const struct json_node *role = json_find(tree, message, "role");
    if (is_system(tree, role))
        return;
    turns->wanted = json_is(tree, role, assistant) ? assistant : user;
    turns->trims = is_last && turns->wanted == assistant;
    if (turns->wanted == assistant)
        put_assistant(turns, tree, message);
    else if (is_result(tree, role))
        anthropic_put_result(turns, tree, message);
    else
        anthropic_put_content(turns, tree, json_find(tree, message, "content"), message);
}

static const struct json_node *messages_of(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    return json_find(tree, json_root(tree), "messages");
}

void anthropic_put_turns(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *added = json_root(&writing->last);
    struct turns turns = { .json = &writing->json };
    put_key(&writing->json, "messages");
    put_open(&writing->json, '[');
    for (const struct json_node *message = json_first(tree, messages_of(writing)); message;
         message = json_next(tree, message))
        put_message(&turns, tree, message, !json_next(tree, message) && !added);
    if (added)
        put_message(&turns, &writing->last, added, true);
    close_turn(&turns);
    put_close(&writing->json, ']');
}

/* ---- the system ---- */

static bool says_anything(const struct json_tree *tree, const struct json_node *message)
{
    const struct json_node *content = json_find(tree, message, "content");
    return json_inside(tree, content).len > 0 ||
           (json_is_kind(content, JSON_ARRAY) && content->count > 0);
}

/* There is one place for it, in front: what was said in the middle of a conversation moves there.
 */
void anthropic_put_system(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct turns turns = { .json = &writing->json };
    bool is_open = false;
    for (const struct json_node *message = json_first(tree, messages_of(writing)); message;
         message = json_next(tree, message)) {
        if (!is_system(tree, json_find(tree, message, "role")) || !says_anything(tree, message))
            continue;
        if (!is_open) {
            put_key(&writing->json, "system");
            put_open(&writing->json, '[');
        }
        is_open = true;
        anthropic_put_content(&turns, tree, json_find(tree, message, "content"), message);
    }
    if (is_open)
        put_close(&writing->json, ']');
}
