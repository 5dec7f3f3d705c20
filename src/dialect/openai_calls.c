/* openai_calls.c - the calls of tools in an answer in OpenAI's words. */
#include "openai_delta.h"

static void put_call_id(struct openai_writer *writer, struct json_writer *json, struct text id)
{
    put_key(json, "id");
    put_open_string(json);
    if (id.len > 0) {
        put_inside(json, id);
    } else {
        put_escaped(json, text_of("call_"));
        put_escaped(json, text_of(writer->about->id));
        if (!buffer_printf(json->out, "_%zu_%zu", writer->choice, openai_chosen(writer)->calls))
            json->full = true;
    }
    put_close_string(json);
}

static void put_signature(struct json_writer *json, struct text signature)
{
    if (signature.len == 0)
        return;
    put_key(json, "extra_content");
    put_open(json, '{');
    put_key(json, "google");
    put_open(json, '{');
    put_inside_member(json, "thought_signature", signature);
    put_close(json, '}');
    put_close(json, '}');
}

/* Up to the arguments, whose string stays open in a whole answer. */
static void put_call(struct openai_writer *writer, struct json_writer *json, struct text id,
                     struct text name, struct text signature)
{
    put_open(json, '{');
    if (writer->streamed)
        put_count_member(json, "index", (int64_t)openai_chosen(writer)->calls);
    put_call_id(writer, json, id);
    put_word_member(json, "type", "function");
    put_signature(json, signature);
    put_key(json, "function");
    put_open(json, '{');
    openai_put_name(json, "name", name, "");
    put_key(json, "arguments");
    put_open_string(json);
}

static void put_call_end(struct json_writer *json)
{
    put_close_string(json);
    put_close(json, '}');
    put_close(json, '}');
}

void openai_end_call(struct openai_choice *choice)
{
    struct json_writer json = json_writer_of(&choice->tool_calls);
    if (choice->in_call)
        put_call_end(&json);
    choice->in_call = false;
}

void openai_call(struct openai_writer *writer, struct text id, struct text name)
{
    openai_signed_call(writer, id, name, (struct text){ 0 });
}

void openai_signed_call(struct openai_writer *writer, struct text id, struct text name,
                        struct text signature)
{
    struct openai_choice *choice = openai_chosen(writer);
    if (writer->streamed) {
        openai_open_delta(writer);
        put_key(&writer->json, "tool_calls");
        put_open(&writer->json, '[');
        put_call(writer, &writer->json, id, name, signature);
        put_call_end(&writer->json);
        put_close(&writer->json, ']');
        openai_close_delta(writer, NULL);
    } else {
        openai_end_call(choice);
        struct json_writer json = json_writer_of(&choice->tool_calls);
        json.wants_comma = choice->calls > 0;
        put_call(writer, &json, id, name, signature);
        writer->json.full = writer->json.full || json.full;
        choice->in_call = true;
    }
    choice->calls++;
}

static void put_arguments(struct openai_writer *writer, struct text arguments, bool is_inside)
{
    struct openai_choice *choice = openai_chosen(writer);
    struct json_writer whole = json_writer_of(&choice->tool_calls);
    struct json_writer *json = writer->streamed ? &writer->json : &whole;
    if (choice->calls == 0 || arguments.len == 0)
        return;
    if (writer->streamed) {
        openai_open_delta(writer);
        put_key(json, "tool_calls");
        put_open(json, '[');
        put_open(json, '{');
        put_count_member(json, "index", (int64_t)choice->calls - 1);
        put_key(json, "function");
        put_open(json, '{');
        put_key(json, "arguments");
        put_open_string(json);
    }
    if (is_inside)
        put_inside(json, arguments);
    else
        put_escaped(json, arguments);
    if (writer->streamed) {
        put_call_end(json);
        put_close(json, ']');
        openai_close_delta(writer, NULL);
    }
    writer->json.full = writer->json.full || json->full;
}

void openai_arguments(struct openai_writer *writer, struct text arguments)
{
    put_arguments(writer, arguments, true);
}

void openai_arguments_object(struct openai_writer *writer, struct text object)
{
    put_arguments(writer, object, false);
}
