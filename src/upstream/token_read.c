/* token_read.c - what a source of bearer tokens says. */
#include <jansson.h>
#include <math.h>
#include <strings.h>

#include "upstream/token.h"

#define LIFE_MOST_S (366.0 * 24 * 3600)

void token_answer_init(struct token_answer *answer)
{
    *answer = (struct token_answer){ .lives_ms = -1 };
    buffer_init(&answer->value, TOKEN_MAX);
}

void token_answer_clear(struct token_answer *answer)
{
    buffer_clear(&answer->value);
}

/* What a header can carry as it stands: no space, no control byte. */
static bool is_sendable(struct text value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.data[i] <= 0x20 || (unsigned char)value.data[i] >= 0x7f)
            return false;
    return true;
}

static enum token_trouble take(struct text value, struct token_answer *answer)
{
    answer->value.len = 0;
    if (value.len == 0)
        return TOKEN_EMPTY;
    if (!is_sendable(value))
        return TOKEN_UNSENDABLE;
    return buffer_append_text(&answer->value, value) ? TOKEN_FINE : TOKEN_TOO_LARGE;
}

/* A number, or one in quotes. NAN where nobody said. */
static double seconds_of(const json_t *said)
{
    double number;
    if (json_is_number(said))
        return json_number_value(said);
    return json_is_string(said) && text_to_double(text_of(json_string_value(said)), &number)
               ? number
               : (double)NAN;
}

static enum token_trouble take_life(const json_t *said, int64_t age_ms, struct token_answer *answer)
{
    const double seconds = seconds_of(said);
    answer->lives_ms = -1;
    if (isnan(seconds))
        return said ? TOKEN_MALFORMED : TOKEN_FINE;
    const double lives_ms = fmin(fmax(seconds, 0), LIFE_MOST_S) * 1000 - (double)age_ms;
    answer->lives_ms = lives_ms > 0 ? (int64_t)lives_ms : 0;
    return answer->lives_ms > 0 ? TOKEN_FINE : TOKEN_ENDED;
}

static enum token_trouble take_object(const json_t *object, int64_t age_ms,
                                      struct token_answer *answer)
{
    const json_t *token = json_object_get(object, "access_token");
    const char *type = json_string_value(json_object_get(object, "token_type"));
    if (!json_is_string(token) || (type && strcasecmp(type, "Bearer") != 0))
        return TOKEN_MALFORMED;
    enum token_trouble trouble =
        take((struct text){ json_string_value(token), json_string_length(token) }, answer);
    return trouble ? trouble : take_life(json_object_get(object, "expires_in"), age_ms, answer);
}

static enum token_trouble read_json(struct text said, int64_t age_ms, struct token_answer *answer)
{
    json_t *object = json_loadb(said.data, said.len, JSON_REJECT_DUPLICATES, NULL);
    const enum token_trouble trouble =
        json_is_object(object) ? take_object(object, age_ms, answer) : TOKEN_MALFORMED;
    json_decref(object);
    return trouble;
}

void token_read(struct text said, bool is_file, int64_t age_ms, struct token_answer *answer)
{
    said = text_trim(said);
    answer->lives_ms = -1;
    answer->detail = 0;
    if (said.len == 0)
        answer->trouble = TOKEN_EMPTY;
    else if (is_file && said.data[0] != '{')
        answer->trouble = take(said, answer);
    else
        answer->trouble = read_json(said, age_ms, answer);
}
