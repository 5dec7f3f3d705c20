/* gemini_embeddings.c - texts as vectors: what Google's batchEmbedContents is asked and answers. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "catalog/catalog.h"
#include "gemini.h"

/* ---- what is asked ---- */

static void put_request(struct foreign_writing *writing, const struct json_node *input,
                        const char *resource)
{
    struct json_writer *json = &writing->json;
    int64_t dimensions;
    put_open(json, '{');
    put_key(json, "model");
    put_string(json, text_of(resource));
    put_key(json, "content");
    put_open(json, '{');
    put_key(json, "parts");
    put_open(json, '[');
    put_open(json, '{');
    put_raw_member(json, "text", json_raw(&writing->tree, input));
    put_close(json, '}');
    put_close(json, ']');
    put_close(json, '}');
    if (json_to_count(&writing->tree, gemini_member(writing, "dimensions"), &dimensions))
        put_count_member(json, "outputDimensionality", dimensions);
    put_close(json, '}');
}

/* A text, or several; what was made into tokens elsewhere means nothing to its models. */
enum fail gemini_write_embeddings(struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *input = gemini_member(writing, "input");
    const bool is_list = json_is_kind(input, JSON_ARRAY);
    struct arena arena;
    enum fail fail = FAIL_NONE;
    arena_init(&arena);
    const char *resource = gemini_resource(writing->model->upstream_model, false, &arena);
    put_open(&writing->json, '{');
    put_key(&writing->json, "requests");
    put_open(&writing->json, '[');
    for (const struct json_node *item = is_list ? json_first(tree, input) : input; item && !fail;
         item = is_list ? json_next(tree, item) : NULL) {
        if (json_is_kind(item, JSON_STRING))
            put_request(writing, item, resource);
        else
            fail = FAIL_BAD_VALUE;
    }
    put_close(&writing->json, ']');
    put_close(&writing->json, '}');
    arena_clear(&arena);
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
static void put_usage(struct json_writer *json, const struct json_tree *tree)
{
    int64_t tokens;
    const struct json_node *usage = json_find(tree, json_root(tree), "usageMetadata");
    if (!json_to_count(tree, json_find(tree, usage, "promptTokenCount"), &tokens))
        return;
    put_key(json, "usage");
    put_open(json, '{');
    put_count_member(json, "prompt_tokens", tokens);
    put_count_member(json, "total_tokens", tokens);
    put_close(json, '}');
}

bool gemini_read_embeddings(const struct json_tree *tree, const struct foreign_about *about,
                            bool is_base64, struct json_writer *json)
{
    const struct json_node *list = json_find(tree, json_root(tree), "embeddings");
    int64_t index = 0;
    bool is_one = json_is_kind(list, JSON_ARRAY);
    put_open(json, '{');
    put_word_member(json, "object", "list");
    put_key(json, "data");
    put_open(json, '[');
    for (const struct json_node *item = is_one ? json_first(tree, list) : NULL; item && is_one;
         item = json_next(tree, item)) {
        const struct json_node *values = json_find(tree, item, "values");
        is_one = json_is_kind(values, JSON_ARRAY);
        if (is_one)
            put_embedding(json, json_raw(tree, values), index++, is_base64);
    }
    put_close(json, ']');
    put_key(json, "model");
    put_string(json, text_of(about->model));
    put_usage(json, tree);
    put_close(json, '}');
    return is_one;
}
