/* request_members.c - which members of a request are read, where they may stand and what they are.
 */
#include "request_takes.h"

enum {
    STRING = 1 << JSON_STRING,
    NUMBER = 1 << JSON_NUMBER,
    BOOL = 1 << JSON_BOOL,
    OBJECT = 1 << JSON_OBJECT,
    ARRAY = 1 << JSON_ARRAY,
    NONE = 1 << JSON_NULL, /* that null is there matters */
    ANY = STRING | NUMBER | BOOL | OBJECT | ARRAY | NONE,

    CHAT = 1 << ENDPOINT_CHAT,
    COMPLETIONS = 1 << ENDPOINT_COMPLETIONS,
    EMBEDDINGS = 1 << ENDPOINT_EMBEDDINGS,
    RESPONSES = 1 << ENDPOINT_RESPONSES,
};

#define AT(member_of_reader) .offset = offsetof(struct request_reader, member_of_reader)
#define ROWS(table)          .members = (table), .member_count = sizeof(table) / sizeof((table)[0])

/* Strings at any depth, and the names in front of them: definitions of tools, schemas. */
static const struct place texts_place;
static const struct member texts_row = { .kinds = ANY,
                                         .take = take_counted,
                                         .inside = &texts_place };
static const struct place texts_place = { .rest = &texts_row,
                                          .item = &texts_row,
                                          .counts_names = true };

/* Nothing in it is looked at but whether there is anything. */
static const struct place closed_place = { 0 };

static const struct member name_row = { .kinds = STRING, .take = take_name };
static const struct place names_place = { .item = &name_row };

/* ---- messages ---- */

static const struct place parts_place;
static const struct member part_row = { .kinds = OBJECT, .inside = &parts_place };

static const struct member image_rows[] = {
    { TEXT("url"), ANY, .take = take_image_address },
    { TEXT("detail"), ANY, .field = FIELD_IMAGE_DETAIL },
};
static const struct place image_place = { ROWS(image_rows) };

static const struct member file_rows[] = {
    { TEXT("file_data"), ANY, .field = FIELD_FILE_DATA },
    { TEXT("file_id"), ANY, .field = FIELD_FILE_ID },
};
static const struct place file_place = { ROWS(file_rows) };

static const struct member citations_rows[] = {
    { TEXT("enabled"), ANY, .field = FIELD_CITATIONS },
};
static const struct place citations_place = { ROWS(citations_rows) };

static const struct member part_rows[] = {
    { TEXT("type"), STRING, .take = take_part_type },
    { TEXT("text"), STRING, .take = take_words },
    { TEXT("refusal"), STRING, .take = take_counted },
    { TEXT("image_url"), ANY, CHAT | RESPONSES, .take = take_image_address,
      .inside = &image_place },
    { TEXT("file"), ANY, CHAT, .inside = &file_place },
    { TEXT("detail"), ANY, RESPONSES, .field = FIELD_IMAGE_DETAIL },
    { TEXT("file_data"), ANY, RESPONSES, .field = FIELD_FILE_DATA },
    { TEXT("file_id"), ANY, RESPONSES, .field = FIELD_FILE_ID },
    { TEXT("file_url"), ANY, RESPONSES, .field = FIELD_OTHER_PART },
    { TEXT("cache_control"), ANY, CHAT, .field = FIELD_CACHE_CONTROL },
    { TEXT("title"), STRING, CHAT, .take = take_counted, .field = FIELD_DOCUMENT_NOTES },
    { TEXT("context"), STRING, CHAT, .take = take_counted, .field = FIELD_DOCUMENT_NOTES },
    { TEXT("citations"), ANY, CHAT, .inside = &citations_place },
};

/* A list of parts, or a single one. */
static const struct place parts_place = { ROWS(part_rows), .item = &part_row };

static const struct member extra_rows[] = {
    { TEXT("anthropic"), ANY, .field = FIELD_OWN_BLOCKS },
};
static const struct place extra_place = { ROWS(extra_rows) };

static const struct member message_rows[] = {
    { TEXT("role"), STRING, .take = take_role },
    { TEXT("content"), STRING | ARRAY, .take = take_words, .inside = &parts_place },
    { TEXT("name"), STRING, .take = take_counted, .field = FIELD_NAME },
    { TEXT("refusal"), STRING, CHAT, .take = take_counted },
    { TEXT("reasoning_content"), STRING, CHAT, .take = take_counted },
    { TEXT("reasoning_details"), ANY, CHAT, .field = FIELD_REASONING_DETAILS },
    { TEXT("thinking_blocks"), ANY, CHAT, .field = FIELD_REASONING_DETAILS },
    { TEXT("audio"), ANY, CHAT, .field = FIELD_AUDIO_ANSWER },
    { TEXT("extra_content"), ANY, CHAT, .inside = &extra_place },
    { TEXT("cache_control"), ANY, CHAT, .field = FIELD_CACHE_CONTROL },
    { TEXT("tool_calls"), ARRAY, CHAT, .inside = &texts_place },
    { TEXT("function_call"), OBJECT, CHAT, .inside = &texts_place },
    { TEXT("type"), STRING, RESPONSES, .take = take_item_type },
    { TEXT("extra_content"), ANY, RESPONSES, .field = FIELD_REASONING_DETAILS },
    { TEXT("arguments"), STRING, RESPONSES, .take = take_counted },
    { TEXT("input"), STRING, RESPONSES, .take = take_counted },
    { TEXT("output"), STRING | ARRAY | OBJECT, RESPONSES, .take = take_words,
      .inside = &parts_place },
    { TEXT("summary"), ARRAY, RESPONSES, .inside = &texts_place },
};

static const struct place message_place = { ROWS(message_rows) };
static const struct member message_row = {
    .kinds = OBJECT, .take = take_message, .leave = leave_message, .inside = &message_place
};
static const struct place messages_place = { .item = &message_row };

/* ---- prompts ---- */

static const struct place prompts_place;
static const struct member prompt_row = { .kinds = STRING | NUMBER | ARRAY,
                                          .take = take_prompt_item,
                                          .inside = &prompts_place };
static const struct place prompts_place = { .item = &prompt_row };

/* ---- tools, formats, options ---- */

static const struct member function_rows[] = {
    { TEXT("strict"), ANY, .field = FIELD_TOOL_STRICT },
    { TEXT("cache_control"), ANY, .field = FIELD_CACHE_CONTROL },
};
static const struct place function_place = { ROWS(function_rows), .rest = &texts_row,
                                             .counts_names = true };

static const struct member tool_rows[] = {
    { TEXT("type"), ANY, .take = take_tool_type },
    { TEXT("function"), ANY, .take = take_counted, .inside = &function_place },
    { TEXT("strict"), ANY, .field = FIELD_TOOL_STRICT },
    { TEXT("cache_control"), ANY, .field = FIELD_CACHE_CONTROL },
};
static const struct place tool_place = { ROWS(tool_rows), .rest = &texts_row,
                                         .counts_names = true };
static const struct member tool_row = { .kinds = OBJECT, .take = take_tool, .inside = &tool_place };
static const struct place tools_place = { .item = &tool_row };

static const struct member format_rows[] = {
    { TEXT("type"), STRING, .take = take_format_type },
    { TEXT("json_schema"), OBJECT, .inside = &texts_place }, /* chat */
    { TEXT("schema"), OBJECT, .inside = &texts_place },      /* responses */
};
static const struct place format_place = { ROWS(format_rows) };

static const struct member text_rows[] = {
    { TEXT("format"), OBJECT, .inside = &format_place },
    { TEXT("verbosity"), ANY, .field = FIELD_VERBOSITY },
};
static const struct place text_place = { ROWS(text_rows) };

static const struct member reasoning_rows[] = {
    { TEXT("effort"), ANY, .field = FIELD_REASONING_EFFORT },
};
static const struct place reasoning_place = { ROWS(reasoning_rows) };

static const struct member include_row = { .kinds = STRING, .take = take_include };
static const struct place include_place = { .item = &include_row };

/* A stop, or several. */
static const struct member stop_row = { .kinds = ANY, .take = take_stop };
static const struct place stops_place = { .item = &stop_row };

static const struct member modality_row = { .kinds = ANY, .take = take_modality };
static const struct place modalities_place = { .item = &modality_row };

static const struct member stream_options_rows[] = {
    { TEXT("include_usage"), BOOL | NONE, .take = take_include_usage },
};
static const struct place stream_options_place = { ROWS(stream_options_rows) };

/* ---- what is not for the provider ---- */

static const struct member unknown_row = { .kinds = ANY, .take = refuse_unknown };

static const struct member metadata_row = { .kinds = ANY, .take = take_metadata };
static const struct member metadata_rows[] = {
    { TEXT("tags"), STRING | ARRAY, 0, true, AT(request.tags), take_tags, .inside = &names_place },
};
static const struct place metadata_place = { ROWS(metadata_rows), .rest = &metadata_row,
                                             .keeps_names = true };

static const struct member max_price_rows[] = {
    { TEXT("prompt"), NUMBER, AT(request.wishes.max_price_in), .take = take_amount },
    { TEXT("completion"), NUMBER, AT(request.wishes.max_price_out), .take = take_amount },
};
static const struct place max_price_place = { ROWS(max_price_rows), .rest = &unknown_row,
                                              .keeps_names = true };

/* Naming the wish makes it one: `allow_fallbacks: true` differs from no word about it. */
static bool take_allow_fallbacks(struct request_reader *reader, const struct member *member,
                                 const struct json_value *value)
{
    reader->request.wishes.has_allow_fallbacks = true;
    return take_bool(reader, member, value);
}

static const struct member provider_rows[] = {
    { TEXT("order"), ARRAY, AT(request.wishes.order), .take = take_names, .inside = &names_place },
    { TEXT("only"), ARRAY, AT(request.wishes.only), .take = take_names, .inside = &names_place },
    { TEXT("ignore"), ARRAY, AT(request.wishes.ignore), .take = take_names,
      .inside = &names_place },
    { TEXT("allow_fallbacks"), BOOL, AT(request.wishes.allow_fallbacks),
      .take = take_allow_fallbacks },
    { TEXT("require_parameters"), BOOL, .take = NULL }, /* always so here */
    { TEXT("sort"), STRING, .take = take_sort },
    { TEXT("max_price"), OBJECT, .inside = &max_price_place },
};
static const struct place provider_place = { ROWS(provider_rows), .rest = &unknown_row,
                                             .keeps_names = true };

static const struct member bourse_rows[] = {
    { TEXT("answer_value"), NUMBER, AT(request.answer_value), .take = take_amount },
    { TEXT("second_cost"), NUMBER, AT(request.second_cost), .take = take_amount },
    { TEXT("max_cost"), NUMBER, AT(request.max_cost), .take = take_amount },
    { TEXT("explain"), BOOL, AT(request.explain), .take = take_bool },
};
static const struct place bourse_place = { ROWS(bourse_rows), .rest = &unknown_row,
                                           .keeps_names = true };

/* ---- the body ---- */

static const struct member body_rows[] = {
    { TEXT("model"), STRING | NONE, .take = take_model },
    { TEXT("messages"), ARRAY, CHAT, .take = take_messages, .leave = leave_messages,
      .inside = &messages_place },
    { TEXT("prompt"), STRING | ARRAY, COMPLETIONS, .take = take_prompt, .leave = leave_prompt,
      .inside = &prompts_place },
    { TEXT("suffix"), STRING, COMPLETIONS, .take = take_counted, .field = FIELD_SUFFIX },
    { TEXT("echo"), ANY, COMPLETIONS, .field = FIELD_ECHO },
    { TEXT("best_of"), ANY, COMPLETIONS, .field = FIELD_BEST_OF },
    { TEXT("input"), STRING | ARRAY, EMBEDDINGS, .take = take_prompt, .leave = leave_prompt,
      .inside = &prompts_place },
    { TEXT("dimensions"), ANY, EMBEDDINGS },
    { TEXT("encoding_format"), ANY, EMBEDDINGS },
    { TEXT("input"), STRING | ARRAY, RESPONSES, .take = take_input, .inside = &messages_place },
    { TEXT("instructions"), STRING, RESPONSES, .take = take_instructions },

    { TEXT("stream"), BOOL, AT(request.stream), .take = take_bool },
    { TEXT("stream_options"), OBJECT | NONE, CHAT | COMPLETIONS, .take = take_stream_options,
      .leave = leave_stream_options, .inside = &stream_options_place },
    { TEXT("n"), NUMBER, CHAT | COMPLETIONS, .take = take_choices, .field = FIELD_N },
    { TEXT("max_tokens"), NUMBER, CHAT | COMPLETIONS, .take = take_max_tokens,
      .field = FIELD_MAX_TOKENS },
    { TEXT("max_completion_tokens"), NUMBER, CHAT, .take = take_max_tokens,
      .field = FIELD_MAX_TOKENS },
    { TEXT("max_output_tokens"), NUMBER, RESPONSES, .take = take_max_tokens,
      .field = FIELD_MAX_TOKENS },

    { TEXT("tools"), ARRAY, CHAT | RESPONSES, .inside = &tools_place, .field = FIELD_TOOLS },
    { TEXT("functions"), ARRAY, CHAT, .inside = &tools_place, .field = FIELD_FUNCTIONS },
    { TEXT("parallel_tool_calls"), BOOL, CHAT | RESPONSES, AT(parallel_tools), .take = take_bool,
      .field = FIELD_PARALLEL_TOOL_CALLS },
    { TEXT("response_format"), OBJECT, CHAT, .inside = &format_place },
    { TEXT("text"), OBJECT, RESPONSES, .inside = &text_place },
    { TEXT("logprobs"), BOOL | NUMBER, CHAT, .take = take_logprobs, .field = FIELD_LOGPROBS },
    { TEXT("logprobs"), BOOL | NUMBER, COMPLETIONS, .take = take_logprobs,
      .field = FIELD_LEGACY_LOGPROBS },
    { TEXT("top_logprobs"), NUMBER, CHAT | RESPONSES, .take = take_top_logprobs,
      .field = FIELD_TOP_LOGPROBS },
    { TEXT("include"), ARRAY, RESPONSES, .inside = &include_place },
    { TEXT("previous_response_id"), ANY, RESPONSES, .field = FIELD_STORED },
    { TEXT("conversation"), ANY, RESPONSES, .field = FIELD_STORED },
    { TEXT("prompt"), ANY, RESPONSES, .field = FIELD_STORED },
    { TEXT("background"), ANY, RESPONSES, .field = FIELD_BACKGROUND },
    { TEXT("truncation"), ANY, RESPONSES, .field = FIELD_TRUNCATION },
    { TEXT("max_tool_calls"), ANY, RESPONSES }, /* of tools that are lost themselves */
    { TEXT("stream_options"), ANY, RESPONSES }, /* whether bytes are added against guessing */

    { TEXT("user"), STRING, AT(user), .take = take_text, .field = FIELD_USER },
    { TEXT("safety_identifier"), STRING, AT(safety_identifier), .take = take_text,
      .field = FIELD_USER },
    { TEXT("prompt_cache_key"), STRING, AT(prompt_cache_key), .take = take_text,
      .field = FIELD_PROMPT_CACHE_KEY },
    { TEXT("prompt_cache_retention"), ANY, .field = FIELD_PROMPT_CACHE_KEY },
    { TEXT("metadata"), OBJECT, .inside = &metadata_place, .field = FIELD_METADATA },

    { TEXT("temperature"), ANY, .take = take_temperature, .field = FIELD_TEMPERATURE },
    { TEXT("top_p"), ANY, .field = FIELD_TOP_P },
    { TEXT("top_k"), ANY, .field = FIELD_TOP_K },
    { TEXT("frequency_penalty"), ANY, .field = FIELD_FREQUENCY_PENALTY },
    { TEXT("presence_penalty"), ANY, .field = FIELD_PRESENCE_PENALTY },
    { TEXT("logit_bias"), ANY, .inside = &closed_place, .field = FIELD_LOGIT_BIAS },
    { TEXT("seed"), ANY, .field = FIELD_SEED },
    { TEXT("stop"), ANY, .take = take_stop, .inside = &stops_place, .field = FIELD_STOP },
    { TEXT("reasoning_effort"), ANY, .field = FIELD_REASONING_EFFORT },
    { TEXT("reasoning"), ANY, CHAT, .field = FIELD_REASONING },
    { TEXT("reasoning"), ANY, RESPONSES, .inside = &reasoning_place },
    { TEXT("thinking"), ANY, .field = FIELD_THINKING },
    { TEXT("verbosity"), ANY, .field = FIELD_VERBOSITY },
    { TEXT("prediction"), ANY, .field = FIELD_PREDICTION },
    { TEXT("modalities"), ANY, .inside = &modalities_place },
    { TEXT("audio"), ANY }, /* said of the modality */
    { TEXT("web_search_options"), ANY, .field = FIELD_WEB_SEARCH },
    { TEXT("tool_choice"), ANY, .field = FIELD_TOOL_CHOICE },
    { TEXT("function_call"), ANY, CHAT, .field = FIELD_TOOL_CHOICE },
    { TEXT("store"), ANY, .field = FIELD_STORE },
    { TEXT("service_tier"), ANY, .field = FIELD_SERVICE_TIER },
    { TEXT("cache_control"), ANY, .field = FIELD_CACHE_CONTROL },
    { TEXT("container"), ANY, CHAT, .field = FIELD_OWN },
    { TEXT("context_management"), ANY, CHAT, .field = FIELD_OWN },
    { TEXT("inference_geo"), ANY, CHAT, .field = FIELD_OWN },
    { TEXT("mcp_servers"), ANY, CHAT, .field = FIELD_OWN },
    { TEXT("output_config"), ANY, CHAT, .field = FIELD_OWN },
    { TEXT("safetySettings"), ANY, .field = FIELD_OWN_GOOGLE },
    { TEXT("safety_settings"), ANY, .field = FIELD_OWN_GOOGLE },
    { TEXT("cachedContent"), ANY, .field = FIELD_OWN_GOOGLE },
    { TEXT("cached_content"), ANY, .field = FIELD_OWN_GOOGLE },

    { TEXT("bourse"), OBJECT, 0, true, .inside = &bourse_place },
    { TEXT("answer_value"), NUMBER, 0, true, AT(request.answer_value), take_amount },
    { TEXT("willingness_to_pay"), NUMBER, 0, true, AT(request.answer_value), take_amount },
    { TEXT("second_cost"), NUMBER, 0, true, AT(request.second_cost), take_amount },
    { TEXT("max_cost"), NUMBER, 0, true, AT(request.max_cost), take_amount },
    { TEXT("models"), ARRAY, 0, true, AT(models), take_names, .inside = &names_place },
    { TEXT("provider"), OBJECT, 0, true, .inside = &provider_place },
    { TEXT("session_id"), STRING, 0, true, AT(session_id), take_text },
    { TEXT("fallbacks"), ARRAY, 0, true, AT(fallbacks), take_names, .inside = &names_place },
    { TEXT("num_retries"), NUMBER, 0, true, AT(request.num_retries), take_count },
    { TEXT("timeout"), NUMBER, 0, true, AT(request.timeout_ms), take_seconds },
};
const struct place request_body_place = { ROWS(body_rows), .notes_unknown = true };

/* Of a body that is only relayed: what routes it, and what must not leave the house. */
static const struct member relayed_metadata_rows[] = {
    { TEXT("tags"), ANY, .ours = true },
};
static const struct place relayed_metadata_place = { ROWS(relayed_metadata_rows) };

static const struct member relayed_rows[] = {
    { TEXT("model"), STRING, .take = take_model },
    { TEXT("stream"), BOOL, AT(request.stream), .take = take_bool },
    { TEXT("metadata"), OBJECT, .inside = &relayed_metadata_place },
    { TEXT("bourse"), ANY, .ours = true },
    { TEXT("answer_value"), ANY, .ours = true },
    { TEXT("willingness_to_pay"), ANY, .ours = true },
    { TEXT("second_cost"), ANY, .ours = true },
    { TEXT("max_cost"), ANY, .ours = true },
    { TEXT("models"), ANY, .ours = true },
    { TEXT("provider"), ANY, .ours = true },
    { TEXT("session_id"), ANY, .ours = true },
    { TEXT("fallbacks"), ANY, .ours = true },
    { TEXT("num_retries"), ANY, .ours = true },
    { TEXT("timeout"), ANY, .ours = true },
};
const struct place request_relayed_place = { ROWS(relayed_rows) };
