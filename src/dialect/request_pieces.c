/* request_pieces.c - the body as it goes upstream: what was received, but for a few places. */
#include "dialect/openai.h"

/* A place of the body that other bytes stand for; an empty place is where they are put in. */
struct edit {
    struct span place;
    struct text bytes;
};

/* The splices, usage asked for, a message with its comma, and what is added at the end. */
#define EDITS_MAX (CHAT_SPLICES_MAX + 4)

struct edits {
    struct edit list[EDITS_MAX];
    size_t count;
};

static struct text quoted(const char *string, struct arena *arena)
{
    struct buffer json;
    buffer_init(&json, 8 * strlen(string) + 2); /* escapes are at most six bytes for one */
    buffer_append_string(&json, "\"");
    buffer_append_json(&json, text_of(string));
    buffer_append_string(&json, "\"");
    struct text copy = arena_text(arena, buffer_text(&json));
    buffer_clear(&json);
    return copy;
}

static void add_edit(struct edits *edits, struct span place, struct text bytes)
{
    edits->list[edits->count++] = (struct edit){ place, bytes };
}

/* Edits come in the order of their places; this one belongs somewhere between them. */
static void insert_edit(struct edits *edits, struct span place, struct text bytes)
{
    size_t at = edits->count;
    while (at > 0 && edits->list[at - 1].place.start > place.start)
        at--;
    memmove(&edits->list[at + 1], &edits->list[at], (edits->count - at) * sizeof(struct edit));
    edits->list[at] = (struct edit){ place, bytes };
    edits->count++;
}

/* True when a model stands in the body already. */
static bool add_splices(struct edits *edits, const struct chat_request *request, struct text model)
{
    bool has_model = false;
    for (size_t i = 0; i < request->splice_count; i++) {
        const struct splice *splice = &request->splices[i];
        if (splice->kind == SPLICE_REMOVE)
            add_edit(edits, splice->span, (struct text){ 0 });
        else if (model.len > 0)
            add_edit(edits, splice->span, model);
        has_model = has_model || splice->kind == SPLICE_MODEL;
    }
    return has_model;
}

static bool is_empty_object(struct text body, struct span object)
{
    const struct text inside = { body.data + object.start + 1, object.end - object.start - 2 };
    return text_trim(inside).len == 0;
}

/* Asks for usage inside of stream_options; false where there is none to ask in. */
static bool ask_in_options(struct edits *edits, const struct chat_request *request,
                           struct text body)
{
    const struct span options = request->stream_options, value = request->include_usage_value;
    if (options.end == 0)
        return false;
    const struct span inside = { options.start + 1, options.start + 1 };
    if (body.data[options.start] != '{') /* null */
        insert_edit(edits, options, text_of("{\"include_usage\":true}"));
    else if (value.end > 0)
        insert_edit(edits, value, text_of("true"));
    else if (is_empty_object(body, options))
        insert_edit(edits, inside, text_of("\"include_usage\":true"));
    else
        insert_edit(edits, inside, text_of("\"include_usage\":true,"));
    return true;
}

static bool can_ask_usage(const struct chat_request *request)
{
    return request->stream && !request->include_usage &&
           (request->endpoint == ENDPOINT_CHAT || request->endpoint == ENDPOINT_COMPLETIONS);
}

/* Members that the body lacks, in front of its last bracket. */
static void add_members(struct edits *edits, const struct chat_request *request, struct text model,
                        bool usage, struct arena *arena)
{
    const char *first = model.len > 0 ? "\"model\":" : "";
    const char *comma = model.len > 0 && usage ? "," : "";
    const char *last = usage ? "\"stream_options\":{\"include_usage\":true}" : "";
    if (model.len == 0 && !usage)
        return;
    const struct span end = { request->body_end, request->body_end };
    add_edit(edits, end,
             text_of(arena_printf(arena, "%s%s%.*s%s%s", request->body_empty ? "" : ",", first,
                                  TEXT_ARGS(model), comma, last)));
}

static void add_message(struct edits *edits, const struct chat_request *request,
                        struct text message)
{
    const struct span end = { request->messages_end, request->messages_end };
    if (message.len == 0 || end.start == 0)
        return;
    insert_edit(edits, end, text_of(","));
    insert_edit(edits, end, message);
}

static size_t cut_pieces(const struct edits *edits, struct text body, struct text *ret_pieces)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < edits->count; i++) {
        const struct edit *edit = &edits->list[i];
        if (edit->place.start > at)
            ret_pieces[count++] = (struct text){ body.data + at, edit->place.start - at };
        if (edit->bytes.len > 0)
            ret_pieces[count++] = edit->bytes;
        at = edit->place.end;
    }
    if (at < body.len)
        ret_pieces[count++] = (struct text){ body.data + at, body.len - at };
    return count;
}

size_t request_pieces(const struct chat_request *request, struct text body,
                      const struct request_changes *changes, struct arena *arena,
                      struct text *ret_pieces)
{
    struct edits edits;
    edits.count = 0;
    struct text model = { 0 };
    if (changes->upstream_model)
        model = quoted(changes->upstream_model, arena);

    bool has_model = add_splices(&edits, request, model);
    bool usage =
        changes->ask_usage && can_ask_usage(request) && !ask_in_options(&edits, request, body);
    add_message(&edits, request, changes->last_message);
    /* A default route or `models` may have named the model; of a relayed body we do not know. */
    if (has_model || request->endpoint == ENDPOINT_RELAYED)
        model = (struct text){ 0 };
    add_members(&edits, request, model, usage, arena);
    return cut_pieces(&edits, body, ret_pieces);
}
