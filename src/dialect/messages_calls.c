/* messages_calls.c - calls of tools become blocks, one behind the other, also where they come
 * mixed.
 *
 * OpenAI's chunks say of each piece to which call it belongs, so two calls may be said at once;
 * Anthropic's blocks follow each other. What is said of a call while another's block is open waits
 * until that one's arguments are whole, which is known from themselves: an object has an end. As
 * most servers say one call after the other, nothing waits as a rule. */
#include <stdlib.h>

#include "messages_writer.h"

#define WAITING_MAX ((size_t)1 << 20) /* bytes of all that wait together */
#define PIECE_MAX   ((size_t)16 << 20)

/* ---- whether the arguments are whole ---- */

static bool on_value(void *owner, const struct json_value *value)
{
    struct messages_calls *calls = owner;
    if (value->depth == 0 && value->kind == JSON_OBJECT_END)
        calls->is_whole = true;
    return true;
}

void messages_calls_init(struct messages_calls *calls)
{
    calls->scan = json_scan_new(on_value, calls);
    if (!calls->scan)
        abort();
    buffer_init(&calls->decoded, PIECE_MAX);
}

static void call_clear(struct messages_call *call)
{
    buffer_clear(&call->name);
    buffer_clear(&call->arguments);
}

void messages_calls_clear(struct messages_calls *calls)
{
    json_scan_free(calls->scan);
    buffer_clear(&calls->decoded);
    for (size_t i = 0; i < calls->waiting_count; i++)
        call_clear(&calls->waiting[i]);
}

/* Arguments that are no JSON are never whole. */
static void say(struct messages_writer *writer, struct text arguments)
{
    struct messages_calls *calls = &writer->calls;
    messages_put_delta(writer, "input_json_delta", "partial_json", arguments);
    calls->decoded.len = 0;
    if (!calls->is_whole && json_decode(&calls->decoded, arguments))
        json_scan_feed(calls->scan, buffer_text(&calls->decoded));
}

/* ---- the one that is open ---- */

static void open_call(struct messages_writer *writer, int64_t index, struct text name)
{
    struct messages_calls *calls = &writer->calls;
    struct json_writer *json = &writer->base.json;
    messages_open_block(writer, BLOCK_CALL);
    put_open(json, '{');
    put_bytes(json, name);
    json->wants_comma = true;
    put_raw_member(json, "input", text_of("{}"));
    put_close(json, '}');
    messages_close_event(writer);
    calls->open = index;
    calls->is_whole = false;
    json_scan_reset(calls->scan);
}

static bool is_open(const struct messages_writer *writer, int64_t index)
{
    return writer->open == BLOCK_CALL && writer->calls.open == index;
}

/* Another may have its turn. */
static bool is_free(const struct messages_writer *writer)
{
    return writer->open != BLOCK_CALL || writer->calls.is_whole;
}

/* ---- those that wait ---- */

static struct messages_call *find_waiting(struct messages_calls *calls, int64_t index)
{
    for (size_t i = 0; i < calls->waiting_count; i++)
        if (calls->waiting[i].index == index)
            return &calls->waiting[i];
    return NULL;
}

static void tell_first(struct messages_writer *writer)
{
    struct messages_calls *calls = &writer->calls;
    struct messages_call first = calls->waiting[0];
    calls->waiting_count--;
    calls->waiting_bytes -= first.name.len + first.arguments.len;
    memmove(calls->waiting, calls->waiting + 1, calls->waiting_count * sizeof(first));
    open_call(writer, first.index, buffer_text(&first.name));
    say(writer, buffer_text(&first.arguments));
    call_clear(&first);
}

static void tell_waiting(struct messages_writer *writer)
{
    while (writer->calls.waiting_count > 0 && is_free(writer))
        tell_first(writer);
}

void messages_end_calls(struct messages_writer *writer)
{
    while (writer->calls.waiting_count > 0)
        tell_first(writer);
}

static bool keep(struct messages_calls *calls, struct buffer *kept, struct text more)
{
    if (more.len > WAITING_MAX - calls->waiting_bytes || !buffer_append_text(kept, more))
        return false;
    calls->waiting_bytes += more.len;
    return true;
}

static bool put_aside(struct messages_writer *writer, int64_t index, struct text name)
{
    struct messages_calls *calls = &writer->calls;
    if (calls->waiting_count == CALLS_WAITING_MAX)
        return false;
    struct messages_call *call = &calls->waiting[calls->waiting_count++];
    call->index = index;
    buffer_init(&call->name, WAITING_MAX);
    buffer_init(&call->arguments, WAITING_MAX);
    return keep(calls, &call->name, name);
}

/* ---- pieces ---- */

static bool begin_call(struct messages_writer *writer, const struct json_node *call, int64_t index)
{
    struct buffer name;
    struct json_writer json = json_writer_of(&name);
    buffer_init(&name, WAITING_MAX);
    messages_put_call_name(&json, &writer->base.tree, call);
    bool goes_on = !json.full;
    if (goes_on && is_free(writer))
        open_call(writer, index, buffer_text(&name));
    else
        goes_on = goes_on && put_aside(writer, index, buffer_text(&name));
    buffer_clear(&name);
    return goes_on;
}

static bool go_on(struct messages_writer *writer, int64_t index, struct text arguments)
{
    struct messages_call *waiting = find_waiting(&writer->calls, index);
    if (waiting)
        return keep(&writer->calls, &waiting->arguments, arguments);
    if (!is_open(writer, index))
        return arguments.len == 0; /* its block is closed: this would be lost */
    say(writer, arguments);
    tell_waiting(writer);
    return true;
}

bool messages_read_call(struct messages_writer *writer, const struct json_node *call)
{
    const struct json_tree *tree = &writer->base.tree;
    const struct json_node *function = json_find(tree, call, "function");
    int64_t index = 0;
    json_to_count(tree, json_find(tree, call, "index"), &index);
    bool is_known = is_open(writer, index) || find_waiting(&writer->calls, index);
    bool is_named = json_inside(tree, json_find(tree, function, "name")).len > 0;
    if (!is_known && is_named && !begin_call(writer, call, index))
        return false;
    return go_on(writer, index, json_inside(tree, json_find(tree, function, "arguments")));
}
