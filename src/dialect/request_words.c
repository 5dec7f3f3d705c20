/* request_words.c - what a request says to the model: messages, parts, prompts, tools. */
#include "own_parts.h"
#include "request_takes.h"
#include "request_turns.h"

bool take_messages(struct request_reader *reader, const struct member *member,
                   const struct json_value *value)
{
    (void)member;
    (void)value;
    reader->has_messages = true;
    return true;
}

/* Of several lists of that name parsers take the last. */
bool leave_messages(struct request_reader *reader, const struct member *member,
                    const struct json_value *value)
{
    (void)member;
    bool is_empty = reader->frames[reader->depth].items == 0;
    reader->request.messages_end = is_empty ? 0 : value->end - 1;
    return true;
}

bool take_message(struct request_reader *reader, const struct member *member,
                  const struct json_value *value)
{
    (void)member;
    (void)value;
    request_begin_turn(reader);
    return true;
}

bool leave_message(struct request_reader *reader, const struct member *member,
                   const struct json_value *value)
{
    (void)member;
    (void)value;
    request_end_turn(reader);
    return true;
}

bool take_role(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    (void)member;
    if (text_is(value->text, "user"))
        reader->turn_role = TURN_USER;
    else if (text_is(value->text, "system") || text_is(value->text, "developer"))
        reader->turn_role = TURN_SYSTEM;
    else
        reader->turn_role = TURN_OTHER;
    if (text_is(value->text, "developer"))
        reader->request.has_developer = true;
    if (text_is(value->text, "tool"))
        reader->request.has_results = true;
    return true;
}

/* Of a message's content, when it is a string, or of a part. */
bool take_words(struct request_reader *reader, const struct member *member,
                const struct json_value *value)
{
    (void)member;
    if (value->kind == JSON_STRING)
        request_add_words(reader, value);
    return true;
}

bool take_part_type(struct request_reader *reader, const struct member *member,
                    const struct json_value *value)
{
    static const struct {
        const char *type;
        uint32_t need, has;
        enum field field;
    } rows[] = {
        { "image_url", NEED_VISION, HAS_IMAGES },
        { "input_image", NEED_VISION, HAS_IMAGES },
        { "computer_screenshot", NEED_VISION, HAS_IMAGES },
        { "input_audio", NEED_AUDIO, HAS_AUDIO, FIELD_AUDIO_INPUT },
        { "file", 0, HAS_FILES },
        { "input_file", 0, HAS_FILES },
        { "text" },
        { "input_text" },
        { "output_text" },
        { "reasoning_text" },
        { "refusal" },
    };
    enum field field = part_is_anthropics(value->text) ? FIELD_OWN_PART : FIELD_OTHER_PART;
    (void)member;
    struct chat_request *request = &reader->request;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!text_is(value->text, rows[i].type))
            continue;
        request->needs |= rows[i].need;
        request->has |= rows[i].has;
        field = rows[i].field;
        if (rows[i].has == HAS_IMAGES)
            request->images++;
    }
    if (field)
        request->fields |= field_bit(field);
    return true;
}

/* Of the Responses API. What the vendor's own tools have done means nothing elsewhere. */
bool take_item_type(struct request_reader *reader, const struct member *member,
                    const struct json_value *value)
{
    static const struct {
        const char *type;
        enum field field;
    } rows[] = {
        { "message" },
        { "function_call" },
        { "function_call_output" },
        { "reasoning", FIELD_REASONING_DETAILS },
        { "custom_tool_call", FIELD_CUSTOM_TOOLS },
        { "custom_tool_call_output", FIELD_CUSTOM_TOOLS },
    };
    enum field field = FIELD_OTHER_PART;
    (void)member;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (text_is(value->text, rows[i].type))
            field = rows[i].field;
    if (field)
        reader->request.fields |= field_bit(field);
    return true;
}

/* A data URL, or one that somebody has to ask for. */
bool take_image_address(struct request_reader *reader, const struct member *member,
                        const struct json_value *value)
{
    (void)member;
    if (value->kind == JSON_STRING)
        reader->request.fields |=
            field_bit(text_starts(value->text, "data:") ? FIELD_IMAGE_DATA : FIELD_IMAGE_ADDRESS);
    return true;
}

bool take_instructions(struct request_reader *reader, const struct member *member,
                       const struct json_value *value)
{
    (void)member;
    request_add_system_words(reader, value);
    reader->request.fields |= field_bit(FIELD_SYSTEM);
    return true;
}

/* A prompt is one turn of the user, whether it is a string, a list of strings or tokens. */
bool take_prompt(struct request_reader *reader, const struct member *member,
                 const struct json_value *value)
{
    request_begin_turn(reader);
    reader->turn_role = TURN_USER;
    if (value->kind != JSON_STRING)
        return true;
    request_add_words(reader, value);
    return leave_prompt(reader, member, value);
}

/* Several prompts, or one of tokens: legacy completions know them. */
static void note_prompts(struct request_reader *reader)
{
    if (reader->request.endpoint == ENDPOINT_COMPLETIONS)
        reader->request.fields |= field_bit(FIELD_PROMPTS);
}

bool leave_prompt(struct request_reader *reader, const struct member *member,
                  const struct json_value *value)
{
    (void)member;
    if (value->kind == JSON_ARRAY_END && reader->frames[reader->depth].items > 1)
        note_prompts(reader);
    request_end_turn(reader);
    return true;
}

bool take_prompt_item(struct request_reader *reader, const struct member *member,
                      const struct json_value *value)
{
    static const size_t chars_of_a_token = 4; /* of English, as tokenizers are usually described */
    (void)member;
    if (value->kind == JSON_STRING)
        request_add_words(reader, value);
    else
        note_prompts(reader);
    if (value->kind == JSON_NUMBER)
        reader->request.chars_ascii += chars_of_a_token;
    return true;
}

/* Of the Responses API: a prompt, or items that are taken one by one. */
bool take_input(struct request_reader *reader, const struct member *member,
                const struct json_value *value)
{
    return value->kind != JSON_STRING || take_prompt(reader, member, value);
}

/* The model reads it like all that a tool says. */
bool take_tool_type(struct request_reader *reader, const struct member *member,
                    const struct json_value *value)
{
    if (text_is(value->text, "custom"))
        reader->request.fields |= field_bit(FIELD_CUSTOM_TOOLS);
    else if (!text_is(value->text, "function"))
        reader->request.fields |= field_bit(FIELD_SERVER_TOOLS);
    return take_counted(reader, member, value);
}

bool take_tool(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    (void)member;
    (void)value;
    reader->request.tools++;
    return true;
}

bool take_format_type(struct request_reader *reader, const struct member *member,
                      const struct json_value *value)
{
    struct chat_request *request = &reader->request;
    (void)member;
    if (text_is(value->text, "json_object"))
        request->fields |= field_bit(FIELD_JSON_OBJECT);
    if (text_is(value->text, "json_schema")) {
        request->fields |= field_bit(FIELD_JSON_SCHEMA);
        request->needs |= NEED_JSON_SCHEMA;
        request->has |= HAS_JSON_SCHEMA;
    }
    return true;
}

bool take_counted(struct request_reader *reader, const struct member *member,
                  const struct json_value *value)
{
    (void)member;
    if (value->kind == JSON_STRING)
        request_count_words(reader, value);
    return true;
}
