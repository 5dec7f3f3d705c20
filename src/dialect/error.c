/* error.c - a failure as the client's SDK expects to read it: a body, or an event inside a stream.
 */
#include "base/secret.h"
#include "dialect/messages.h"
#include "dialect/openai.h"

/* A JSON string, or null for NULL. */
static void write_string(struct buffer *out, const char *string)
{
    if (!string) {
        buffer_append_string(out, "null");
        return;
    }
    buffer_append_string(out, "\"");
    buffer_append_json(out, text_of(string));
    buffer_append_string(out, "\"");
}

/* `name` comes with its quotes, its colon and the comma or brace before it. */
static void write_member(struct buffer *out, const char *name, const char *value)
{
    buffer_append_string(out, name);
    write_string(out, value);
}

static void write_attempt(struct buffer *out, const struct failed_attempt *attempt)
{
    write_member(out, "{\"provider\":", attempt->provider);
    write_member(out, ",\"model\":", attempt->model);
    if (attempt->status)
        buffer_printf(out, ",\"status\":%d", attempt->status);
    else
        buffer_append_string(out, ",\"status\":null");
    write_member(out, ",\"code\":", attempt->code);
    buffer_append_string(out, "}");
}

static void write_metadata(struct buffer *out, const struct error_note *note)
{
    const struct fail_row *row = fail_row(note->fail);
    write_member(out, "{\"error_type\":", row->error_type);
    write_member(out, ",\"reason\":", row->name);
    buffer_append_string(out, ",\"previous_errors\":[");
    for (size_t i = 0; i < note->previous_count; i++) {
        if (i > 0)
            buffer_append_string(out, ",");
        write_attempt(out, &note->previous[i]);
    }
    buffer_append_string(out, "]}");
}

/* Providers like to repeat the key that they refuse. */
static void write_message(struct buffer *out, const char *name, const struct error_note *note)
{
    size_t start = out->len;
    write_member(out, name, note->message ? note->message : fail_row(note->fail)->sentence);
    if (note->message)
        secret_redact(out->data + start, out->len - start);
}

static const char *code_of(const struct error_note *note)
{
    return note->code ? note->code : fail_row(note->fail)->code;
}

static void write_error(struct buffer *out, const struct error_note *note)
{
    write_message(out, "{\"message\":", note);
    write_member(out, ",\"type\":", fail_row(note->fail)->type);
    write_member(out, ",\"param\":", note->param);
    write_member(out, ",\"code\":", code_of(note));
    buffer_append_string(out, ",\"metadata\":");
    write_metadata(out, note);
    buffer_append_string(out, "}");
}

void error_write(struct buffer *out, const struct error_note *note)
{
    buffer_append_string(out, "{\"error\":");
    write_error(out, note);
    buffer_append_string(out, "}");
}

/* Both SDKs raise on the top-level `error`; other clients find a last chunk of the usual shape. */
static void write_chunk(struct buffer *out, const struct error_note *note)
{
    buffer_append_string(out, "data: {\"id\":\"\",\"object\":\"chat.completion.chunk\","
                              "\"created\":0,\"model\":\"\",\"error\":");
    write_error(out, note);
    buffer_append_string(out, ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
                              "\"finish_reason\":\"error\"}]}\n\n");
}

/* The Responses API promises exactly one terminal event, and its `error.code` is never null. */
static void write_response_failed(struct buffer *out, const struct error_note *note)
{
    const char *code = code_of(note);
    buffer_append_string(out, "event: response.failed\ndata: {\"type\":\"response.failed\","
                              "\"response\":{\"id\":\"\",\"object\":\"response\",\"created_at\":0,"
                              "\"status\":\"failed\"");
    write_member(out, ",\"error\":{\"code\":", code ? code : fail_row(note->fail)->name);
    write_message(out, ",\"message\":", note);
    buffer_append_string(out, "},\"model\":\"\",\"output\":[]},\"error\":");
    write_error(out, note);
    buffer_append_string(out, "}\n\n");
}

void error_write_event(struct buffer *out, enum endpoint endpoint, const struct error_note *note)
{
    if (endpoint == ENDPOINT_RESPONSES)
        write_response_failed(out, note);
    else if (endpoint == ENDPOINT_MESSAGES)
        messages_error_event(out, note);
    else
        write_chunk(out, note);
}
