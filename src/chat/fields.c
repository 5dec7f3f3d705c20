/* fields.c - the table of what becomes of each field of a request in each dialect. */
#include "chat/fields.h"

#include <assert.h>

#define LOST CARRIED_NOT
#define KEPT CARRIED_ALIKE
#define NEAR CARRIED_MAPPED
#define NONE CARRIED_NEEDLESS

#define MUST true
#define MAY  false

/* clang-format off */
static const struct field_row rows[FIELD_COUNT] = {
    /*                            name                     neutral    essential openai mock anthropic gemini bedrock */
    [FIELD_NONE]                = { "",                      NULL,      MAY,  { KEPT, KEPT, KEPT, KEPT, KEPT }, "" },
    [FIELD_TEMPERATURE]         = { "temperature",           NULL,      MAY,  { KEPT, KEPT, KEPT, KEPT, KEPT }, "Some models take none, or none while they think." },
    [FIELD_TEMPERATURE_ABOVE_1] = { "temperature_above_1",   NULL,      MAY,  { KEPT, KEPT, LOST, KEPT, LOST }, "Anthropic's range ends at 1, which is what is sent." },
    [FIELD_TOP_P]               = { "top_p",                 "1",       MAY,  { KEPT, KEPT, KEPT, KEPT, KEPT }, "Some models take none, or none beside a temperature." },
    [FIELD_TOP_K]               = { "top_k",                 NULL,      MAY,  { LOST, LOST, KEPT, KEPT, KEPT }, "At Bedrock of Anthropic's models." },
    [FIELD_FREQUENCY_PENALTY]   = { "frequency_penalty",     "0",       MAY,  { KEPT, KEPT, LOST, KEPT, LOST }, "" },
    [FIELD_PRESENCE_PENALTY]    = { "presence_penalty",      "0",       MAY,  { KEPT, KEPT, LOST, KEPT, LOST }, "" },
    [FIELD_LOGIT_BIAS]          = { "logit_bias",            NULL,      MAY,  { KEPT, KEPT, LOST, LOST, LOST }, "" },
    [FIELD_SEED]                = { "seed",                  NULL,      MAY,  { KEPT, KEPT, LOST, KEPT, LOST }, "" },
    [FIELD_STOP]                = { "stop",                  NULL,      MAY,  { KEPT, KEPT, KEPT, KEPT, KEPT }, "" },
    [FIELD_STOP_BLANK]          = { "stop_blank",            NULL,      MAY,  { KEPT, KEPT, LOST, KEPT, LOST }, "One of white space only." },

    [FIELD_MAX_TOKENS]          = { "max_tokens",            NULL,      MAY,  { KEPT, KEPT, KEPT, KEPT, KEPT }, "And max_completion_tokens. Where it is left out Anthropic is told what the model gives and its window leaves." },
    [FIELD_N]                   = { "n",                     "1",       MUST, { KEPT, KEPT, LOST, KEPT, LOST }, "Several answers." },
    [FIELD_LOGPROBS]            = { "logprobs",              "false",   MUST, { KEPT, KEPT, LOST, KEPT, LOST }, "" },
    [FIELD_TOP_LOGPROBS]        = { "top_logprobs",          "0",       MUST, { KEPT, KEPT, LOST, KEPT, LOST }, "" },
    [FIELD_JSON_SCHEMA]         = { "json_schema",           NULL,      MUST, { KEPT, KEPT, KEPT, KEPT, KEPT }, "response_format with a schema." },
    [FIELD_JSON_OBJECT]         = { "json_object",           NULL,      MAY,  { KEPT, KEPT, LOST, KEPT, LOST }, "response_format without one; the prompt asks for JSON all the same." },
    [FIELD_REASONING_EFFORT]    = { "reasoning_effort",      NULL,      MAY,  { KEPT, KEPT, NEAR, NEAR, NEAR }, "As an effort or a level, or as a number of tokens where the model takes a budget. At Bedrock of Anthropic's models." },
    [FIELD_REASONING]           = { "reasoning",             NULL,      MAY,  { KEPT, KEPT, NEAR, NEAR, NEAR }, "OpenRouter's: effort, max_tokens, enabled." },
    [FIELD_THINKING]            = { "thinking",              NULL,      MAY,  { NEAR, NEAR, KEPT, NEAR, KEPT }, "Anthropic's own; elsewhere its budget." },
    [FIELD_VERBOSITY]           = { "verbosity",             "medium",  MAY,  { KEPT, KEPT, LOST, LOST, LOST }, "" },
    [FIELD_PREDICTION]          = { "prediction",            NULL,      MAY,  { KEPT, KEPT, NONE, NONE, NONE }, "Makes an answer faster, not another." },
    [FIELD_AUDIO_OUTPUT]        = { "audio_output",          NULL,      MUST, { KEPT, KEPT, LOST, LOST, LOST }, "modalities with audio." },
    [FIELD_WEB_SEARCH]          = { "web_search_options",    NULL,      MUST, { KEPT, KEPT, LOST, NEAR, LOST }, "As the tool googleSearch, which takes no wishes; what it found comes as annotations." },

    [FIELD_TOOLS]               = { "tools",                 NULL,      MUST, { KEPT, KEPT, KEPT, KEPT, KEPT }, "" },
    [FIELD_TOOL_CHOICE]         = { "tool_choice",           "auto",    MAY,  { KEPT, KEPT, KEPT, KEPT, NEAR }, "" },
    [FIELD_PARALLEL_TOOL_CALLS] = { "parallel_tool_calls",   "true",    MAY,  { KEPT, KEPT, KEPT, LOST, LOST }, "" },
    [FIELD_TOOL_STRICT]         = { "tools.strict",          "false",   MAY,  { KEPT, KEPT, KEPT, NEAR, KEPT }, "Gemini holds to the schemas of all tools, or of none." },
    [FIELD_CUSTOM_TOOLS]        = { "tools.custom",          NULL,      MUST, { KEPT, KEPT, LOST, LOST, LOST }, "Tools that take no JSON." },
    [FIELD_SERVER_TOOLS]        = { "tools.server",          NULL,      MUST, { LOST, LOST, KEPT, LOST, LOST }, "Tools that the vendor's own servers run." },
    [FIELD_FUNCTIONS]           = { "functions",             NULL,      MUST, { KEPT, KEPT, KEPT, KEPT, KEPT }, "What tools were before." },

    [FIELD_SYSTEM]              = { "messages.system",       NULL,      MUST, { KEPT, KEPT, NEAR, NEAR, NEAR }, "One in the middle of a conversation moves to the front." },
    [FIELD_NAME]                = { "messages.name",         NULL,      MAY,  { KEPT, KEPT, LOST, LOST, LOST }, "" },
    [FIELD_IMAGE_DATA]          = { "image_data",            NULL,      MUST, { KEPT, KEPT, KEPT, KEPT, KEPT }, "A picture as a data URL." },
    [FIELD_IMAGE_ADDRESS]       = { "image_url",             NULL,      MUST, { KEPT, KEPT, KEPT, NEAR, LOST }, "A picture by its address. Of what type it is Gemini is told by the address's ending." },
    [FIELD_IMAGE_DETAIL]        = { "image_url.detail",      "auto",    MAY,  { KEPT, KEPT, LOST, LOST, LOST }, "" },
    [FIELD_AUDIO_INPUT]         = { "input_audio",           NULL,      MUST, { KEPT, KEPT, LOST, KEPT, LOST }, "" },
    [FIELD_AUDIO_ANSWER]        = { "messages.audio",        NULL,      MAY,  { KEPT, KEPT, LOST, LOST, LOST }, "An earlier answer, by its id." },
    [FIELD_FILE_DATA]           = { "file_data",             NULL,      MUST, { KEPT, KEPT, KEPT, KEPT, KEPT }, "A document as a data URL." },
    [FIELD_FILE_ID]             = { "file_id",               NULL,      MUST, { KEPT, KEPT, LOST, LOST, LOST }, "Means something to the vendor only that was given the file." },
    [FIELD_CITATIONS]           = { "citations",             "false",   MAY,  { LOST, LOST, KEPT, LOST, KEPT }, "Of a document, Anthropic's: the answer is to say where in it it was found." },
    [FIELD_DOCUMENT_NOTES]      = { "document_notes",        NULL,      MAY,  { LOST, LOST, KEPT, LOST, KEPT }, "Of a document: its context, and the title of one of plain text." },
    [FIELD_OWN_BLOCKS]          = { "extra_content",         NULL,      MAY,  { NONE, NONE, KEPT, NONE, NONE }, "An earlier answer's blocks of tools that Anthropic's servers ran. What came of them stands in its text." },
    [FIELD_REASONING_DETAILS]   = { "reasoning_details",     NULL,      MAY,  { NONE, NONE, KEPT, KEPT, KEPT }, "An earlier answer's thoughts with what proves them to their model; without that they mean nothing." },
    [FIELD_OWN_PART]            = { "messages.own_part",     NULL,      MUST, { LOST, LOST, KEPT, LOST, LOST }, "Anthropic's: a document by its address, a result of a search, what tools of its servers were asked and have said." },
    [FIELD_OTHER_PART]          = { "messages.other_part",   NULL,      MUST, { LOST, LOST, LOST, LOST, LOST }, "Of a type that is not known here: also an item of Responses, like a call of the vendor's own tools." },

    [FIELD_PROMPTS]             = { "prompt.other",          NULL,      MUST, { LOST, LOST, LOST, LOST, LOST }, "Of legacy completions, as the next ones: several prompts, or one of tokens." },
    [FIELD_SUFFIX]              = { "suffix",                NULL,      MUST, { LOST, LOST, LOST, LOST, LOST }, "" },
    [FIELD_ECHO]                = { "echo",                  "false",   MUST, { LOST, LOST, LOST, LOST, LOST }, "" },
    [FIELD_BEST_OF]             = { "best_of",               "1",       MAY,  { LOST, LOST, LOST, LOST, LOST }, "" },
    [FIELD_LEGACY_LOGPROBS]     = { "completions.logprobs",  NULL,      MUST, { LOST, LOST, LOST, LOST, LOST }, "" },

    [FIELD_USER]                = { "user",                  NULL,      MAY,  { KEPT, KEPT, KEPT, LOST, LOST }, "And safety_identifier: as metadata.user_id." },
    [FIELD_METADATA]            = { "metadata",              NULL,      MAY,  { NONE, NONE, NONE, NONE, NONE }, "For stored completions; its user_id is kept." },
    [FIELD_STORE]               = { "store",                 "false",   MAY,  { KEPT, KEPT, LOST, LOST, LOST }, "" },
    [FIELD_STORED]              = { "previous_response_id",  NULL,      MUST, { LOST, LOST, LOST, LOST, LOST }, "And conversation, prompt: what only the vendor has that stored it." },
    [FIELD_BACKGROUND]          = { "background",            "false",   MUST, { LOST, LOST, LOST, LOST, LOST }, "" },
    [FIELD_TRUNCATION]          = { "truncation",            "disabled",MAY,  { LOST, LOST, LOST, LOST, LOST }, "" },
    [FIELD_SERVICE_TIER]        = { "service_tier",          "auto",    MAY,  { KEPT, KEPT, NEAR, NEAR, NEAR }, "default becomes standard_only, at Google standard." },
    [FIELD_PROMPT_CACHE_KEY]    = { "prompt_cache_key",      NULL,      MAY,  { KEPT, KEPT, NONE, NONE, NONE }, "And prompt_cache_retention: hints to OpenAI's caches." },
    [FIELD_CACHE_CONTROL]       = { "cache_control",         NULL,      MAY,  { NONE, NONE, KEPT, NONE, NEAR }, "Of a part, a message, a tool or all." },
    [FIELD_OWN]                 = { "vendor_members",        NULL,      MAY,  { LOST, LOST, KEPT, LOST, LOST }, "container, context_management, inference_geo, mcp_servers, output_config." },
    [FIELD_OWN_GOOGLE]          = { "google_members",        NULL,      MAY,  { LOST, LOST, LOST, KEPT, LOST }, "safetySettings, cachedContent; also with underscores." },
    [FIELD_OTHER]               = { "other",                 NULL,      MAY,  { LOST, LOST, LOST, LOST, LOST }, "Members that are not known here." },
};
/* clang-format on */

static_assert(FIELD_COUNT <= 64, "a bit for each");

const struct field_row *field_row(enum field field)
{
    return &rows[field];
}

enum field field_named(struct text name)
{
    for (int field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (text_is(name, rows[field].name))
            return (enum field)field;
    return FIELD_NONE;
}

bool field_is_neutral(enum field field, struct text written)
{
    double said, neutral;
    const char *same = rows[field].neutral;
    if (!same)
        return false;
    return text_is(written, same) || (text_to_double(written, &said) &&
                                      text_to_double(text_of(same), &neutral) && said == neutral);
}

uint64_t fields_lost(uint64_t fields, enum provider_dialect dialect)
{
    uint64_t lost = 0;
    for (uint64_t rest = fields; rest; rest &= rest - 1) {
        const int field = __builtin_ctzll(rest);
        if (rows[field].carried[dialect_language(dialect)] == CARRIED_NOT)
            lost |= field_bit((enum field)field);
    }
    return lost;
}

uint64_t fields_essential(uint64_t fields)
{
    uint64_t essential = 0;
    for (uint64_t rest = fields; rest; rest &= rest - 1) {
        const int field = __builtin_ctzll(rest);
        if (rows[field].is_essential)
            essential |= field_bit((enum field)field);
    }
    return essential;
}

void fields_print(uint64_t fields, const char *separator, struct buffer *out)
{
    for (uint64_t rest = fields; rest; rest &= rest - 1)
        buffer_printf(out, "%s%s", rest == fields ? "" : separator,
                      rows[__builtin_ctzll(rest)].name);
}

const char *carriage_word(enum carriage carriage)
{
    static const char *const words[] = {
        [CARRIED_NOT] = "lost",
        [CARRIED_ALIKE] = "yes",
        [CARRIED_MAPPED] = "mapped",
        [CARRIED_NEEDLESS] = "not needed",
    };
    return words[carriage];
}
