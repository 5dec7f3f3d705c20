/* predictor_print.c - a predictor as a file. */
#include <openssl/sha.h>
#include <stdio.h>

#include "predictor_file.h"

static void put(struct buffer *out, const void *bytes, size_t len)
{
    buffer_append(out, bytes, len);
}

static void put_u32(struct buffer *out, uint32_t number)
{
    const uint8_t bytes[] = { (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                              (uint8_t)(number >> 24) };
    put(out, bytes, sizeof bytes);
}

static void put_floats(struct buffer *out, const float *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        put_u32(out, bits);
    }
}

static void put_name(struct buffer *out, const char *name)
{
    put_u32(out, (uint32_t)strlen(name));
    put(out, name, strlen(name));
}

static void put_head(struct buffer *out, const struct predictor *predictor)
{
    put(out, PREDICTOR_MAGIC, sizeof PREDICTOR_MAGIC - 1);
    put_u32(out, PREDICTOR_VERSION);
    put_u32(out, READING_RECIPE);
    put_u32(out, READING_BUCKETS);
    put_u32(out, DENSE_COUNT);
    put_u32(out, (uint32_t)predictor->task_count);
    put_u32(out, (uint32_t)predictor->model_count);
    put_u32(out, (uint32_t)predictor->rows);
    put_u32(out, (uint32_t)predictor->reference);
    put_name(out, predictor->data_digest);
    put_name(out, predictor->report ? predictor->report : "");
    for (size_t t = 0; t < predictor->task_count; t++)
        put_name(out, predictor->tasks[t]);
    for (size_t m = 0; m < predictor->model_count; m++)
        put_name(out, predictor->models[m].name);
}

static void put_model(struct buffer *out, const struct predictor_model *model, size_t tasks)
{
    put_floats(out, &model->mean, 1);
    put_floats(out, &model->rows, 1);
    put_floats(out, &model->length, 1);
    put_floats(out, model->profile, tasks);
    put_floats(out, model->profile_rows, tasks);
    put_u32(out, (uint32_t)model->knots);
    put_floats(out, model->from, model->knots);
    put_floats(out, model->to, model->knots);
}

static void put_sample(struct buffer *out, const struct predictor_sample *sample, size_t models)
{
    put_u32(out, (uint32_t)sample->rows);
    for (size_t row = 0; row < sample->rows; row++)
        put_u32(out, sample->tokens_in[row]);
    put(out, sample->task, sample->rows);
    for (size_t i = 0; i < sample->rows * models; i++) {
        const uint8_t bytes[] = { (uint8_t)sample->quality[i], (uint8_t)(sample->quality[i] >> 8) };
        put(out, bytes, sizeof bytes);
    }
    put(out, sample->score, sample->rows * models);
}

static void put_tables(struct buffer *out, const struct predictor *predictor)
{
    for (int part = 0; part < PART_COUNT; part++)
        put_u32(out, predictor->part_used[part]);
    put(out, predictor->idf, sizeof predictor->idf);
    put(out, &predictor->idf_rare, sizeof predictor->idf_rare);
    put_floats(out, predictor->dense_mean, DENSE_COUNT);
    put_floats(out, predictor->dense_scale, DENSE_COUNT);
    put_floats(out, predictor->task_rows, predictor->task_count);
    for (size_t m = 0; m < predictor->model_count; m++)
        put_model(out, &predictor->models[m], predictor->task_count);
    put_floats(out, &predictor->temperature, 1);
    put_floats(out, &predictor->trust.bias, 1);
    put_floats(out, predictor->trust.weight, SIGNAL_COUNT);
    put_floats(out, predictor->trust.mean, SIGNAL_COUNT);
    put_floats(out, predictor->trust.scale, SIGNAL_COUNT);
    put_floats(out, predictor->trust.task, predictor->task_count);
    put_floats(out, &predictor->trust.known_least, 1);
    put_floats(out, &predictor->trust.distance_most, 1);
    put_sample(out, &predictor->sample, predictor->model_count);
    put_floats(out, predictor->scale, predictor->heads);
    put_floats(out, predictor->bias, predictor->heads);
    put_floats(out, predictor->dense_weights, DENSE_COUNT * predictor->heads);
    put(out, predictor->weights, READING_BUCKETS * predictor->heads);
}

void predictor_file_digest(struct text bytes, uint8_t ret_digest[PREDICTOR_DIGEST],
                           char ret_hex[65])
{
    SHA256((const uint8_t *)bytes.data, bytes.len, ret_digest);
    for (int i = 0; i < PREDICTOR_DIGEST; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", ret_digest[i]);
}

bool predictor_print(struct predictor *predictor, struct buffer *out)
{
    uint8_t digest[PREDICTOR_DIGEST];
    size_t expected = READING_BUCKETS * (predictor->heads + 1);
    put_head(out, predictor);
    put_tables(out, predictor);
    predictor_file_digest(buffer_text(out), digest, predictor->digest);
    return out->len > expected && buffer_append(out, digest, sizeof digest);
}
