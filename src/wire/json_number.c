/* json_number.c - a number of JSON, as it is written. */
#include "json_scan.h"

enum number { /* how much of one was read */
              NUMBER_END,
              NUMBER_BEGIN,
              NUMBER_MINUS,
              NUMBER_ZERO,
              NUMBER_WHOLE,
              NUMBER_POINT,
              NUMBER_FRACTION,
              NUMBER_E,
              NUMBER_E_SIGN,
              NUMBER_EXPONENT,
};

/* NUMBER_END, which is 0, at a byte that does not belong to it. */
/* clang-format off */
static const unsigned char number_behind[][CLASSES] = {
    [NUMBER_BEGIN]    = { [MINUS] = NUMBER_MINUS, [ZERO] = NUMBER_ZERO, [DIGIT] = NUMBER_WHOLE },
    [NUMBER_MINUS]    = { [ZERO] = NUMBER_ZERO, [DIGIT] = NUMBER_WHOLE },
    [NUMBER_ZERO]     = { [POINT] = NUMBER_POINT, [EXPONENT] = NUMBER_E },
    [NUMBER_WHOLE]    = { [ZERO] = NUMBER_WHOLE, [DIGIT] = NUMBER_WHOLE,
                          [POINT] = NUMBER_POINT, [EXPONENT] = NUMBER_E },
    [NUMBER_POINT]    = { [ZERO] = NUMBER_FRACTION, [DIGIT] = NUMBER_FRACTION },
    [NUMBER_FRACTION] = { [ZERO] = NUMBER_FRACTION, [DIGIT] = NUMBER_FRACTION,
                          [EXPONENT] = NUMBER_E },
    [NUMBER_E]        = { [ZERO] = NUMBER_EXPONENT, [DIGIT] = NUMBER_EXPONENT,
                          [PLUS] = NUMBER_E_SIGN, [MINUS] = NUMBER_E_SIGN },
    [NUMBER_E_SIGN]   = { [ZERO] = NUMBER_EXPONENT, [DIGIT] = NUMBER_EXPONENT },
    [NUMBER_EXPONENT] = { [ZERO] = NUMBER_EXPONENT, [DIGIT] = NUMBER_EXPONENT },
};
/* clang-format on */

#define NUMBER_IS_WHOLE                                                                            \
    (1 << NUMBER_ZERO | 1 << NUMBER_WHOLE | 1 << NUMBER_FRACTION | 1 << NUMBER_EXPONENT)

static bool keep_digits(struct json_scan *scan, const unsigned char *digits, size_t len)
{
    if (len > scan->text_room - scan->text_len && !scan->long_text && !json_grow_text(scan))
        return false;
    const size_t room = scan->text_room - scan->text_len;
    const size_t share = len < room ? len : room;
    memcpy(scan->text + scan->text_len, digits, share);
    scan->text_len += share;
    scan->rest += len - share;
    return true;
}

static bool tell_number(struct json_scan *scan, struct json_value *value, size_t end)
{
    if (!(NUMBER_IS_WHOLE >> scan->number & 1)) {
        scan->fail = FAIL_BAD_JSON;
        return false;
    }
    value->kind = JSON_NUMBER;
    if (!json_tell(scan, value, end))
        return false;
    json_expect_behind_value(scan);
    return true;
}

bool json_end_number(struct json_scan *scan, size_t end)
{
    const struct text text = { scan->text, scan->text_len };
    return tell_number(scan, &(struct json_value){ .text = text, .rest = scan->rest }, end);
}

/* Behind what belongs to it. */
static const unsigned char *pass_digits(struct json_scan *scan, const unsigned char *at,
                                        const unsigned char *end)
{
    unsigned char number = scan->number, next;
    while (at < end && (next = number_behind[number][json_class_of[*at]]) != NUMBER_END) {
        number = next;
        at++;
    }
    scan->number = number;
    return at;
}

const unsigned char *json_read_number(struct json_scan *scan, const unsigned char *at,
                                      const unsigned char *end)
{
    const unsigned char *behind = pass_digits(scan, at, end);
    if (!keep_digits(scan, at, (size_t)(behind - at)))
        return NULL;
    if (behind == end)
        return end;
    return json_end_number(scan, json_place(scan, behind)) ? behind : NULL;
}

const unsigned char *json_begin_number(struct json_scan *scan, const unsigned char *at,
                                       const unsigned char *end)
{
    scan->number = NUMBER_BEGIN;
    const unsigned char *behind = pass_digits(scan, at, end);
    const struct text digits = { (const char *)at, (size_t)(behind - at) };
    if (behind < end) {
        struct json_value value = { .text = digits };
        return tell_number(scan, &value, json_place(scan, behind)) ? behind : NULL;
    }
    json_begin_text(scan);
    scan->inside = IN_NUMBER;
    return keep_digits(scan, at, digits.len) ? end : NULL;
}
