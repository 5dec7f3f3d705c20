/* http.c - header lines as a relay sees them: tokens, retry-after, and the lists of what may pass.
 */
#include "wire/http.h"

#include <time.h>

#define RETRY_AFTER_MAX_MS (366.0 * 24 * 3600 * 1000) /* more than a year is nonsense */

/* clang-format off */
static const bool tchars[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1,
    ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

/* A name that ends with - stands for all that begin so. The first row that fits decides. */
struct relay_rule {
    struct text name;
    bool relayed;
};

static const struct relay_rule response_rules[] = {
    { TEXT("content-type"),        true },
    { TEXT("content-disposition"), true },
    { TEXT("content-language"),    true },
    { TEXT("content-range"),       true },
    { TEXT("accept-ranges"),       true },
    { TEXT("etag"),                true },
    { TEXT("last-modified"),       true },
    { TEXT("retry-after"),         true },
    { TEXT("retry-after-ms"),      true },
    { TEXT("x-should-retry"),      true },
    { TEXT("x-ratelimit-"),        true },
    { TEXT("openai-organization"), false }, /* they name the operator's account, not the client's */
    { TEXT("openai-project"),      false },
    { TEXT("openai-"),             true },
};
/* clang-format on */

bool http_is_token(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!tchars[(unsigned char)name.data[i]])
            return false;
    return name.len > 0;
}

/* Up to two digits or four at a fixed place; -1 where there is anything else. */
static int digits_at(struct text date, size_t at, size_t count)
{
    uint64_t number;
    if (!text_to_u64((struct text){ date.data + at, count }, &number))
        return -1;
    return (int)number;
}

static int month_at(struct text date, size_t at)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int month = 0; month < 12; month++)
        if (memcmp(names + (size_t)month * 3, date.data + at, 3) == 0)
            return month;
    return -1;
}

/* The layout has a # where anything may stand. */
static bool fits_layout(struct text date, const char *layout)
{
    if (date.len != strlen(layout))
        return false;
    for (size_t i = 0; i < date.len; i++)
        if (layout[i] != '#' && layout[i] != date.data[i])
            return false;
    return true;
}

static bool is_possible(struct tm *when, int64_t *ret_wall_ms)
{
    if (when->tm_mday < 1 || when->tm_mday > 31 || when->tm_mon < 0 || when->tm_mon > 11 ||
        when->tm_year < 70 || when->tm_hour < 0 || when->tm_hour > 23 || when->tm_min < 0 ||
        when->tm_min > 59 || when->tm_sec < 0 || when->tm_sec > 60)
        return false;
    *ret_wall_ms = (int64_t)timegm(when) * 1000;
    return true;
}

/* `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that is still written. False for anything else. */
static bool read_date(struct text date, int64_t *ret_wall_ms)
{
    if (!fits_layout(date, "###, ## ### #### ##:##:## GMT"))
        return false;
    struct tm when = {
        .tm_mday = digits_at(date, 5, 2),
        .tm_mon = month_at(date, 8),
        .tm_year = digits_at(date, 12, 4) - 1900,
        .tm_hour = digits_at(date, 17, 2),
        .tm_min = digits_at(date, 20, 2),
        .tm_sec = digits_at(date, 23, 2),
    };
    return is_possible(&when, ret_wall_ms);
}

/* `1994-11-06T08:49:37Z`, as limits have it that are told by the moment of their end. */
static bool read_moment(struct text moment, int64_t *ret_wall_ms)
{
    if (!fits_layout(moment, "####-##-##T##:##:##Z"))
        return false;
    struct tm when = {
        .tm_mday = digits_at(moment, 8, 2),
        .tm_mon = digits_at(moment, 5, 2) - 1,
        .tm_year = digits_at(moment, 0, 4) - 1900,
        .tm_hour = digits_at(moment, 11, 2),
        .tm_min = digits_at(moment, 14, 2),
        .tm_sec = digits_at(moment, 17, 2),
    };
    return is_possible(&when, ret_wall_ms);
}

/* A number of `unit_ms`; -1 for what is not one. */
static int64_t read_wait(struct text value, double unit_ms)
{
    double number;
    if (!text_to_double(text_trim(value), &number))
        return -1;
    double wait_ms = number * unit_ms;
    return wait_ms >= 0 && wait_ms <= RETRY_AFTER_MAX_MS ? (int64_t)wait_ms : -1;
}

int64_t http_retry_after_ms(struct text retry_after, struct text retry_after_ms,
                            int64_t now_wall_ms)
{
    int64_t wait_ms = read_wait(retry_after_ms, 1);
    if (wait_ms < 0)
        wait_ms = read_wait(retry_after, 1000);
    int64_t until_ms;
    if (wait_ms >= 0 || !read_date(text_trim(retry_after), &until_ms))
        return wait_ms;
    if (until_ms <= now_wall_ms)
        return 0;
    return until_ms - now_wall_ms <= RETRY_AFTER_MAX_MS ? until_ms - now_wall_ms : -1;
}

/* The longest first: "ms" is no "m". */
static const struct {
    struct text name;
    double ms;
} duration_units[] = {
    { TEXT("ms"), 1 },   { TEXT("us"), 0.001 },    { TEXT("ns"), 0.000001 },
    { TEXT("s"), 1000 }, { TEXT("m"), 60 * 1000 }, { TEXT("h"), 60 * 60 * 1000 },
};

static size_t number_len(struct text text)
{
    size_t len = 0;
    while (len < text.len &&
           ((text.data[len] >= '0' && text.data[len] <= '9') || text.data[len] == '.'))
        len++;
    return len;
}

/* One number with its unit, which it moves over; -1 where there is none. */
static double read_part(struct text *text)
{
    size_t len = number_len(*text);
    double number;
    if (!text_to_double((struct text){ text->data, len }, &number))
        return -1;
    struct text rest = { text->data + len, text->len - len };
    for (size_t i = 0; i < sizeof(duration_units) / sizeof(duration_units[0]); i++) {
        struct text unit = duration_units[i].name;
        if (rest.len < unit.len || memcmp(rest.data, unit.data, unit.len) != 0)
            continue;
        *text = (struct text){ rest.data + unit.len, rest.len - unit.len };
        return number * duration_units[i].ms;
    }
    return -1;
}

int64_t http_duration_ms(struct text value)
{
    struct text rest = text_trim(value);
    double sum_ms = 0;
    if (rest.len > 0 && number_len(rest) == rest.len)
        return read_wait(rest, 1000);
    if (rest.len == 0)
        return -1;
    while (rest.len > 0) {
        double part_ms = read_part(&rest);
        if (part_ms < 0)
            return -1;
        sum_ms += part_ms;
    }
    return sum_ms <= RETRY_AFTER_MAX_MS ? (int64_t)(sum_ms + 0.5) : -1;
}

int64_t http_limit_ms(struct text remaining, struct text reset, int64_t now_wall_ms)
{
    double left;
    int64_t until_ms;
    if (!text_to_double(text_trim(remaining), &left) || left > 0)
        return -1;
    if (!read_moment(text_trim(reset), &until_ms))
        return http_duration_ms(reset);
    int64_t wait_ms = until_ms - now_wall_ms;
    return wait_ms >= 0 && wait_ms <= RETRY_AFTER_MAX_MS ? wait_ms : -1;
}

static bool fits(const struct relay_rule *rule, struct text name)
{
    if (name.len == 0 || (name.data[0] | 0x20) != rule->name.data[0])
        return false;
    bool is_prefix = rule->name.data[rule->name.len - 1] == '-';
    if (is_prefix && name.len > rule->name.len)
        name.len = rule->name.len;
    return text_equal_nocase(name, rule->name);
}

bool http_may_relay_response(struct text name)
{
    for (size_t i = 0; i < sizeof(response_rules) / sizeof(response_rules[0]); i++)
        if (fits(&response_rules[i], name))
            return response_rules[i].relayed;
    return false;
}
