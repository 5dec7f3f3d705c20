/* session_document.c - sessions as a member of the document of figures. */
#include "session_document.h"

#include "slot.h"

/* The most that `prompt_cache` can say. */
#define AGE_MAX_MS    (24 * 60 * 60 * 1000)
#define TOKENS_MAX    ((json_int_t)1 << 40)
#define ENTRY_NUMBERS 4

json_t *session_document_write(const struct sessions *sessions, const struct live *live,
                               int64_t now_ms)
{
    json_t *entries = json_array();
    for (size_t place = 0; place < SESSIONS_MAX; place++) {
        struct session_trace trace;
        uint64_t key = sessions_at(sessions, live, place, now_ms, &trace);
        if (!key || trace.age_ms > AGE_MAX_MS)
            continue;
        json_array_append_new(entries, json_integer((json_int_t)key));
        json_array_append_new(entries, json_integer(trace.slot->index));
        json_array_append_new(entries, json_integer(trace.tokens));
        json_array_append_new(entries, json_integer(trace.age_ms));
    }
    return json_pack("{s:I, s:o}", "seed", (json_int_t)sessions_seed(sessions), "entries", entries);
}

static bool read_integer(const json_t *entries, size_t at, json_int_t most, json_int_t *ret)
{
    const json_t *json = json_array_get(entries, at);
    *ret = json_integer_value(json);
    return json_is_integer(json) && *ret >= 0 && *ret <= most;
}

static bool read_entry(struct sessions *sessions, const json_t *entries, size_t at,
                       const struct session_models *models, int64_t saved_ms)
{
    const json_t *key = json_array_get(entries, at);
    json_int_t model, tokens, age_ms;
    if (!json_is_integer(key) ||
        !read_integer(entries, at + 1, (json_int_t)models->count - 1, &model) ||
        !read_integer(entries, at + 2, TOKENS_MAX, &tokens) ||
        !read_integer(entries, at + 3, AGE_MAX_MS, &age_ms))
        return false;
    if (sessions && models->slots[model])
        sessions_note(sessions, (uint64_t)json_integer_value(key), models->slots[model], tokens,
                      saved_ms - age_ms);
    return true;
}

bool session_document_read(struct sessions *sessions, const json_t *document,
                           const struct session_models *models, int64_t saved_ms)
{
    const json_t *seed = json_object_get(document, "seed");
    const json_t *entries = json_object_get(document, "entries");
    if (!document)
        return true;
    if (!json_is_integer(seed) || !json_is_array(entries))
        return false;
    if (sessions)
        sessions_take_seed(sessions, (uint64_t)json_integer_value(seed));
    for (size_t at = 0; at < json_array_size(entries); at += ENTRY_NUMBERS)
        if (!read_entry(sessions, entries, at, models, saved_ms))
            return false;
    return true;
}
