/* facts_places.c - the table of places in a reply's JSON: which member is looked at, and for what.
 */
#include "facts_places.h"

/* ---- what is noted ---- */

static void note_words(struct facts_reader *reader, const struct json_value *value)
{
    if (value->kind == JSON_STRING && value->text.len > 0)
        reader->facts.said = true;
}

/* The text of the answer. In two places nobody could tell which comes first. */
static void note_answer(struct facts_reader *reader, const struct json_value *value)
{
    struct facts *facts = &reader->facts;
    if (value->kind != JSON_STRING || value->text.len == 0)
        return;
    facts->said = true;
    facts->said_else = facts->said_else || facts->words.end > 0;
    facts->words = (struct span){ value->start, value->end };
}

static void note_refusal(struct facts_reader *reader, const struct json_value *value)
{
    if (value->kind == JSON_STRING && value->text.len > 0)
        reader->facts.said = reader->facts.said_else = true;
}

static void note_thought(struct facts_reader *reader, const struct json_value *value)
{
    (void)value;
    reader->facts.said = true;
}

static void note_anything(struct facts_reader *reader, const struct json_value *value)
{
    (void)value;
    reader->facts.said = reader->facts.said_else = true;
}

static void note_index(struct facts_reader *reader, const struct json_value *value)
{
    uint64_t index;
    if (value->kind == JSON_NUMBER && text_to_u64(value->text, &index))
        reader->choice = index < 64 ? (uint64_t)1 << index : 0;
}

static void note_finish_reason(struct facts_reader *reader, const struct json_value *value)
{
    reader->choice_finished = value->kind == JSON_STRING && value->text.len > 0;
}

static void note_choice(struct facts_reader *reader, const struct json_value *value)
{
    (void)value;
    reader->facts.has_choices = true;
    reader->choice = 1;
    reader->choice_finished = false;
}

static void note_choice_end(struct facts_reader *reader)
{
    reader->facts.choices_seen |= reader->choice;
    if (reader->choice_finished)
        reader->facts.choices_finished |= reader->choice;
}

static void note_usage(struct facts_reader *reader, const struct json_value *value)
{
    reader->facts.has_usage = value->kind == JSON_OBJECT;
}

static void note_tokens(struct facts_reader *reader, const struct json_value *value)
{
    uint64_t tokens;
    if (value->kind == JSON_NUMBER && text_to_u64(value->text, &tokens) && tokens <= INT64_MAX)
        *(int64_t *)((char *)&reader->facts.usage + reader->rule->offset) = (int64_t)tokens;
}

static void note_input(struct facts_reader *reader, const struct json_value *value)
{
    reader->says_input = true;
    note_tokens(reader, value);
}

/* As Anthropic counts: what is read from a cache, or written to one, comes on top. Some others give
 * the same names to parts of a whole that they call otherwise. */
static void note_beside(struct facts_reader *reader, const struct json_value *value)
{
    uint64_t tokens;
    if (value->kind != JSON_NUMBER || !text_to_u64(value->text, &tokens) || tokens > INT32_MAX)
        return;
    reader->beside += (int64_t)tokens;
    if (reader->rule->offset)
        *(int64_t *)((char *)&reader->facts.usage + reader->rule->offset) = (int64_t)tokens;
}

/* A code may be a number. */
static void note_text(struct facts_reader *reader, const struct json_value *value)
{
    if (value->kind != JSON_STRING && value->kind != JSON_NUMBER)
        return;
    struct buffer *kept = (struct buffer *)((char *)reader + reader->rule->offset);
    kept->len = 0;
    buffer_append(kept, value->text.data,
                  value->text.len < kept->max ? value->text.len : kept->max);
}

/* An error is an object, or for some providers only its message. */
static void note_error(struct facts_reader *reader, const struct json_value *value)
{
    reader->facts.has_error =
        value->kind != JSON_NULL && (value->kind != JSON_BOOL || value->truth);
    if (value->kind == JSON_STRING)
        note_text(reader, value);
}

static void note_type(struct facts_reader *reader, const struct json_value *value)
{
    static const struct {
        const char *type;
        enum fact_type is;
    } rows[] = {
        { "response.completed", TYPE_FINISH },
        { "response.incomplete", TYPE_FINISH },
        { "response.failed", TYPE_ERROR },
        { "error", TYPE_ERROR },
        { "content_block_start", TYPE_BLOCK_BEGIN },
        { "content_block_delta", TYPE_DELTA },
        { "content_block_stop", TYPE_BLOCK_END },
        { "message_delta", TYPE_FINISH },
        { "message_stop", TYPE_END },
        { "transcript.text.done", TYPE_FINISH },
        { "speech.audio.done", TYPE_FINISH },
        { "image_generation.completed", TYPE_FINISH },
        { "image_edit.completed", TYPE_FINISH },
    };
    if (value->kind != JSON_STRING)
        return;
    reader->facts.type = text_ends(value->text, ".delta") ? TYPE_DELTA : TYPE_NONE;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (text_is(value->text, rows[i].type))
            reader->facts.type = rows[i].is;
}

static void note_block(struct facts_reader *reader, const struct json_value *value)
{
    static const struct {
        const char *type;
        enum fact_block is;
    } rows[] = {
        { "text", FACT_BLOCK_TEXT },
        { "thinking", FACT_BLOCK_THOUGHT },
        { "redacted_thinking", FACT_BLOCK_THOUGHT },
    };
    reader->facts.block = FACT_BLOCK_OTHER;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (value->kind == JSON_STRING && text_is(value->text, rows[i].type))
            reader->facts.block = rows[i].is;
}

/* ---- where it is noted ---- */

#define RULES(table)  .rules = (table), .rule_count = sizeof(table) / sizeof((table)[0])
#define WORDS(noted)  .note = (noted), .is_words = true
#define TOKENS(name)  .note = note_tokens, .offset = offsetof(struct usage, name)
#define KEEP_IN(name) .note = note_text, .offset = offsetof(struct facts_reader, name)

/* clang-format off */
static const struct facts_place anything = { .note_any = note_anything };
static const struct facts_place thoughts = { .note_any = note_thought };

static const struct facts_rule delta_rules[] = {
    { TEXT("content"),           .inside = &anything, WORDS(note_answer) },
    { TEXT("reasoning"),         .inside = &thoughts, WORDS(note_words) },
    { TEXT("reasoning_content"), .inside = &thoughts, WORDS(note_words) },
    { TEXT("reasoning_details"), .inside = &thoughts },
    { TEXT("refusal"),           WORDS(note_refusal) },
    { TEXT("tool_calls"),        .inside = &anything },
    { TEXT("function_call"),     .inside = &anything },
    { TEXT("audio"),             .inside = &anything },
    { TEXT("images"),            .inside = &anything },
};
static const struct facts_place delta = { RULES(delta_rules) };

static const struct facts_rule choice_rules[] = {
    { TEXT("delta"),         .inside = &delta },
    { TEXT("index"),         .note = note_index },
    { TEXT("finish_reason"), .note = note_finish_reason },
    { TEXT("text"),          WORDS(note_answer) },
};
static const struct facts_place choice = { RULES(choice_rules), .note_end = note_choice_end };
static const struct facts_place choices = { .element = &choice, .note_any = note_choice };

static const struct facts_rule details_in_rules[] = {
    { TEXT("cached_tokens"), TOKENS(tokens_cached) },
};
static const struct facts_rule details_out_rules[] = {
    { TEXT("reasoning_tokens"), TOKENS(tokens_reasoning) },
};
static const struct facts_place details_in = { RULES(details_in_rules) };
static const struct facts_place details_out = { RULES(details_out_rules) };

static const struct facts_rule usage_rules[] = {
    { TEXT("prompt_tokens"),             TOKENS(tokens_in) },
    { TEXT("input_tokens"),              .note = note_input, .offset = offsetof(struct usage, tokens_in) },
    { TEXT("cache_read_input_tokens"),   .note = note_beside, .offset = offsetof(struct usage, tokens_cached) },
    { TEXT("cache_creation_input_tokens"), .note = note_beside },
    { TEXT("completion_tokens"),         TOKENS(tokens_out) },
    { TEXT("output_tokens"),             TOKENS(tokens_out) },
    { TEXT("prompt_cache_hit_tokens"),   TOKENS(tokens_cached) },
    { TEXT("prompt_tokens_details"),     .inside = &details_in },
    { TEXT("input_tokens_details"),      .inside = &details_in },
    { TEXT("completion_tokens_details"), .inside = &details_out },
    { TEXT("output_tokens_details"),     .inside = &details_out },
};
static const struct facts_place usage = { RULES(usage_rules) };

static const struct facts_rule error_rules[] = {
    { TEXT("message"), KEEP_IN(error_message) },
    { TEXT("code"),    KEEP_IN(error_code) },
    { TEXT("type"),    KEEP_IN(error_type) },
};
static const struct facts_place error = { RULES(error_rules) };

/* Of a Responses event, whose reply is a member of its own. */
static const struct facts_rule response_rules[] = {
    { TEXT("usage"), .inside = &usage },
    { TEXT("error"), .inside = &error },
};
static const struct facts_place response = { RULES(response_rules) };

/* Of the event that an Anthropic stream begins with; and Groq's own member. */
static const struct facts_rule message_rules[] = {
    { TEXT("usage"), .inside = &usage },
};
static const struct facts_place message = { RULES(message_rules) };

/* Of the events in the middle of one. */
static const struct facts_rule block_rules[] = {
    { TEXT("type"), .note = note_block },
    { TEXT("text"), WORDS(note_answer) },
};
static const struct facts_rule block_delta_rules[] = {
    { TEXT("text"),         WORDS(note_answer) },
    { TEXT("thinking"),     WORDS(note_words) },
    { TEXT("partial_json"), WORDS(note_refusal) },
};
static const struct facts_place block = { RULES(block_rules) };
static const struct facts_place block_delta = { RULES(block_delta_rules) };

static const struct facts_rule top_rules[] = {
    { TEXT("choices"),  .inside = &choices },
    { TEXT("usage"),    .inside = &usage, .note = note_usage, .is_usage = true },
    { TEXT("error"),    .inside = &error, .note = note_error, .offset = offsetof(struct facts_reader, error_message) },
    { TEXT("type"),     .note = note_type },
    { TEXT("response"), .inside = &response },
    { TEXT("message"),  .inside = &message, KEEP_IN(error_message) }, /* the latter of an event of type `error` */
    { TEXT("code"),     KEEP_IN(error_code) },
    { TEXT("x_groq"),   .inside = &message },
    { TEXT("delta"),    .inside = &block_delta },
    { TEXT("content_block"), .inside = &block },
};
const struct facts_place facts_top = { RULES(top_rules) };
/* clang-format on */
