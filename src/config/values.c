/* values.c - single values: durations, sizes, shares, numbers. */
#include "values.h"

#include <math.h>

struct unit {
    const char *name;
    double factor;
};

static const struct unit durations[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60e3 }, { "h", 3600e3 }, { "d", 86400e3 }, { NULL, 0 },
};

static const struct unit sizes[] = {
    { "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824.0 },
    { "KB", 1e3 },   { "MB", 1e6 },      { "GB", 1e9 },
    { "B", 1 },      { NULL, 0 },
};

/* A number and one of the units. The longest unit comes first where one ends with another. */
static bool with_unit(struct text text, const struct unit *units, double *ret_number)
{
    for (; units->name; units++) {
        if (!text_ends(text, units->name))
            continue;
        struct text number = { text.data, text.len - strlen(units->name) };
        double value;
        if (text_to_double(text_trim(number), &value)) {
            *ret_number = value * units->factor;
            return true;
        }
    }
    return false;
}

bool value_duration_ms(struct text text, int64_t *ret_ms)
{
    double ms;
    bool is_zero = text_is(text, "0");
    if (!is_zero && !with_unit(text, durations, &ms))
        return false;
    if (!is_zero && (ms < 0 || ms > 1e13))
        return false;
    *ret_ms = is_zero ? 0 : llround(ms);
    return true;
}

bool value_size(struct text text, uint64_t *ret_bytes)
{
    double bytes;
    if (text_to_u64(text, ret_bytes))
        return true;
    if (!with_unit(text, sizes, &bytes) || bytes < 0 || bytes > 1e15)
        return false;
    *ret_bytes = (uint64_t)bytes;
    return true;
}

bool value_share(struct text text, double *ret_share)
{
    static const struct unit percent[] = { { "%", 0.01 }, { NULL, 0 } };
    double share;
    if (!with_unit(text, percent, &share) && !text_to_double(text, &share))
        return false;
    if (share < 0 || share > 1)
        return false;
    *ret_share = share;
    return true;
}

bool value_bool(struct text text, bool *ret_bool)
{
    bool yes = text_is(text, "true");
    if (!yes && !text_is(text, "false"))
        return false;
    *ret_bool = yes;
    return true;
}

bool value_int(struct text text, int64_t *ret_int)
{
    bool negative = text_starts(text, "-");
    struct text digits = negative ? (struct text){ text.data + 1, text.len - 1 } : text;
    uint64_t number;
    if (!text_to_u64(digits, &number) || number > INT64_MAX)
        return false;
    *ret_int = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

const char *value_hint(enum schema_type type)
{
    static const char *const hints[] = {
        [SCHEMA_BOOL] = "true or false",
        [SCHEMA_INT] = "a whole number",
        [SCHEMA_NUMBER] = "a number",
        [SCHEMA_DURATION] = "a duration with its unit, such as 250ms, 30s or 5m",
        [SCHEMA_SIZE] = "a size, such as 64KiB or 1MiB",
        [SCHEMA_MONEY] = "an amount in USD, such as 2.50",
        [SCHEMA_SHARE] = "a share from 0 to 1, such as 20% or 0.2",
        [SCHEMA_TEXT] = "a text",
        [SCHEMA_SECRET] = "a secret, such as env:NAME, file:PATH or credential:NAME",
        [SCHEMA_ENUM] = "a word",
        [SCHEMA_FLAGS] = "a list of words",
        [SCHEMA_TEXTS] = "a list of texts",
        [SCHEMA_PAIRS] = "a mapping of names to texts",
        [SCHEMA_NUMBERS] = "a mapping of names to numbers",
        [SCHEMA_OBJECT] = "a mapping",
        [SCHEMA_LIST] = "a list",
        [SCHEMA_MAP] = "a mapping of names to mappings",
        [SCHEMA_CUSTOM] = "a value",
    };
    return hints[type];
}
