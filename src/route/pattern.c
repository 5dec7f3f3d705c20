/* pattern.c - reads and matches what rules compare with. */
#include "pattern.h"

static void read_pattern(struct schema_reading *reading, const struct yaml_node *node,
                         struct text source, bool only_regex, struct pattern *ret_pattern)
{
    bool regex = source.len >= 2 && source.data[0] == '/' &&
                 (text_ends(source, "/") || text_ends(source, "/i"));
    if (regex || only_regex)
        ret_pattern->regex = regex_read(reading, node, source);
    else
        ret_pattern->exact = arena_text(reading->arena, source);
}

static void read_list(struct schema_reading *reading, const struct yaml_node *node, bool only_regex,
                      struct patterns *patterns)
{
    struct schema_texts texts;
    if (!schema_to_texts(reading, node, &texts))
        return;
    if (!texts.count)
        problems_add(reading->problems, PROBLEM_ERROR, node, "expected at least one value");
    patterns->items = arena_array(reading->arena, texts.count, sizeof *patterns->items);
    patterns->count = texts.count;
    const struct yaml_node *place = node->kind == YAML_SEQUENCE ? node->first : node;
    for (size_t i = 0; i < texts.count; i++) {
        read_pattern(reading, place, text_of(texts.items[i]), only_regex, &patterns->items[i]);
        place = place->next ? place->next : place;
    }
}

void patterns_read(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    read_list(reading, node, false, field);
}

void expressions_read(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    read_list(reading, node, true, field);
}

void pattern_map_read(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    struct pattern_map *map = field;
    if (node->kind != YAML_MAPPING || !node->count) {
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "expected a mapping of names to values or lists of values");
        return;
    }
    map->items = arena_array(reading->arena, node->count, sizeof *map->items);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        struct named_patterns *named = &map->items[map->count++];
        named->name = arena_string(reading->arena, child->key);
        read_list(reading, child, false, &named->patterns);
    }
}

bool patterns_match(const struct patterns *patterns, struct text subject)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        if (pattern->regex ? regex_matches(pattern->regex, subject)
                           : text_equal(pattern->exact, subject))
            return true;
    }
    return !patterns->count;
}

bool ranges_match(const struct ranges *ranges, int64_t number)
{
    for (size_t i = 0; i < ranges->count; i++) {
        int64_t low = ranges->items[i].low, high = ranges->items[i].high;
        if (low <= high ? number >= low && number <= high : number >= low || number <= high)
            return true;
    }
    return !ranges->count;
}

/* Comparisons, the longer first. `low` and `high`: which end the number gives, and how far off. */
static const struct comparison {
    const char *sign;
    bool low, high;
    int64_t shift;
} comparisons[] = {
    { ">=", true, false, 0 }, { "<=", false, true, 0 }, { "==", true, true, 0 },
    { ">", true, false, 1 },  { "<", false, true, -1 }, { "=", true, true, 0 },
    { "", true, true, 0 },
};

#define NUMBER_MAX 1000000000000LL

static bool number_of(struct text text, int64_t *ret_number)
{
    uint64_t number;
    if (!text_to_u64(text_trim(text), &number) || number > NUMBER_MAX)
        return false;
    *ret_number = (int64_t)number;
    return true;
}

static bool parse_between(struct text text, struct range *ret_range)
{
    struct text rest = text, first;
    return text_split(&rest, '-', &first) && first.len < text.len &&
           number_of(first, &ret_range->low) && number_of(rest, &ret_range->high);
}

static bool parse_comparison(struct text text, struct range *ret_range)
{
    const struct comparison *row = comparisons;
    while (!text_starts(text, row->sign))
        row++;
    size_t sign = strlen(row->sign);
    int64_t number;
    if (!number_of((struct text){ text.data + sign, text.len - sign }, &number))
        return false;
    ret_range->low = row->low ? number + row->shift : INT64_MIN;
    ret_range->high = row->high ? number + row->shift : INT64_MAX;
    return true;
}

static bool parse_range(struct text text, struct range *ret_range)
{
    text = text_trim(text);
    return parse_between(text, ret_range) || parse_comparison(text, ret_range);
}

static void read_ranges(struct schema_reading *reading, const struct yaml_node *node, bool hours,
                        struct ranges *ranges)
{
    struct schema_texts texts;
    if (!schema_to_texts(reading, node, &texts))
        return;
    ranges->items = arena_array(reading->arena, texts.count, sizeof *ranges->items);
    for (size_t i = 0; i < texts.count; i++) {
        struct range *range = &ranges->items[ranges->count++];
        bool fine = parse_range(text_of(texts.items[i]), range);
        if (hours)
            fine =
                fine && range->low >= 0 && range->low < 24 && range->high >= 0 && range->high < 24;
        else
            fine = fine && range->low <= range->high;
        if (!fine)
            problems_add(reading->problems, PROBLEM_ERROR, node,
                         hours
                             ? "expected hours from 0 to 23, like 12 or 9-17; not \"%s\""
                             : "expected a comparison, like \">= 2000\" or \"100-200\"; not \"%s\"",
                         texts.items[i]);
    }
}

void ranges_read(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    read_ranges(reading, node, false, field);
}

void hours_read(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    read_ranges(reading, node, true, field);
}
