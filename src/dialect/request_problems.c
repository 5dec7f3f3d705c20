/* request_problems.c - says what is wrong with a member, and where it stands. */
#include <stdarg.h>
#include <stdio.h>

#include "request_reader.h"

enum fail request_fail(struct request_reader *reader, enum fail fail, const char *message)
{
    reader->fail = fail;
    reader->problem = (struct reading_problem){ message, NULL };
    return fail;
}

static void append_name(struct buffer *path, struct text name)
{
    if (path->len > 0 && name.len > 0)
        buffer_append_string(path, ".");
    buffer_append_text(path, name);
}

/* "messages[2].content": the way from the body to the member that is being read. */
static const char *current_path(const struct request_reader *reader)
{
    struct buffer path;
    buffer_init(&path, 2 * REQUEST_NAME_MAX);
    for (size_t i = 0; i < reader->depth; i++) {
        const struct reading_frame *frame = &reader->frames[i];
        append_name(&path, frame->owner->name);
        if (frame->is_array)
            buffer_printf(&path, "[%zu]", frame->items);
    }
    if (reader->depth > 0) {
        const struct reading_frame *frame = &reader->frames[reader->depth - 1];
        if (!frame->is_array && frame->row)
            append_name(&path, frame->row->name.len > 0 ? frame->row->name : frame->name);
    }
    const char *string = path.len > 0 ? arena_string_of(reader->arena, buffer_text(&path)) : NULL;
    buffer_clear(&path);
    return string;
}

bool request_refuse(struct request_reader *reader, const char *format, ...)
{
    char reason[160];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    reader->fail = FAIL_BAD_VALUE;
    reader->problem.param = current_path(reader);
    reader->problem.message = arena_printf(
        reader->arena, "`%s` %s.", reader->problem.param ? reader->problem.param : "body", reason);
    return false;
}

bool request_refuse_number(struct request_reader *reader)
{
    request_fail(reader, FAIL_BAD_JSON,
                 arena_printf(reader->arena, "The body has a number of more than %d bytes.",
                              REQUEST_NUMBER_MAX));
    return false;
}

bool request_refuse_kind(struct request_reader *reader, uint32_t kinds)
{
    static const struct {
        enum json_kind kind;
        const char *words;
    } rows[] = {
        { JSON_STRING, "a string" },  { JSON_NUMBER, "a number" }, { JSON_BOOL, "a boolean" },
        { JSON_OBJECT, "an object" }, { JSON_ARRAY, "an array" },
    };
    char words[80] = "";
    size_t len = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (kinds & 1u << rows[i].kind)
            len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s", len ? " or " : "",
                                    rows[i].words);
    return request_refuse(reader, "must be %s", words);
}
