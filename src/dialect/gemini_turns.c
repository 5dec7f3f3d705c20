/* gemini_turns.c - messages become turns: the same role never twice in a row, the system apart. */
#include "catalog/catalog.h"
#include "gemini.h"

/* ---- turns ---- */

/* Results are the user's, too, but in a turn of their own: as many as there were calls, and nothing
 * else. So these are told apart by where they stand. */
static const char user[] = "user", results[] = "user", model[] = "model";

static void close_turn(struct gemini_turns *turns)
{
    if (!turns->role)
        return;
    put_close(turns->json, ']');
    put_close(turns->json, '}');
    turns->role = NULL;
}

static void open_turn(struct gemini_turns *turns)
{
    if (turns->role == turns->wanted)
        return;
    close_turn(turns);
    put_open(turns->json, '{');
    put_word_member(turns->json, "role", turns->wanted);
    put_key(turns->json, "parts");
    put_open(turns->json, '[');
    turns->role = turns->wanted;
}

void gemini_open_part(struct gemini_turns *turns)
{
    if (turns->wanted)
        open_turn(turns);
    put_open(turns->json, '{');
}

void gemini_close_part(struct gemini_turns *turns)
{
    put_close(turns->json, '}');
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

static void put_answer(struct gemini_turns *turns, const struct json_tree *tree,
                       const struct json_node *message)
{
    gemini_put_content(turns, tree, json_find(tree, message, "content"), GEMINI_ALL);
    gemini_put_text(turns, json_inside(tree, json_find(tree, message, "refusal")));
    gemini_put_proofs(turns, tree, message);
    gemini_put_calls(turns, tree, message);
}

static void put_message(struct gemini_turns *turns, const struct json_tree *tree,
                        const struct json_node *message)
{
    const struct json_node *role = json_find(tree, message, "role");
    if (json_is(tree, role, "assistant")) {
        turns->wanted = model;
        put_answer(turns, tree, message);
    } else if (is_result(tree, role)) {
        turns->wanted = results;
        gemini_put_result(turns, tree, message);
    } else {
        turns->wanted = user;
        gemini_put_content(turns, tree, json_find(tree, message, "content"), GEMINI_ALL);
    }
}

/* ---- all of them ---- */

static const struct json_node *first_message(const struct foreign_writing *writing)
{
    return json_first(&writing->tree, gemini_member(writing, "messages"));
}

static bool says_anything(const struct json_tree *tree, const struct json_node *message)
{
    const struct json_node *content = json_find(tree, message, "content");
    return json_inside(tree, content).len > 0 ||
           (json_is_kind(content, JSON_ARRAY) && content->count > 0);
}

/* The next message of the system that says anything, this one or one behind it. */
static const struct json_node *next_system(const struct json_tree *tree,
                                           const struct json_node *message)
{
    while (message && !(is_system(tree, message) && says_anything(tree, message)))
        message = json_next(tree, message);
    return message;
}

static bool is_system_alone(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *message = first_message(writing);
    while (message && is_system(tree, message))
        message = json_next(tree, message);
    return !message && !json_root(&writing->last);
}

/* There is one place for it, apart: what was said in the middle of a conversation moves there. */
static void put_system(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct gemini_turns turns = { .json = &writing->json };
    const struct json_node *message = next_system(tree, first_message(writing));
    if (!message)
        return;
    put_key(&writing->json, "systemInstruction");
    put_open(&writing->json, '{');
    put_key(&writing->json, "parts");
    put_open(&writing->json, '[');
    for (; message; message = next_system(tree, json_next(tree, message)))
        gemini_put_content(&turns, tree, json_find(tree, message, "content"), GEMINI_ALL);
    put_close(&writing->json, ']');
    put_close(&writing->json, '}');
}

/* A question without contents is refused: where only the system speaks, it speaks as the user. */
void gemini_put_turns(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *added = json_root(&writing->last);
    const bool is_alone = is_system_alone(writing);
    struct gemini_turns turns = {
        .json = &writing->json,
        .wants_proof = gemini_wants_proof(writing->model->upstream_model),
    };
    arena_init(&turns.arena);
    map_init(&turns.names, &turns.arena);
    if (!is_alone)
        put_system(writing);
    put_key(&writing->json, "contents");
    put_open(&writing->json, '[');
    for (const struct json_node *message = first_message(writing); message;
         message = json_next(tree, message))
        if (is_alone || !is_system(tree, message))
            put_message(&turns, tree, message);
    if (added)
        put_message(&turns, &writing->last, added);
    close_turn(&turns);
    put_close(&writing->json, ']');
    arena_clear(&turns.arena);
}
