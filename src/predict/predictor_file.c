/* predictor_file.c - a predictor as a file, and back, with every number of it checked.
 *
 *     magic, version, recipe, sizes │ names, report │ tables of numbers │ SHA-256 of all before
 *
 * Numbers are little-endian. The digest tells a damaged file from a whole one; the checks do not
 * rely on it, because anybody can make a file with a right digest. */
#include <math.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "base/utf8.h"
#include "predict/predictor.h"

#define MAGIC   "bourse predictor\n"
#define VERSION 2

/* ---- writing ---- */

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
    put(out, MAGIC, sizeof MAGIC - 1);
    put_u32(out, VERSION);
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
    put_floats(out, model->profile, tasks);
    put_floats(out, model->profile_rows, tasks);
    put_u32(out, (uint32_t)model->knots);
    put_floats(out, model->from, model->knots);
    put_floats(out, model->to, model->knots);
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
    put_floats(out, &predictor->residual_share, 1);
    put_floats(out, &predictor->trust.bias, 1);
    put_floats(out, predictor->trust.weight, SIGNAL_COUNT);
    put_floats(out, predictor->trust.mean, SIGNAL_COUNT);
    put_floats(out, predictor->trust.scale, SIGNAL_COUNT);
    put_floats(out, &predictor->trust.known_least, 1);
    put_floats(out, &predictor->trust.distance_most, 1);
    put_floats(out, predictor->scale, predictor->heads);
    put_floats(out, predictor->bias, predictor->heads);
    put_floats(out, predictor->dense_weights, DENSE_COUNT * predictor->heads);
    put(out, predictor->weights, READING_BUCKETS * predictor->heads);
}

static void write_digest(struct text bytes, uint8_t ret_digest[SHA256_DIGEST_LENGTH],
                         char ret_hex[65])
{
    SHA256((const uint8_t *)bytes.data, bytes.len, ret_digest);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", ret_digest[i]);
}

bool predictor_print(struct predictor *predictor, struct buffer *out)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    size_t expected = READING_BUCKETS * (predictor->heads + 1);
    put_head(out, predictor);
    put_tables(out, predictor);
    write_digest(buffer_text(out), digest, predictor->digest);
    return out->len > expected && buffer_append(out, digest, sizeof digest);
}

/* ---- reading ---- */

struct cursor {
    const uint8_t *at, *end;
    struct arena *arena;
    const char *why; /* the first thing that is wrong */
};

static bool wrong(struct cursor *cursor, const char *why)
{
    if (!cursor->why)
        cursor->why = why;
    cursor->at = cursor->end;
    return false;
}

static bool get(struct cursor *cursor, void *ret_bytes, size_t len)
{
    if ((size_t)(cursor->end - cursor->at) < len)
        return wrong(cursor, "it ends too early");
    memcpy(ret_bytes, cursor->at, len);
    cursor->at += len;
    return true;
}

static uint32_t get_u32(struct cursor *cursor)
{
    uint8_t bytes[4] = { 0 };
    get(cursor, bytes, sizeof bytes);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static uint32_t get_count(struct cursor *cursor, uint32_t max, const char *why)
{
    uint32_t count = get_u32(cursor);
    if (count <= max)
        return count;
    wrong(cursor, why);
    return 0;
}

/* All numbers are small: what is not is damage, and could not be reckoned with. */
#define NUMBER_MAX 1e6f

static void get_floats(struct cursor *cursor, float *ret_numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = get_u32(cursor);
        memcpy(&ret_numbers[i], &bits, sizeof bits);
        if (!isfinite(ret_numbers[i]) || fabsf(ret_numbers[i]) > NUMBER_MAX) {
            ret_numbers[i] = 0;
            wrong(cursor, "it holds a number out of range");
        }
    }
}

static void get_shares(struct cursor *cursor, float *ret_numbers, size_t count)
{
    get_floats(cursor, ret_numbers, count);
    for (size_t i = 0; i < count; i++)
        if (ret_numbers[i] < 0 || ret_numbers[i] > 1)
            wrong(cursor, "it holds a quality that is not between 0 and 1");
}

static const char *get_text(struct cursor *cursor, uint32_t max)
{
    uint32_t len = get_count(cursor, max, "a name in it is too long");
    char *text = arena_alloc(cursor->arena, len + 1);
    get(cursor, text, len);
    for (size_t at = 0; at < len;) {
        size_t step = utf8_sequence(text + at, len - at);
        if (step == 0 || text[at] == 0) {
            wrong(cursor, "a name in it is no text");
            break;
        }
        at += step;
    }
    return text;
}

static void get_names(struct cursor *cursor, struct predictor *predictor)
{
    const char *digest = get_text(cursor, sizeof predictor->data_digest - 1);
    snprintf(predictor->data_digest, sizeof predictor->data_digest, "%s", digest);
    predictor->report = get_text(cursor, PREDICTOR_REPORT_MAX);
    for (size_t t = 0; t < predictor->task_count; t++)
        predictor->tasks[t] = get_text(cursor, PREDICTOR_NAME_MAX);
    for (size_t m = 0; m < predictor->model_count; m++)
        predictor->models[m].name = get_text(cursor, PREDICTOR_NAME_MAX);
}

static void get_head(struct cursor *cursor, struct predictor *predictor)
{
    char magic[sizeof MAGIC - 1] = "";
    if (!get(cursor, magic, sizeof magic) || memcmp(magic, MAGIC, sizeof magic) != 0) {
        cursor->why = "it is not a predictor made by `bourse train`";
        cursor->at = cursor->end;
        return;
    }
    if (get_u32(cursor) != VERSION)
        wrong(cursor, "it is of another version of the format; train it anew");
    if (get_u32(cursor) != READING_RECIPE || get_u32(cursor) != READING_BUCKETS ||
        get_u32(cursor) != DENSE_COUNT)
        wrong(cursor, "it was trained on another recipe of features; train it anew");
    predictor->task_count = get_count(cursor, PREDICTOR_TASKS_MAX, "it has too many tasks");
    predictor->model_count = get_count(cursor, PREDICTOR_MODELS_MAX, "it has too many models");
    predictor->rows = get_u32(cursor);
    predictor->reference = get_u32(cursor);
    if (predictor->model_count ? predictor->reference >= predictor->model_count
                               : predictor->reference != 0)
        wrong(cursor, "its best model is not one of its models");
    size_t heads = predictor->task_count + predictor->model_count;
    predictor->heads =
        (heads + PREDICTOR_HEADS_STEP - 1) / PREDICTOR_HEADS_STEP * PREDICTOR_HEADS_STEP;
    predictor->models =
        arena_array(cursor->arena, predictor->model_count, sizeof *predictor->models);
}

static void get_model(struct cursor *cursor, struct predictor_model *model, size_t tasks)
{
    get_shares(cursor, &model->mean, 1);
    get_floats(cursor, &model->rows, 1);
    get_shares(cursor, model->profile, tasks);
    get_floats(cursor, model->profile_rows, tasks);
    model->knots = get_count(cursor, PREDICTOR_KNOTS, "a calibration has too many knots");
    get_floats(cursor, model->from, model->knots);
    get_shares(cursor, model->to, model->knots);
    for (size_t i = 1; i < model->knots; i++)
        if (model->from[i] <= model->from[i - 1] || model->to[i] < model->to[i - 1])
            wrong(cursor, "a calibration falls");
}

static void get_trust(struct cursor *cursor, struct predictor_trust *trust)
{
    get_floats(cursor, &trust->bias, 1);
    get_floats(cursor, trust->weight, SIGNAL_COUNT);
    get_floats(cursor, trust->mean, SIGNAL_COUNT);
    get_floats(cursor, trust->scale, SIGNAL_COUNT);
    get_floats(cursor, &trust->known_least, 1);
    get_floats(cursor, &trust->distance_most, 1);
}

static void get_heads(struct cursor *cursor, struct predictor *predictor)
{
    size_t dense = DENSE_COUNT * predictor->heads, bytes = READING_BUCKETS * predictor->heads;
    if ((size_t)(cursor->end - cursor->at) < bytes) {
        wrong(cursor, "it ends too early");
        return;
    }
    float *dense_weights = arena_array(cursor->arena, dense, sizeof(float));
    int8_t *weights = arena_alloc(cursor->arena, bytes);
    get_floats(cursor, predictor->scale, predictor->heads);
    get_floats(cursor, predictor->bias, predictor->heads);
    get_floats(cursor, dense_weights, dense);
    get(cursor, weights, bytes);
    predictor->weights = weights;
    predictor->dense_weights = dense_weights;
}

static void get_tables(struct cursor *cursor, struct predictor *predictor)
{
    for (int part = 0; part < PART_COUNT; part++)
        predictor->part_used[part] = get_u32(cursor) != 0;
    get(cursor, predictor->idf, sizeof predictor->idf);
    get(cursor, &predictor->idf_rare, sizeof predictor->idf_rare);
    get_floats(cursor, predictor->dense_mean, DENSE_COUNT);
    get_floats(cursor, predictor->dense_scale, DENSE_COUNT);
    get_floats(cursor, predictor->task_rows, predictor->task_count);
    for (size_t m = 0; m < predictor->model_count && !cursor->why; m++)
        get_model(cursor, &predictor->models[m], predictor->task_count);
    get_floats(cursor, &predictor->temperature, 1);
    get_shares(cursor, &predictor->residual_share, 1);
    get_trust(cursor, &predictor->trust);
    get_heads(cursor, predictor);
}

/* Over all but the last bytes, which say what it should be. */
static void check_digest(struct cursor *cursor, struct text bytes, struct predictor *predictor)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct text body = { bytes.data, bytes.len - SHA256_DIGEST_LENGTH };
    write_digest(body, digest, predictor->digest);
    if (memcmp(digest, bytes.data + body.len, sizeof digest) != 0)
        wrong(cursor, "it is damaged: its digest is not that of its content");
}

struct predictor *predictor_parse(struct text bytes, struct arena *arena, const char **ret_why)
{
    struct predictor *predictor = arena_new(arena, struct predictor);
    size_t digest = bytes.len > SHA256_DIGEST_LENGTH ? SHA256_DIGEST_LENGTH : 0;
    struct cursor cursor = { (const uint8_t *)bytes.data,
                             (const uint8_t *)bytes.data + bytes.len - digest, arena, NULL };
    get_head(&cursor, predictor);
    if (!cursor.why && digest)
        check_digest(&cursor, bytes, predictor);
    if (!cursor.why)
        get_names(&cursor, predictor);
    if (!cursor.why)
        get_tables(&cursor, predictor);
    if (!cursor.why && cursor.at != cursor.end)
        wrong(&cursor, "it goes on after its end");
    *ret_why = cursor.why;
    return cursor.why ? NULL : predictor;
}

/* False where the file cannot be read or is above the maximum. */
static bool read_file(const char *path, struct buffer *ret_bytes)
{
    FILE *file = fopen(path, "rbe");
    char piece[65536];
    size_t len;
    bool kept = file != NULL;
    while (kept && (len = fread(piece, 1, sizeof piece, file)) > 0)
        kept = buffer_append(ret_bytes, piece, len);
    kept = kept && !ferror(file);
    if (file)
        fclose(file);
    return kept;
}

struct predictor *predictor_load(const char *path, struct arena *arena, const char **ret_why)
{
    struct buffer bytes;
    struct predictor *predictor = NULL;
    buffer_init(&bytes, PREDICTOR_FILE_MAX);
    if (read_file(path, &bytes))
        predictor = predictor_parse(buffer_text(&bytes), arena, ret_why);
    else
        *ret_why = bytes.len ? "it is too large" : "it cannot be read";
    buffer_clear(&bytes);
    return predictor;
}
