/* reply.c - makes replies: JSON bodies, SSE events, errors, and the pieces they go out in. */
#include "reply.h"

#include <stdlib.h>

void reply_init(struct reply *reply)
{
    *reply =
        (struct reply){ .status = 200, .content_type = "application/json", .retry_after_s = -1 };
    buffer_init(&reply->bytes, REPLY_BYTES_MAX);
}

void reply_clear(struct reply *reply)
{
    buffer_clear(&reply->bytes);
    free(reply->pieces);
    reply->pieces = NULL;
    reply->count = reply->room = 0;
}

static bool make_room(struct reply *reply)
{
    if (reply->count < reply->room)
        return true;
    size_t room = reply->room ? reply->room * 2 : 16;
    struct reply_piece *pieces =
        room > REPLY_PIECES_MAX ? NULL : realloc(reply->pieces, room * sizeof *pieces);
    if (!pieces)
        return false;
    reply->pieces = pieces;
    reply->room = room;
    return true;
}

void reply_piece(struct reply *reply, int wait_ms)
{
    if (!make_room(reply)) {
        reply->failed = true;
        return;
    }
    reply->pieces[reply->count++] = (struct reply_piece){ reply->bytes.len, wait_ms };
}

/* Takes the document. */
static void append_document(struct reply *reply, json_t *document)
{
    char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    if (!text || !buffer_append_string(&reply->bytes, text))
        reply->failed = true;
    free(text);
    json_decref(document);
}

void reply_json(struct reply *reply, int status, json_t *document)
{
    reply->status = status;
    append_document(reply, document);
    reply_piece(reply, 0);
}

void reply_event(struct reply *reply, const char *name, json_t *document, int wait_ms)
{
    if (name && !buffer_printf(&reply->bytes, "event: %s\n", name))
        reply->failed = true;
    if (!buffer_append_string(&reply->bytes, "data: "))
        reply->failed = true;
    append_document(reply, document);
    if (!buffer_append_string(&reply->bytes, "\n\n"))
        reply->failed = true;
    reply_piece(reply, wait_ms);
}

json_t *reply_string(struct text text)
{
    return json_stringn_nocheck(text.data ? text.data : "", text.len);
}

void reply_error(struct reply *reply, int status, const char *type, const char *param,
                 const char *code, const char *message)
{
    reply_json(reply, status,
               json_pack("{s:{s:s, s:s, s:s?, s:s?}}", "error", "message", message, "type", type,
                         "param", param, "code", code));
}

void reply_refuse(struct reply *reply, const char *param, const char *message)
{
    reply_error(reply, 400, "invalid_request_error", param, NULL, message);
}
