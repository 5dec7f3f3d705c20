/* gemini_embeddings.c - texts as vectors: what Google's batchEmbedContents is asked and answers. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "catalog/catalog.h"
#include "gemini.h"

#define PREDICTION_NODES_MAX 16

/* ---- where it is asked ---- */

/* As Google's own SDK tells them apart. */
enum gemini_vectors gemini_vectors_of(const struct model *model)
{
    const struct provider *provider = model->provider;
    if (!provider || !provider->base_url || !strstr(provider->base_url, "/publishers/"))
        return VECTORS_GEMINI;
    return strstr(model->upstream_model, "gemini") ? VECTORS_VERTEX : VECTORS_PREDICTED;
}

/* ---- what is asked ---- */

static void put_dimensions(struct foreign_writing *writing, const char *around)
{
    struct json_writer *json = &writing->json;
    int64_t dimensions;
    if (!json_to_count(&writing->tree, gemini_member(writing, "dimensions"), &dimensions))
        return;
    if (around) {
        put_key(json, around);
        put_open(json, '{');
    }
    put_count_member(json, "outputDimensionality", dimensions);
    if (around)
        put_close(json, '}');
}

static void put_content(struct foreign_writing *writing, const struct json_node *input,
                        bool has_role)
{
    struct json_writer *json = &writing->json;
    put_key(json, "content");
    put_open(json, '{');
    if (has_role)
        put_word_member(json, "role", "user");
    put_key(json, "parts");
    put_open(json, '[');
    put_open(json, '{');
    put_raw_member(json, "text", json_raw(&writing->tree, input));
    put_close(json, '}');
    put_close(json, ']');
    put_close(json, '}');
}

static void put_request(struct foreign_writing *writing, const struct json_node *input,
                        enum gemini_vectors how, const char *resource)
{
    struct json_writer *json = &writing->json;
    put_open(json, '{');
    if (how == VECTORS_PREDICTED) {
        put_raw_member(json, "content", json_raw(&writing->tree, input));
    } else if (how == VECTORS_VERTEX) {
        put_content(writing, input, true);
        put_dimensions(writing, "embedContentConfig");
    } else {
        put_key(json, "model");
        put_string(json, text_of(resource));
        put_content(writing, input, false);
        put_dimensions(writing, NULL);
    }
    put_close(json, '}');
}

/* A text, or several; what was made into tokens elsewhere means nothing to its models. */
static enum fail put_requests(struct foreign_writing *writing, enum gemini_vectors how)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *input = gemini_member(writing, "input");
    const bool is_list = json_is_kind(input, JSON_ARRAY);
    struct arena arena;
    enum fail fail = FAIL_NONE;
    arena_init(&arena);
    const char *resource = gemini_resource(writing->model->upstream_model, false, &arena);
    for (const struct json_node *item = is_list ? json_first(tree, input) : input; item && !fail;
         item = is_list ? json_next(tree, item) : NULL) {
        if (json_is_kind(item, JSON_STRING))
            put_request(writing, item, how, resource);
        else
            fail = FAIL_BAD_VALUE;
    }
    arena_clear(&arena);
    return fail;
}

enum fail gemini_write_embeddings(struct foreign_writing *writing)
{
    const enum gemini_vectors how = gemini_vectors_of(writing->model);
    put_open(&writing->json, '{');
    put_key(&writing->json, how == VECTORS_PREDICTED ? "instances" : "requests");
    put_open(&writing->json, '[');
    enum fail fail = put_requests(writing, how);
    put_close(&writing->json, ']');
    if (how == VECTORS_PREDICTED)
        put_dimensions(writing, "parameters");
    put_close(&writing->json, '}');
    return fail;
}

/* ---- what is answered ---- */

/* The next number of a list that stands in valid JSON; empty at its end. */
static struct text next_number(struct text *rest)
{
    static const char between[] = "[], \t\r\n";
    while (rest->len > 0 && strchr(between, rest->data[0])) {
        rest->data++;
        rest->len--;
    }
    struct text number = { rest->data, 0 };
    while (number.len < rest->len && !strchr(between, rest->data[number.len]))
        number.len++;
    rest->data += number.len;
    rest->len -= number.len;
    return number;
}

static void put_numbers(struct json_writer *json, struct text values)
{
    put_open(json, '[');
    for (struct text number = next_number(&values); number.len > 0; number = next_number(&values))
        put_raw(json, number);
    put_close(json, ']');
}

/* As floats with their lowest byte first, in base64: what SDKs ask for. */
static void put_base64(struct json_writer *json, struct text values)
{
    struct buffer floats, text;
    buffer_init(&floats, 2 * values.len + sizeof(float));
    buffer_init(&text, 3 * values.len + 8);
    for (struct text number = next_number(&values); number.len > 0; number = next_number(&values)) {
        const float value = strtof(number.data, NULL); /* a bracket or comma follows */
        buffer_append(&floats, &value, sizeof(value));
    }
    if (floats.len > 0 && buffer_reserve(&text, 4 * (floats.len / 3 + 1) + 1))
        text.len = (size_t)EVP_EncodeBlock((unsigned char *)text.data,
                                           (const unsigned char *)floats.data, (int)floats.len);
    put_open_string(json);
    put_inside(json, buffer_text(&text));
    put_close_string(json);
    buffer_clear(&floats);
    buffer_clear(&text);
}

static void put_embedding(struct json_writer *json, struct text values, int64_t index,
                          bool is_base64)
{
    put_open(json, '{');
    put_word_member(json, "object", "embedding");
    put_count_member(json, "index", index);
    put_key(json, "embedding");
    if (is_base64)
        put_base64(json, values);
    else
        put_numbers(json, values);
    put_close(json, '}');
}

/* Not all of its models count. */
static void put_usage(struct json_writer *json, int64_t tokens)
{
    if (tokens < 0)
        return;
    put_key(json, "usage");
    put_open(json, '{');
    put_count_member(json, "prompt_tokens", tokens);
    put_count_member(json, "total_tokens", tokens);
    put_close(json, '}');
}

/* Of an object that stands as a text, a number in it, or in an object in it. */
static int64_t count_in(struct text object, const char *outer, const char *name)
{
    struct json_tree tree;
    int64_t count = -1;
    json_tree_init(&tree, PREDICTION_NODES_MAX, 1);
    if (!json_tree_read(&tree, object)) {
        const struct json_node *root = json_root(&tree);
        if (outer)
            count = count_in(json_raw(&tree, json_find(&tree, root, outer)), NULL, name);
        else
            json_to_count(&tree, json_find(&tree, root, name), &count);
    }
    json_tree_clear(&tree);
    return count;
}

/* Vertex puts what belongs to one text into an object of its own: {values, statistics}. */
static struct text values_in(struct text object)
{
    struct json_tree tree;
    struct text values = { NULL, 0 };
    json_tree_init(&tree, PREDICTION_NODES_MAX, 1);
    if (!json_tree_read(&tree, object)) {
        const struct json_node *found = json_find(&tree, json_root(&tree), "values");
        values = json_is_kind(found, JSON_ARRAY) ? json_raw(&tree, found) : values;
    }
    json_tree_clear(&tree);
    return values;
}

struct vectors {
    const struct json_tree *tree;
    bool is_base64;
    int64_t count, tokens; /* -1: they were not counted */
};

static void add_tokens(struct vectors *vectors, int64_t tokens)
{
    if (tokens >= 0)
        vectors->tokens = (vectors->tokens > 0 ? vectors->tokens : 0) + tokens;
}

static bool put_vector(struct vectors *vectors, const struct json_node *item,
                       struct json_writer *json)
{
    const struct json_tree *tree = vectors->tree;
    const struct json_node *inner = json_find(tree, item, "embeddings");
    const struct json_node *values = json_find(tree, item, "values");
    struct text numbers =
        json_is_kind(values, JSON_ARRAY) ? json_raw(tree, values) : (struct text){ NULL, 0 };
    if (json_is_kind(inner, JSON_OBJECT)) {
        numbers = values_in(json_raw(tree, inner));
        add_tokens(vectors, count_in(json_raw(tree, inner), "statistics", "token_count"));
    }
    if (numbers.len > 0)
        put_embedding(json, numbers, vectors->count++, vectors->is_base64);
    return numbers.len > 0;
}

static bool put_vectors(struct vectors *vectors, struct json_writer *json)
{
    const struct json_tree *tree = vectors->tree;
    const struct json_node *list = json_find(tree, json_root(tree), "embeddings");
    if (!list)
        list = json_find(tree, json_root(tree), "predictions");
    bool is_one = json_is_kind(list, JSON_ARRAY);
    for (const struct json_node *item = is_one ? json_first(tree, list) : NULL; item && is_one;
         item = json_next(tree, item))
        is_one = put_vector(vectors, item, json);
    return is_one;
}

bool gemini_read_embeddings(const struct json_tree *tree, const struct foreign_about *about,
                            bool is_base64, struct json_writer *json)
{
    const struct json_node *usage = json_find(tree, json_root(tree), "usageMetadata");
    struct vectors vectors = { .tree = tree, .is_base64 = is_base64, .tokens = -1 };
    json_to_count(tree, json_find(tree, usage, "promptTokenCount"), &vectors.tokens);
    put_open(json, '{');
    put_word_member(json, "object", "list");
    put_key(json, "data");
    put_open(json, '[');
    const bool is_one = put_vectors(&vectors, json);
    put_close(json, ']');
    put_key(json, "model");
    put_string(json, text_of(about->model));
    put_usage(json, vectors.tokens);
    put_close(json, '}');
    return is_one;
}
