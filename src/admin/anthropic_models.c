/* anthropic_models.c - the list of models as Anthropic's clients read it: in pages, with dates. */
#include <time.h>

#include "admin/pages.h"

#define DATE_SIZE sizeof("1970-01-01T00:00:00Z")

static void write_date(time_t second, char date[DATE_SIZE])
{
    struct tm utc;
    gmtime_r(&second, &utc);
    strftime(date, DATE_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* What the two lists say of a model is the same, under other names. */
json_t *page_anthropic_model(const json_t *entry)
{
    char date[DATE_SIZE];
    const char *name = json_string_value(json_object_get(entry, "id"));
    const json_t *window = json_object_get(entry, "context_length");
    write_date((time_t)json_integer_value(json_object_get(entry, "created")), date);
    json_t *model = json_pack("{s:s, s:s, s:s, s:s}", "type", "model", "id", name, "display_name",
                              name, "created_at", date);
    if (window)
        json_object_set_new(model, "max_input_tokens", json_integer(json_integer_value(window)));
    return model;
}

/* Where the entry of that name stands; `otherwise` where there is none. */
static size_t place_of(const json_t *entries, struct text name, size_t otherwise)
{
    size_t i;
    json_t *entry;
    json_array_foreach(
        entries, i,
        entry) if (text_is(name, json_string_value(json_object_get(entry, "id")))) return i;
    return otherwise;
}

static json_t *id_at(const json_t *entries, size_t at, bool is_one)
{
    return is_one ? json_incref(json_object_get(json_array_get(entries, at), "id")) : json_null();
}

json_t *page_anthropic_models(const json_t *list, const struct page_range *range)
{
    const json_t *entries = json_object_get(list, "data");
    const size_t count = json_array_size(entries);
    size_t first = 0, end = count;
    if (range->after.len > 0)
        first = place_of(entries, range->after, count) + 1;
    if (range->before.len > 0)
        end = place_of(entries, range->before, 0);
    first = first < end ? first : end;
    const bool is_back = range->before.len > 0, has_more = end - first > range->limit;
    if (has_more && is_back)
        first = end - range->limit;
    else if (has_more)
        end = first + range->limit;
    json_t *data = json_array();
    for (size_t i = first; i < end; i++)
        json_array_append_new(data, page_anthropic_model(json_array_get(entries, i)));
    return json_pack("{s:o, s:b, s:o, s:o}", "data", data, "has_more", (int)has_more, "first_id",
                     id_at(entries, first, end > first), "last_id",
                     id_at(entries, end - 1, end > first));
}
