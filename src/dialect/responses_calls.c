/* responses_calls.c - calls of tools as items: several may be open, and come mixed.
 *
 * A call is open until something else than a call is said, or the answer ends: only then is it
 * known that no more arguments follow. */
#include "responses_writer.h"

#define CALL_ROOM 4096 /* around the name and the arguments */

static struct json_writer *json_of(struct responses_writer *writer)
{
    return &writer->base.json;
}

/* Functions, and tools that take no JSON. */
static const struct {
    const char *type, *prefix, *member, *delta, *done;
} rows[] = {
    { "function_call", "fc_", "arguments", "response.function_call_arguments.delta",
      "response.function_call_arguments.done" },
    { "custom_tool_call", "ctc_", "input", "response.custom_tool_call_input.delta",
      "response.custom_tool_call_input.done" },
};

/* ---- an item ---- */

static void put_call(struct responses_writer *writer, const struct responses_call *call,
                     const char *status, struct text arguments)
{
    struct json_writer *json = json_of(writer);
    put_open(json, '{');
    responses_put_id(writer, "id", rows[call->is_custom].prefix, call->place);
    put_word_member(json, "type", rows[call->is_custom].type);
    put_word_member(json, "status", status);
    put_bytes(json, text_of(","));
    put_bytes(json, buffer_text(&call->name));
    put_inside_member(json, rows[call->is_custom].member, arguments);
    put_close(json, '}');
}

static void open_arguments_event(struct responses_writer *writer, const struct responses_call *call,
                                 const char *type)
{
    responses_open_event(writer, type);
    responses_put_id(writer, "item_id", rows[call->is_custom].prefix, call->place);
    put_count_member(json_of(writer), "output_index", (int64_t)call->place);
}

static void close_call(struct responses_writer *writer, struct responses_call *call)
{
    struct buffer item;
    open_arguments_event(writer, call, rows[call->is_custom].done);
    put_inside_member(json_of(writer), rows[call->is_custom].member, buffer_text(&call->arguments));
    responses_close_event(writer);
    buffer_init(&item, call->name.len + call->arguments.len + CALL_ROOM);
    struct json_writer json = *json_of(writer);
    writer->base.json = json_writer_of(&item);
    put_call(writer, call, "completed", buffer_text(&call->arguments));
    json.full = json.full || writer->base.json.full;
    writer->base.json = json;
    responses_put_done(writer, call->place, buffer_text(&item));
    buffer_clear(&item);
}

static void clear_call(struct responses_call *call)
{
    buffer_clear(&call->name);
    buffer_clear(&call->arguments);
}

void responses_close_calls(struct responses_writer *writer)
{
    for (size_t i = 0; i < writer->call_count; i++) {
        close_call(writer, &writer->calls[i]);
        clear_call(&writer->calls[i]);
    }
    writer->call_count = 0;
}

void responses_calls_clear(struct responses_writer *writer)
{
    for (size_t i = 0; i < writer->call_count; i++)
        clear_call(&writer->calls[i]);
    writer->call_count = 0;
}

/* ---- pieces ---- */

static const struct json_node *inside_of(const struct json_tree *tree, const struct json_node *call)
{
    const struct json_node *custom = json_find(tree, call, "custom");
    return custom ? custom : json_find(tree, call, "function");
}

/* A server that gives no ids gets them from us: the result comes back under it. */
static void put_call_id(struct responses_writer *writer, struct json_writer *json, struct text id,
                        size_t place)
{
    struct json_writer other = *json_of(writer);
    if (id.len > 0) {
        put_inside_member(json, "call_id", id);
        return;
    }
    writer->base.json = *json;
    responses_put_id(writer, "call_id", "call_", place);
    *json = writer->base.json;
    writer->base.json = other;
}

static void put_name(struct responses_writer *writer, struct responses_call *call,
                     const struct json_node *said)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *extra = json_find(tree, said, "extra_content");
    struct json_writer json = json_writer_of(&call->name);
    put_call_id(writer, &json, json_inside(tree, json_find(tree, said, "id")), call->place);
    put_inside_member(&json, "name",
                      json_inside(tree, json_find(tree, inside_of(tree, said), "name")));
    if (json_is_given(extra))
        put_raw_member(&json, "extra_content", json_raw(tree, extra));
    json_of(writer)->full = json_of(writer)->full || json.full;
}

static struct responses_call *open_call(struct responses_writer *writer,
                                        const struct json_node *said, int64_t index)
{
    responses_close_item(writer);
    struct responses_call *call = &writer->calls[writer->call_count++];
    *call = (struct responses_call){
        .index = index,
        .place = writer->places++,
        .is_custom = json_find(&writer->base.tree, said, "custom") != NULL,
    };
    buffer_init(&call->name, RESPONSES_KEPT_MAX);
    buffer_init(&call->arguments, RESPONSES_KEPT_MAX);
    put_name(writer, call, said);
    responses_open_added(writer, call->place);
    put_call(writer, call, "in_progress", (struct text){ 0 });
    responses_close_event(writer);
    return call;
}

static struct responses_call *find_call(struct responses_writer *writer, int64_t index)
{
    for (size_t i = 0; i < writer->call_count; i++)
        if (writer->calls[i].index == index)
            return &writer->calls[i];
    return NULL;
}

static void add_arguments(struct responses_writer *writer, struct responses_call *call,
                          struct text arguments)
{
    if (arguments.len == 0)
        return;
    open_arguments_event(writer, call, rows[call->is_custom].delta);
    put_inside_member(json_of(writer), "delta", arguments);
    responses_close_event(writer);
    responses_keep(writer, &call->arguments, arguments);
}

bool responses_read_call(struct responses_writer *writer, const struct json_node *said,
                         int64_t index)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *inside = inside_of(tree, said);
    json_to_count(tree, json_find(tree, said, "index"), &index);
    struct responses_call *call = find_call(writer, index);
    const bool is_named = json_inside(tree, json_find(tree, inside, "name")).len > 0;
    struct text arguments = json_inside(tree, json_find(tree, inside, "arguments"));
    if (arguments.len == 0)
        arguments = json_inside(tree, json_find(tree, inside, "input"));
    if (!call && !is_named)
        return arguments.len == 0; /* it is closed, or never began */
    if (!call && writer->call_count == RESPONSES_CALLS_MAX)
        return false;
    add_arguments(writer, call ? call : open_call(writer, said, index), arguments);
    return true;
}
