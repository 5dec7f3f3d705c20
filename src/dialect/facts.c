/* facts.c - walks a reply's JSON by a table of places, and notes what the table says. */
#include "facts.h"

#include <stdlib.h>

#include "facts_places.h"

static bool has_only_digits(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len > 0;
}

/* What places note of any value in them is that there is one. */
static void note_loose(struct facts_reader *reader, const struct json_value *value)
{
    const struct facts_rule *rule = reader->rule;
    bool is_noted = rule && rule->note;
    bool is_words = value->kind == JSON_STRING && value->text.len > 0;
    bool is_count = value->kind == JSON_NUMBER && has_only_digits(value->text) && value->rest == 0;
    bool is_loose = is_words ? !is_noted || rule->is_words : is_count && !is_noted;
    if (is_loose && reader->loose_count < FACTS_LOOSE_MAX)
        reader->loose[reader->loose_count++] = (struct span){ value->start, value->end };
}

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
    reader->in_usage = reader->rule && reader->rule->is_usage;
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
        reader->places[0] = value->kind == JSON_OBJECT ? &facts_top : NULL;
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
    reader->facts.is_object = reader->places[0] == &facts_top;
    add_beside(reader);
    return reader->facts.is_object;
}
