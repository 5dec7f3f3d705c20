/* gemini_calls.c - calls of tools, what proves them to their model, and their results. */
#include "foreign_values.h"
#include "gemini.h"

/* ---- whose result it is ---- */

struct called {
    struct text name; /* with its quotes */
};

/* Models that count their calls anew in each turn give the same id again: the last one is meant. */
static void remember(struct gemini_turns *turns, struct text id, struct text name)
{
    struct called *called = arena_new(&turns->arena, struct called);
    called->name = name;
    struct called *known = id.len > 0 ? map_add(&turns->names, id, called) : NULL;
    if (known)
        known->name = name;
}

/* A result without a name is refused: one whose call is not known goes by its id. */
static struct text name_of(const struct gemini_turns *turns, const struct json_tree *tree,
                           const struct json_node *message)
{
    const struct json_node *id = json_find(tree, message, "tool_call_id");
    const struct json_node *name = json_find(tree, message, "name");
    const struct called *called = map_find(&turns->names, json_inside(tree, id));
    if (called)
        return called->name;
    return json_raw(tree, json_inside(tree, name).len > 0 ? name : id);
}

/* ---- calls ---- */

/* Where Google's own OpenAI endpoint puts it. */
static struct text proof_of(const struct json_tree *tree, const struct json_node *call)
{
    const struct json_node *extra = json_find(tree, call, "extra_content");
    const struct json_node *google = json_find(tree, extra, "google");
    return json_inside(tree, json_find(tree, google, "thought_signature"));
}

/* What Google documents for calls that another model made. */
static const char no_proof[] = "skip_thought_signature_validator";

static void put_id(struct json_writer *json, struct text id)
{
    if (id.len > 0)
        put_inside_member(json, "id", id);
}

static void put_call(struct gemini_turns *turns, const struct json_tree *tree, struct text id,
                     const struct json_node *function, struct text proof)
{
    struct json_writer *json = turns->json;
    const struct text name = json_raw(tree, json_find(tree, function, "name"));
    remember(turns, id, name);
    gemini_open_part(turns);
    if (proof.len > 0)
        put_inside_member(json, "thoughtSignature", proof);
    put_key(json, "functionCall");
    put_open(json, '{');
    put_id(json, id);
    put_raw_member(json, "name", name);
    put_object_member(json, "args", json_inside(tree, json_find(tree, function, "arguments")),
                      "arguments");
    put_close(json, '}');
    gemini_close_part(turns);
}

/* Of calls that were made at the same time the first one has the proof. */
void gemini_put_calls(struct gemini_turns *turns, const struct json_tree *tree,
                      const struct json_node *message)
{
    const struct json_node *calls = json_find(tree, message, "tool_calls");
    const struct json_node *old = json_find(tree, message, "function_call");
    const struct json_node *first =
        json_is_kind(calls, JSON_ARRAY) ? json_first(tree, calls) : NULL;
    const struct text stand_in = turns->wants_proof ? text_of(no_proof) : (struct text){ 0 };
    for (const struct json_node *call = first; call; call = json_next(tree, call)) {
        struct text proof = proof_of(tree, call);
        if (proof.len == 0 && call == first)
            proof = stand_in;
        put_call(turns, tree, json_inside(tree, json_find(tree, call, "id")),
                 json_find(tree, call, "function"), proof);
    }
    if (json_is_kind(old, JSON_OBJECT)) /* which had no ids */
        put_call(turns, tree, (struct text){ 0 }, old, stand_in);
}

/* ---- results ---- */

/* The words of a list of parts, as one. */
static void put_joined(struct json_writer *json, const struct json_tree *tree,
                       const struct json_node *parts)
{
    put_open(json, '{');
    put_key(json, "output");
    put_open_string(json);
    for (const struct json_node *part = json_first(tree, parts); part; part = json_next(tree, part))
        put_inside(json, json_inside(tree, json_find(tree, part, "text")));
    put_close_string(json);
    put_close(json, '}');
}

/* It must be an object. */
static void put_response(struct json_writer *json, const struct json_tree *tree,
                         const struct json_node *content)
{
    if (!json_is_kind(content, JSON_ARRAY)) {
        put_object_member(json, "response", json_inside(tree, content), "output");
        return;
    }
    put_key(json, "response");
    put_joined(json, tree, content);
}

/* Pictures have no place in a result of older models: they stand behind it. */
void gemini_put_result(struct gemini_turns *turns, const struct json_tree *tree,
                       const struct json_node *message)
{
    struct json_writer *json = turns->json;
    const struct json_node *content = json_find(tree, message, "content");
    gemini_open_part(turns);
    put_key(json, "functionResponse");
    put_open(json, '{');
    put_id(json, json_inside(tree, json_find(tree, message, "tool_call_id")));
    put_raw_member(json, "name", name_of(turns, tree, message));
    put_response(json, tree, content);
    put_close(json, '}');
    gemini_close_part(turns);
    gemini_put_content(turns, tree, content, GEMINI_MEDIA);
}
