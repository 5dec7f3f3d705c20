/* when.c - does a request meet a rule's conditions? All members of a mapping must hold, a list
 * means any of. The cheap questions come first, expressions last. */
#include "rule.h"

static bool bit_of(uint32_t bits, int number)
{
    return !bits || (bits >> number & 1);
}

static bool any_name_matches(const struct patterns *patterns, const struct chat_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (patterns_match(patterns, names->items[i]))
            return true;
    }
    return !patterns->count;
}

/* Head and tail are asked one after the other: a match over the gap between them is none. */
static bool excerpt_matches(const struct patterns *patterns, const struct excerpt *excerpt)
{
    return patterns_match(patterns, excerpt->head) ||
           (excerpt->tail.len && patterns_match(patterns, excerpt->tail));
}

static bool metadata_matches(const struct pattern_map *map, const struct chat_request *request)
{
    for (size_t i = 0; i < map->count; i++) {
        bool found = false;
        for (size_t j = 0; j < request->metadata_count && !found; j++)
            found = text_is(request->metadata[j].name, map->items[i].name) &&
                    patterns_match(&map->items[i].patterns, request->metadata[j].value);
        if (!found)
            return false;
    }
    return true;
}

static bool headers_match(const struct pattern_map *map, const struct question *question)
{
    for (size_t i = 0; i < map->count; i++) {
        struct text value = { NULL, 0 };
        if (question->header)
            value = question->header(question->header_context, map->items[i].name);
        if (!patterns_match(&map->items[i].patterns, value))
            return false;
    }
    return true;
}

static bool any_matches(const struct when_list *list, const struct question *question)
{
    for (size_t i = 0; i < list->count; i++) {
        if (when_matches(&list->items[i], question))
            return true;
    }
    return false;
}

static bool all_match(const struct when_list *list, const struct question *question)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!when_matches(&list->items[i], question))
            return false;
    }
    return true;
}

static bool shape_matches(const struct when *when, const struct question *question)
{
    const struct chat_request *request = question->request;
    const struct features *features = question->features;
    return bit_of(when->tasks, (int)features->task) &&
           bit_of(when->endpoints, (int)request->endpoint) &&
           (!when->has || (when->has & request->has)) &&
           (!when->stream_said || when->stream == request->stream) &&
           ranges_match(&when->tokens_in, features->tokens_in) &&
           ranges_match(&when->turns, request->turns) && ranges_match(&when->hour, question->hour);
}

static bool names_match(const struct when *when, const struct question *question)
{
    const struct chat_request *request = question->request;
    const struct features *features = question->features;
    return patterns_match(&when->language, text_of(features->language)) &&
           patterns_match(&when->code_language, text_of(features->code_language)) &&
           patterns_match(&when->user, request->user_id) &&
           patterns_match(&when->key, text_of(question->key)) &&
           patterns_match(&when->model, request->model) &&
           any_name_matches(&when->tags, &request->tags) &&
           metadata_matches(&when->metadata, request) && headers_match(&when->header, question);
}

bool when_matches(const struct when *when, const struct question *question)
{
    return shape_matches(when, question) && names_match(when, question) &&
           excerpt_matches(&when->text, &question->request->user) &&
           excerpt_matches(&when->system, &question->request->system) &&
           all_match(&when->all, question) &&
           (!when->any.count || any_matches(&when->any, question)) &&
           !any_matches(&when->none, question);
}

bool when_asks(const struct when *when)
{
    return when->object.node && when->object.node->count > 0;
}
