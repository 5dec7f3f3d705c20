/* request_takes.c - values of a request's own members, checked and put where they belong. */
#include "request_takes.h"

#include <math.h>

static void *field(struct request_reader *reader, const struct member *member)
{
    return (char *)reader + member->offset;
}

static bool keep_text(struct request_reader *reader, const struct json_value *value,
                      struct text *ret_text)
{
    if (value->text.len > REQUEST_NAME_MAX)
        return request_refuse(reader, "must not be longer than %d bytes", REQUEST_NAME_MAX);
    *ret_text = arena_text(reader->arena, value->text);
    return true;
}

bool take_text(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    return keep_text(reader, value, field(reader, member));
}

bool take_bool(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    *(bool *)field(reader, member) = value->truth;
    return true;
}

bool take_amount(struct request_reader *reader, const struct member *member,
                 const struct json_value *value)
{
    double amount;
    if (!text_to_double(value->text, &amount) || amount < 0)
        return request_refuse(reader, "must be a number of at least 0");
    *(double *)field(reader, member) = amount;
    return true;
}

/* Clients write whole numbers as 100.0 and 1e3 too. */
static bool read_whole(struct request_reader *reader, const struct json_value *value, int64_t least,
                       int64_t most, int64_t *ret_number)
{
    double number;
    if (text_to_double(value->text, &number) && number >= (double)least && number <= (double)most &&
        floor(number) == number) {
        *ret_number = (int64_t)number;
        return true;
    }
    request_refuse(reader, "must be a whole number from %lld to %lld", (long long)least,
                   (long long)most);
    return false;
}

bool take_count(struct request_reader *reader, const struct member *member,
                const struct json_value *value)
{
    int64_t count;
    if (!read_whole(reader, value, 0, 1000, &count))
        return false;
    *(int *)field(reader, member) = (int)count;
    return true;
}

bool take_seconds(struct request_reader *reader, const struct member *member,
                  const struct json_value *value)
{
    static const double longest = 7 * 86400;
    double seconds;
    if (!text_to_double(value->text, &seconds) || seconds < 0.001 || seconds > longest)
        return request_refuse(reader, "must be seconds, from 0.001 to %.0f", longest);
    *(int64_t *)field(reader, member) = (int64_t)(seconds * 1000);
    return true;
}

bool take_names(struct request_reader *reader, const struct member *member,
                const struct json_value *value)
{
    (void)value;
    ((struct chat_names *)field(reader, member))->count = 0;
    return true;
}

/* The list is the one that the array around the item stands for. */
bool take_name(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    (void)member;
    struct chat_names *names = field(reader, reader->frames[reader->depth - 1].owner);
    if (names->count == CHAT_MODELS_MAX)
        return request_refuse(reader, "is one too many: at most %d are read", CHAT_MODELS_MAX);
    struct text name;
    if (!keep_text(reader, value, &name))
        return false;
    *request_add_name(reader, names) = name;
    return true;
}

/* A repeated `model` counts as its last, as JSON parsers have it, and each is replaced: which of
 * them the provider would believe is not for us to guess. */
bool take_model(struct request_reader *reader, const struct member *member,
                const struct json_value *value)
{
    (void)member;
    reader->request.model = (struct text){ 0 };
    if (value->kind == JSON_STRING && !keep_text(reader, value, &reader->request.model))
        return false;
    return request_add_splice(reader, SPLICE_MODEL, value->start, value->end);
}

bool take_choices(struct request_reader *reader, const struct member *member,
                  const struct json_value *value)
{
    (void)member;
    int64_t count;
    if (!read_whole(reader, value, 1, 1000000, &count))
        return false;
    reader->request.n = (int)count;
    return true;
}

/* The old name and the new one may both be there: the larger is the safe one to plan with. */
bool take_max_tokens(struct request_reader *reader, const struct member *member,
                     const struct json_value *value)
{
    int64_t count;
    if (!read_whole(reader, value, 0, 1000000000, &count))
        return false;
    if (text_is(member->name, "max_completion_tokens"))
        reader->request.newer_limit = true;
    if (count > reader->request.max_output_tokens)
        reader->request.max_output_tokens = count;
    return true;
}

/* A number in legacy completions, where 0 asks for the chosen token's own. */
/* Not everybody's range is as wide. */
bool take_temperature(struct request_reader *reader, const struct member *member,
                      const struct json_value *value)
{
    double temperature;
    (void)member;
    if (value->kind == JSON_NUMBER && text_to_double(value->text, &temperature) && temperature > 1)
        reader->request.fields |= field_bit(FIELD_TEMPERATURE_ABOVE_1);
    return true;
}

bool take_stop(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    (void)member;
    if (value->kind == JSON_STRING && text_trim(value->text).len == 0)
        reader->request.fields |= field_bit(FIELD_STOP_BLANK);
    return true;
}

bool take_modality(struct request_reader *reader, const struct member *member,
                   const struct json_value *value)
{
    (void)member;
    if (text_is(value->text, "audio"))
        reader->request.fields |= field_bit(FIELD_AUDIO_OUTPUT);
    return true;
}

bool take_logprobs(struct request_reader *reader, const struct member *member,
                   const struct json_value *value)
{
    (void)member;
    if (value->kind == JSON_NUMBER || value->truth)
        reader->request.needs |= NEED_LOGPROBS;
    return true;
}

bool take_top_logprobs(struct request_reader *reader, const struct member *member,
                       const struct json_value *value)
{
    (void)member;
    int64_t count;
    if (!read_whole(reader, value, 0, 1000, &count))
        return false;
    if (count > 0)
        reader->request.needs |= NEED_LOGPROBS;
    return true;
}

/* How the Responses API asks for them. */
bool take_include(struct request_reader *reader, const struct member *member,
                  const struct json_value *value)
{
    (void)member;
    if (!text_is(value->text, "message.output_text.logprobs"))
        return true;
    reader->request.needs |= NEED_LOGPROBS;
    reader->request.fields |= field_bit(FIELD_LOGPROBS);
    return true;
}

bool take_stream_options(struct request_reader *reader, const struct member *member,
                         const struct json_value *value)
{
    (void)member;
    reader->request.stream_options = (struct span){ value->start, value->end };
    reader->request.include_usage_value = (struct span){ 0 };
    reader->request.include_usage = false;
    return true;
}

bool leave_stream_options(struct request_reader *reader, const struct member *member,
                          const struct json_value *value)
{
    (void)member;
    reader->request.stream_options.end = value->end;
    return true;
}

bool take_include_usage(struct request_reader *reader, const struct member *member,
                        const struct json_value *value)
{
    (void)member;
    reader->request.include_usage_value = (struct span){ value->start, value->end };
    reader->request.include_usage = value->truth;
    return true;
}

/* Clients put anything here; only strings can be asked for by a rule. */
bool take_metadata(struct request_reader *reader, const struct member *member,
                   const struct json_value *value)
{
    (void)member;
    struct chat_request *request = &reader->request;
    if (value->kind != JSON_STRING)
        return true;
    if (request->metadata_count == CHAT_PAIRS_MAX)
        return request_refuse(reader, "is one too many: at most %d are read", CHAT_PAIRS_MAX);
    struct chat_pair pair = { .name = reader->frames[reader->depth - 1].name };
    if (!keep_text(reader, value, &pair.value))
        return false;
    request->metadata =
        arena_room_for_one(reader->arena, request->metadata, request->metadata_count, sizeof(pair));
    request->metadata[request->metadata_count++] = pair;
    return true;
}

bool take_sort(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    static const char *const words[] = {
        [SORT_PRICE] = "price",
        [SORT_THROUGHPUT] = "throughput",
        [SORT_LATENCY] = "latency",
    };
    (void)member;
    for (size_t i = SORT_PRICE; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_is(value->text, words[i])) {
            reader->request.wishes.sort = (enum sort)i;
            return true;
        }
    }
    return request_refuse(reader, "must be price, throughput or latency");
}

/* LiteLLM's tags are a list; a string of that name is OpenAI's metadata like any other, and stays.
 */
bool take_tags(struct request_reader *reader, const struct member *member,
               const struct json_value *value)
{
    if (value->kind == JSON_ARRAY)
        return take_names(reader, member, value);
    struct reading_frame *frame = &reader->frames[reader->depth - 1];
    frame->row = frame->place->rest;
    return take_metadata(reader, frame->row, value);
}

/* What cannot be honoured is said and not passed over. */
bool refuse_unknown(struct request_reader *reader, const struct member *member,
                    const struct json_value *value)
{
    (void)member;
    (void)value;
    return request_refuse(reader, "is not supported");
}
