/* turns.c - who speaks, and of what parts it consists. */
#include "turns.h"

#include "foreign_values.h"
#include "own_parts.h"

static const char user[] = "user", assistant[] = "assistant";

static void close_turn(struct turns *turns)
{
    if (!turns->role)
        return;
    put_close(turns->json, ']');
    put_close(turns->json, '}');
    turns->role = NULL;
}

void turns_enter(struct turns *turns)
{
    if (!turns->wanted || turns->role == turns->wanted)
        return;
    close_turn(turns);
    put_open(turns->json, '{');
    put_word_member(turns->json, "role", turns->wanted);
    put_key(turns->json, "content");
    put_open(turns->json, '[');
    turns->role = turns->wanted;
}

/* ---- parts ---- */

/* A document of plain text is a text for those who do not know better. */
static bool is_document(const struct json_tree *tree, const struct json_node *part)
{
    return json_is_given(json_find(tree, part, "citations")) ||
           json_is_given(json_find(tree, part, "title")) ||
           json_is_given(json_find(tree, part, "context"));
}

static void put_text_part(struct turns *turns, const struct json_tree *tree,
                          const struct json_node *part, const struct json_node *marked)
{
    struct text said = json_inside(tree, json_find(tree, part, "text"));
    if (is_document(tree, part))
        turns->language->put_document(turns, tree, part, marked);
    else
        turns->language->put_text(turns, tree, said, marked);
}

static void put_refusal_part(struct turns *turns, const struct json_tree *tree,
                             const struct json_node *part, const struct json_node *marked)
{
    struct text said = json_inside(tree, json_find(tree, part, "refusal"));
    turns->language->put_text(turns, tree, said, marked);
}

/* Some clients write the address in the place of the object around it. */
static void put_image_part(struct turns *turns, const struct json_tree *tree,
                           const struct json_node *part, const struct json_node *marked)
{
    const struct json_node *image = json_find(tree, part, "image_url");
    if (json_is_kind(image, JSON_OBJECT))
        image = json_find(tree, image, "url");
    turns->language->put_image(turns, tree, json_inside(tree, image), marked);
}

void turns_put_wishes(struct turns *turns, const struct json_tree *tree,
                      const struct json_node *part)
{
    const struct json_node *context = json_find(tree, part, "context");
    const struct json_node *citations = json_find(tree, part, "citations");
    if (json_is_kind(context, JSON_STRING))
        put_raw_member(turns->json, "context", json_raw(tree, context));
    if (json_is_kind(citations, JSON_OBJECT))
        put_raw_member(turns->json, "citations", json_raw(tree, citations));
}

static void put_file_part(struct turns *turns, const struct json_tree *tree,
                          const struct json_node *part, const struct json_node *marked)
{
    turns->language->put_document(turns, tree, part, marked);
}

static const struct {
    const char *type;
    void (*put)(struct turns *turns, const struct json_tree *tree, const struct json_node *part,
                const struct json_node *marked);
} part_rows[] = {
    { "text", put_text_part },
    { "image_url", put_image_part },
    { "refusal", put_refusal_part },
    { "file", put_file_part },
};

/* The message's own mark belongs to its last part. */
static void put_part(struct turns *turns, const struct json_tree *tree,
                     const struct json_node *part, const struct json_node *message)
{
    const struct json_node *type = json_find(tree, part, "type");
    bool has_mark = json_is_given(json_find(tree, part, "cache_control"));
    bool is_last = json_next(tree, part) == NULL;
    for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++) {
        if (!json_is(tree, type, part_rows[i].type))
            continue;
        part_rows[i].put(turns, tree, part, is_last && !has_mark ? message : part);
        return;
    }
    if (turns->language->put_own && part_is_anthropics(json_inside(tree, type)))
        turns->language->put_own(turns, tree, part);
}

/* Only where all of it ends is the end trimmed. */
static void put_parts(struct turns *turns, const struct json_tree *tree,
                      const struct json_node *content, const struct json_node *marked)
{
    const bool trims = turns->trims;
    for (const struct json_node *part = json_first(tree, content); part;
         part = json_next(tree, part)) {
        turns->trims = trims && !json_next(tree, part);
        put_part(turns, tree, part, marked);
    }
    turns->trims = trims;
}

void turns_put_content(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *content, const struct json_node *marked)
{
    if (json_is_kind(content, JSON_STRING))
        turns->language->put_text(turns, tree, json_inside(tree, content), marked);
    else if (json_is_kind(content, JSON_OBJECT))
        put_part(turns, tree, content, marked);
    else if (json_is_kind(content, JSON_ARRAY))
        put_parts(turns, tree, content, marked);
}

/* ---- thoughts ---- */

/* A thought without a proof is refused; another model's has none. */
static const struct json_node *put_thought(struct turns *turns, const struct json_tree *tree,
                                           const struct json_node *first)
{
    struct text proof = { 0 };
    const struct json_node *end = thought_end(tree, first, &proof);
    if (proof.len > 0)
        turns->language->put_thought(turns, tree, first, end, proof);
    return end;
}

void turns_put_details(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *details)
{
    const struct json_node *detail = json_first(tree, details);
    while (detail) {
        const struct json_node *type = json_find(tree, detail, "type");
        bool is_own = thought_is_of(tree, detail, ANTHROPIC_FORMAT);
        if (is_own && json_is(tree, type, "reasoning.text")) {
            detail = put_thought(turns, tree, detail);
            continue;
        }
        if (is_own && json_is(tree, type, "reasoning.encrypted"))
            turns->language->put_hidden_thought(turns,
                                                json_inside(tree, json_find(tree, detail, "data")));
        detail = json_next(tree, detail);
    }
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

static void put_calls(struct turns *turns, const struct json_tree *tree,
                      const struct json_node *message)
{
    const struct json_node *calls = json_find(tree, message, "tool_calls");
    const struct json_node *old = json_find(tree, message, "function_call");
    const struct json_node *call = json_is_kind(calls, JSON_ARRAY) ? json_first(tree, calls) : NULL;
    for (; call; call = json_next(tree, call))
        turns->language->put_call(turns, tree, json_inside(tree, json_find(tree, call, "id")),
                                  json_find(tree, call, "function"), call);
    if (json_is_kind(old, JSON_OBJECT)) /* which had no ids: its name stands for one */
        turns->language->put_call(turns, tree, json_inside(tree, json_find(tree, old, "name")), old,
                                  NULL);
}

static void put_result(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *message)
{
    const struct json_node *id = json_find(tree, message, "tool_call_id");
    if (!json_is_given(id))
        id = json_find(tree, message, "name");
    turns->language->put_result(turns, tree, json_inside(tree, id), message);
}

static void put_answer(struct turns *turns, const struct json_tree *tree,
                       const struct json_node *message)
{
    const struct json_node *refusal = json_find(tree, message, "refusal");
    turns->language->put_thoughts(turns, tree, message);
    turns_put_content(turns, tree, json_find(tree, message, "content"), message);
    turns->language->put_text(turns, tree, json_inside(tree, refusal), NULL);
    put_calls(turns, tree, message);
}

/* An answer that the model is to go on with must not end with white space. */
static void put_message(struct turns *turns, const struct json_tree *tree,
                        const struct json_node *message, bool is_last)
{
    const struct json_node *role = json_find(tree, message, "role");
    bool is_answer = json_is(tree, role, assistant);
    turns->wanted = is_answer ? assistant : user;
    turns->trims = is_last && is_answer;
    if (is_answer)
        put_answer(turns, tree, message);
    else if (is_result(tree, role))
        put_result(turns, tree, message);
    else
        turns_put_content(turns, tree, json_find(tree, message, "content"), message);
}

/* ---- all of them ---- */

static const struct json_node *first_message(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    return json_first(tree, json_find(tree, json_root(tree), "messages"));
}

void turns_put_messages(struct foreign_writing *writing, const struct turns_language *language)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *added = json_root(&writing->last);
    struct turns turns = { .language = language, .json = &writing->json };
    put_key(&writing->json, "messages");
    put_open(&writing->json, '[');
    for (const struct json_node *message = first_message(writing); message;
         message = json_next(tree, message))
        if (!is_system(tree, message))
            put_message(&turns, tree, message, !json_next(tree, message) && !added);
    if (added)
        put_message(&turns, &writing->last, added, true);
    if (turns.role && language->put_end)
        language->put_end(&turns, tree);
    close_turn(&turns);
    put_close(&writing->json, ']');
}

static bool says_anything(const struct json_tree *tree, const struct json_node *message)
{
    const struct json_node *content = json_find(tree, message, "content");
    return json_inside(tree, content).len > 0 ||
           (json_is_kind(content, JSON_ARRAY) && content->count > 0);
}

/* There is one place for it, apart: what was said in the middle of a conversation moves there. */
void turns_put_system(struct foreign_writing *writing, const struct turns_language *language)
{
    const struct json_tree *tree = &writing->tree;
    struct turns turns = { .language = language, .json = &writing->json };
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
        turns_put_content(&turns, tree, json_find(tree, message, "content"), message);
    }
    if (is_open)
        put_close(&writing->json, ']');
}
