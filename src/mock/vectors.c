/* vectors.c - embeddings that are the same for the same text, and moderations that flag nothing. */
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/random.h"
#include "endpoints.h"

#define DIMENSIONS     64
#define DIMENSIONS_MAX 3072
#define INPUTS_MAX     2048

/* A unit vector that depends on nothing but the text. */
static void make_vector(float *vector, size_t dimensions, struct text text)
{
    double square = 0;
    for (size_t i = 0; i < dimensions; i++) {
        uint64_t hash = hash_bytes(text.data, text.len, i + 1);
        vector[i] = (float)((double)(hash >> 11) / (double)(1ull << 53) - 0.5);
        square += (double)vector[i] * (double)vector[i];
    }
    for (size_t i = 0; i < dimensions; i++)
        vector[i] = (float)((double)vector[i] / sqrt(square > 0 ? square : 1));
}

/* Little-endian floats in base64: what the SDKs ask for unless told otherwise. */
static json_t *in_base64(const float *vector, size_t dimensions)
{
    size_t len = dimensions * sizeof *vector;
    unsigned char *text = malloc(len * 4 / 3 + 5);
    if (!text)
        return NULL;
    EVP_EncodeBlock(text, (const unsigned char *)vector, (int)len);
    json_t *string = json_string((const char *)text);
    free(text);
    return string;
}

static json_t *in_numbers(const float *vector, size_t dimensions)
{
    json_t *array = json_array();
    for (size_t i = 0; i < dimensions; i++)
        json_array_append_new(array, json_real((double)vector[i]));
    return array;
}

/* A string, or a list of token numbers, which stands for the text that it prints as. */
static json_t *embedding_of(const struct prompt *prompt, const json_t *input, size_t dimensions,
                            int index)
{
    float vector[DIMENSIONS_MAX];
    const char *format = json_string_value(json_object_get(prompt->root, "encoding_format"));
    char *text = json_dumps(input, JSON_COMPACT | JSON_ENCODE_ANY);
    make_vector(vector, dimensions, text_of(text));
    free(text);
    json_t *numbers = text_is(text_of(format), "base64") ? in_base64(vector, dimensions)
                                                         : in_numbers(vector, dimensions);
    return json_pack("{s:s, s:i, s:o}", "object", "embedding", "index", index, "embedding",
                     numbers);
}

/* One text, a list of texts, a list of tokens, or a list of lists of tokens. */
static bool is_list_of_inputs(const json_t *input)
{
    return json_is_array(input) && !json_is_integer(json_array_get(input, 0));
}

static const char *read_dimensions(const struct prompt *prompt, size_t *ret_dimensions)
{
    const json_t *wanted = json_object_get(prompt->root, "dimensions");
    json_int_t dimensions = wanted ? json_integer_value(wanted) : DIMENSIONS;
    if (dimensions < 1 || dimensions > DIMENSIONS_MAX)
        return "dimensions";
    *ret_dimensions = (size_t)dimensions;
    return NULL;
}

void embeddings_answer(struct prompt *prompt, struct reply *reply)
{
    json_t *input = json_object_get(prompt->root, "input");
    size_t dimensions = DIMENSIONS, i = 0;
    json_t *each = NULL, *data = json_array();
    int64_t tokens = 1;
    bool list = is_list_of_inputs(input);
    const char *wrong = read_dimensions(prompt, &dimensions);
    if (!json_is_string(input) &&
        (json_array_size(input) == 0 || json_array_size(input) > INPUTS_MAX))
        wrong = "input";
    if (endpoint_refuses(reply, wrong)) {
        json_decref(data);
        return;
    }
    json_array_foreach(list ? input : NULL, i, each)
    {
        tokens += (int64_t)(json_string_length(each) / 4 + 1);
        json_array_append_new(data, embedding_of(prompt, each, dimensions, (int)i));
    }
    if (!list)
        json_array_append_new(data, embedding_of(prompt, input, dimensions, 0));
    endpoint_reply(prompt, reply,
                   json_pack("{s:s, s:o, s:s, s:{s:I, s:I}}", "object", "list", "data", data,
                             "model", prompt->model, "usage", "prompt_tokens", (json_int_t)tokens,
                             "total_tokens", (json_int_t)tokens));
}

static json_t *nothing_flagged(void)
{
    static const char *const categories[] = { "harassment", "hate", "self-harm", "sexual",
                                              "violence" };
    json_t *flags = json_object(), *scores = json_object();
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
        json_object_set_new(flags, categories[i], json_false());
        json_object_set_new(scores, categories[i], json_real(0.01));
    }
    return json_pack("{s:b, s:o, s:o}", "flagged", 0, "categories", flags, "category_scores",
                     scores);
}

void moderations_answer(struct prompt *prompt, struct reply *reply)
{
    char id[ENDPOINT_ID_SIZE];
    if (endpoint_refuses(reply, json_object_get(prompt->root, "input") ? NULL : "input"))
        return;
    endpoint_reply(prompt, reply,
                   json_pack("{s:s, s:s, s:[o]}", "id", endpoint_id(id, "modr-", prompt->seed),
                             "model", prompt->model, "results", nothing_flagged()));
}
