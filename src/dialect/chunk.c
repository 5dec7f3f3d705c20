/* chunk.c - finds the members of a chunk. */
#include "chunk.h"

#include <stdlib.h>

static const struct {
    struct text name;
    int depth;
    enum chunk_name is;
} known[] = {
    { TEXT("id"), CHUNK_DEPTH_TOP, CHUNK_ABOUT },
    { TEXT("object"), CHUNK_DEPTH_TOP, CHUNK_ABOUT },
    { TEXT("created"), CHUNK_DEPTH_TOP, CHUNK_ABOUT },
    { TEXT("model"), CHUNK_DEPTH_TOP, CHUNK_ABOUT },
    { TEXT("choices"), CHUNK_DEPTH_TOP, CHUNK_CHOICES },
    { TEXT("usage"), CHUNK_DEPTH_TOP, CHUNK_USAGE },
    { TEXT("index"), CHUNK_DEPTH_CHOICE, CHUNK_INDEX },
    { TEXT("delta"), CHUNK_DEPTH_CHOICE, CHUNK_DELTA },
    { TEXT("finish_reason"), CHUNK_DEPTH_CHOICE, CHUNK_FINISH },
    { TEXT("logprobs"), CHUNK_DEPTH_CHOICE, CHUNK_LOGPROBS },
    { TEXT("text"), CHUNK_DEPTH_CHOICE, CHUNK_WORDS },
    { TEXT("role"), CHUNK_DEPTH_DELTA, CHUNK_ROLE },
    { TEXT("content"), CHUNK_DEPTH_DELTA, CHUNK_WORDS },
    { TEXT("reasoning"), CHUNK_DEPTH_DELTA, CHUNK_REASONING },
    { TEXT("reasoning_content"), CHUNK_DEPTH_DELTA, CHUNK_REASONING },
    { TEXT("reasoning_details"), CHUNK_DEPTH_DELTA, CHUNK_REASONING },
    { TEXT("annotations"), CHUNK_DEPTH_DELTA, CHUNK_CITED },
};

static enum chunk_name name_of(struct text name, int depth)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].depth == depth && text_equal(known[i].name, name))
            return known[i].is;
    return CHUNK_OTHER;
}

static bool is_open(const struct chunk *chunk, int depth, enum chunk_name is)
{
    return chunk->open[depth].name.len > 0 && chunk->open[depth].is == is;
}

/* Whether members that stand so deep are those of a chunk. */
static bool is_ours(const struct chunk *chunk, int depth)
{
    if (depth == CHUNK_DEPTH_CHOICE)
        return is_open(chunk, CHUNK_DEPTH_TOP, CHUNK_CHOICES);
    if (depth == CHUNK_DEPTH_DELTA)
        return is_open(chunk, CHUNK_DEPTH_TOP, CHUNK_CHOICES) &&
               is_open(chunk, CHUNK_DEPTH_CHOICE, CHUNK_DELTA);
    return depth == CHUNK_DEPTH_TOP;
}

static void on_key(struct chunk *chunk, const struct json_value *key)
{
    chunk->open[key->depth] = (struct chunk_member){
        .is = name_of(key->text, key->depth),
        .depth = key->depth,
        .name = { chunk->document.data + key->start, key->end - key->start },
    };
}

static bool end_member(struct chunk *chunk, struct chunk_member *open, size_t end)
{
    if (chunk->count == CHUNK_MEMBERS_MAX)
        return false;
    open->value.len = end - (size_t)(open->value.data - chunk->document.data);
    if (open->is == CHUNK_WORDS && open->kind != JSON_STRING)
        open->is = CHUNK_OTHER;
    chunk->members[chunk->count++] = *open;
    open->name.len = 0;
    return true;
}

static bool on_value(void *owner, const struct json_value *value)
{
    struct chunk *chunk = owner;
    bool is_begin = value->kind == JSON_OBJECT || value->kind == JSON_ARRAY;
    bool is_end = value->kind == JSON_OBJECT_END || value->kind == JSON_ARRAY_END;
    if (value->kind == JSON_OBJECT && value->depth == CHUNK_DEPTH_CHOICE - 1 &&
        is_open(chunk, CHUNK_DEPTH_TOP, CHUNK_CHOICES))
        chunk->choices++;
    if (!is_ours(chunk, value->depth))
        return true;
    if (value->kind == JSON_KEY) {
        on_key(chunk, value);
        return true;
    }
    struct chunk_member *open = &chunk->open[value->depth];
    if (open->name.len == 0)
        return true; /* in a list where an object was due */
    if (!is_end) {
        open->value.data = chunk->document.data + value->start;
        open->kind = value->kind;
    }
    return is_begin || end_member(chunk, open, value->end);
}

void chunk_init(struct chunk *chunk)
{
    *chunk = (struct chunk){ .scan = json_scan_new(on_value, chunk) };
    if (!chunk->scan)
        abort();
}

void chunk_clear(struct chunk *chunk)
{
    json_scan_free(chunk->scan);
    chunk->scan = NULL;
}

bool chunk_read(struct chunk *chunk, struct text document)
{
    json_scan_reset(chunk->scan);
    chunk->document = document;
    chunk->count = chunk->choices = 0;
    memset(chunk->open, 0, sizeof(chunk->open));
    return !json_scan_feed(chunk->scan, document) && !json_scan_finish(chunk->scan);
}

const struct chunk_member *chunk_find(const struct chunk *chunk, enum chunk_name is)
{
    for (size_t i = chunk->count; i > 0; i--)
        if (chunk->members[i - 1].is == is)
            return &chunk->members[i - 1];
    return NULL;
}

bool chunk_says_something(const struct chunk_member *member)
{
    bool can_be_empty =
        member->kind == JSON_STRING || member->kind == JSON_ARRAY || member->kind == JSON_OBJECT;
    return can_be_empty && member->value.len > 2;
}
