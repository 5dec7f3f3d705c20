/* facts.c - walks a reply's JSON by a table of places: which member is looked at, and for what. */
#include "facts.h"

#include <stdlib.h>

struct facts_rule {
    struct text key;
    const struct facts_place *inside; /* where its container leads, NULL: not looked into */
    void (*note)(struct facts_reader *, const struct json_value *);
    size_t offset; /* of a member of struct usage, or of the reader's buffer */
};

struct facts_place {
    const struct facts_rule *rules;
    size_t rule_count;
    const struct facts_place *element; /* of an array */
    void (*note_any)(struct facts_reader *, const struct json_value *);
    void (*note_end)(struct facts_reader *);
};

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
        { "content_block_delta", TYPE_DELTA },
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

static bool has_only_digits(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len > 0;
}

/* Only that it says something is noted: another text in its place would be noted the same. */
static bool is_about_words(const struct facts_rule *rule)
{
    return rule->note == note_words || rule->note == note_answer || rule->note == note_refusal;
}

/* What places note of any value in them is that there is one. */
static void note_loose(struct facts_reader *reader, const struct json_value *value)
{
    const struct facts_rule *rule = reader->rule;
    bool is_noted = rule && rule->note;
    bool is_words = value->kind == JSON_STRING && value->text.len > 0;
    bool is_count = value->kind == JSON_NUMBER && has_only_digits(value->text) && value->rest == 0;
    bool is_loose = is_words ? !is_noted || is_about_words(rule) : is_count && !is_noted;
    if (is_loose && reader->loose_count < FACTS_LOOSE_MAX)
        reader->loose[reader->loose_count++] = (struct span){ value->start, value->end };
}

/* ---- where it is noted ---- */

#define RULES(table)  .rules = (table), .rule_count = sizeof(table) / sizeof((table)[0])
#define TOKENS(name)  .note = note_tokens, .offset = offsetof(struct usage, name)
#define KEEP_IN(name) .note = note_text, .offset = offsetof(struct facts_reader, name)

/* clang-format off */
static const struct facts_place anything = { .note_any = note_anything };
static const struct facts_place thoughts = { .note_any = note_thought };

static const struct facts_rule delta_rules[] = {
    { TEXT("content"),           .inside = &anything, .note = note_answer },
    { TEXT("reasoning"),         .inside = &thoughts, .note = note_words },
    { TEXT("reasoning_content"), .inside = &thoughts, .note = note_words },
    { TEXT("reasoning_details"), .inside = &thoughts },
    { TEXT("refusal"),           .note = note_refusal },
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
    { TEXT("text"),          .note = note_answer },
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

static const struct facts_rule top_rules[] = {
    { TEXT("choices"),  .inside = &choices },
    { TEXT("usage"),    .inside = &usage, .note = note_usage },
    { TEXT("error"),    .inside = &error, .note = note_error, .offset = offsetof(struct facts_reader, error_message) },
    { TEXT("type"),     .note = note_type },
    { TEXT("response"), .inside = &response },
    { TEXT("message"),  .inside = &message, KEEP_IN(error_message) }, /* the latter of an event of type `error` */
    { TEXT("code"),     KEEP_IN(error_code) },
    { TEXT("x_groq"),   .inside = &message },
};
static const struct facts_place top = { RULES(top_rules) };
/* clang-format on */

/* ---- the walk ---- */

static const struct facts_rule *find_rule(const struct facts_place *place, struct text key)
{
    for (size_t i = 0; place && i < place->rule_count; i++)
        if (text_equal(place->rules[i].key, key))
            return &place->rules[i];
    return NULL;
}

/* The comma that goes with a removed member is the one before it; of the first, the one after. */
static void on_top_key(struct facts_reader *reader, const struct json_value *key)
{
    struct span *member = &reader->facts.usage_member;
    if (reader->usage_is_first) {
        member->end = key->start;
        reader->usage_is_first = false;
    }
    reader->in_usage = reader->rule && reader->rule->note == note_usage;
    if (reader->in_usage)
        member->start = reader->member_end ? reader->member_end : key->start;
}

static void on_top_member_end(struct facts_reader *reader, size_t end)
{
    if (reader->in_usage) {
        reader->facts.usage_member.end = end;
        reader->usage_is_first = reader->member_end == 0;
    }
    reader->in_usage = false;
    reader->member_end = end;
}

static void on_key(struct facts_reader *reader, const struct json_value *key)
{
    reader->rule = find_rule(reader->places[key->depth - 1], key->text);
    if (key->depth == 1)
        on_top_key(reader, key);
}

static void on_end(struct facts_reader *reader, const struct json_value *end)
{
    const struct facts_place *place = reader->places[end->depth];
    if (place && place->note_end)
        place->note_end(reader);
}

/* A container's place: what its rule says, what elements of an array are, or nobody's. */
static void enter(struct facts_reader *reader, const struct json_value *value,
                  const struct facts_place *around)
{
    if (value->depth == 0)
        reader->places[0] = value->kind == JSON_OBJECT ? &top : NULL;
    else if (reader->rule)
        reader->places[value->depth] = reader->rule->inside;
    else
        reader->places[value->depth] = around ? around->element : NULL;
}

static void on_value(struct facts_reader *reader, const struct json_value *value)
{
    const struct facts_place *around = value->depth > 0 ? reader->places[value->depth - 1] : NULL;
    if (around && around->note_any)
        around->note_any(reader, value);
    if (reader->rule && reader->rule->note)
        reader->rule->note(reader, value);
    if (value->kind == JSON_OBJECT || value->kind == JSON_ARRAY)
        enter(reader, value, around);
    else
        note_loose(reader, value);
    reader->rule = NULL;
}

static bool on_json(void *owner, const struct json_value *value)
{
    struct facts_reader *reader = owner;
    bool is_end = value->kind == JSON_OBJECT_END || value->kind == JSON_ARRAY_END;
    bool is_whole = is_end || (value->kind != JSON_OBJECT && value->kind != JSON_ARRAY);
    if (value->kind == JSON_KEY) {
        on_key(reader, value);
        return true;
    }
    if (is_end)
        on_end(reader, value);
    else
        on_value(reader, value);
    if (is_whole && value->depth == 1)
        on_top_member_end(reader, value->end);
    return true;
}

void facts_reader_init(struct facts_reader *reader)
{
    *reader = (struct facts_reader){ .scan = json_scan_new(on_json, reader) };
    if (!reader->scan)
        abort();
    buffer_init(&reader->error_message, FACT_TEXT_MAX);
    buffer_init(&reader->error_code, FACT_TEXT_MAX);
    buffer_init(&reader->error_type, FACT_TEXT_MAX);
}

void facts_reader_clear(struct facts_reader *reader)
{
    json_scan_free(reader->scan);
    buffer_clear(&reader->error_message);
    buffer_clear(&reader->error_code);
    buffer_clear(&reader->error_type);
}

/* Whoever says `prompt_tokens` has counted them in. */
static void add_beside(struct facts_reader *reader)
{
    if (reader->says_input && reader->facts.usage.tokens_in >= 0)
        reader->facts.usage.tokens_in += reader->beside;
}

bool facts_read(struct facts_reader *reader, struct text document)
{
    json_scan_reset(reader->scan);
    reader->facts = (struct facts){ .usage = USAGE_UNKNOWN };
    reader->error_message.len = reader->error_code.len = reader->error_type.len = 0;
    reader->loose_count = 0;
    reader->beside = 0;
    reader->says_input = false;
    reader->rule = NULL;
    reader->places[0] = NULL;
    reader->in_usage = reader->usage_is_first = false;
    reader->member_end = 0;
    if (json_scan_feed(reader->scan, document) || json_scan_finish(reader->scan))
        return false;
    reader->facts.is_object = reader->places[0] == &top;
    add_beside(reader);
    return reader->facts.is_object;
}
