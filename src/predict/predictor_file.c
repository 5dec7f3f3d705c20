/* predictor_file.c - a predictor read from a file, with every number of it checked.
 *
 * The digest tells a damaged file from a whole one; the checks do not rely on it, because anybody
 * can make a file with a right digest. */
#include "predictor_file.h"

#include <math.h>
#include <stdio.h>

#include "base/utf8.h"

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
    char magic[sizeof PREDICTOR_MAGIC - 1] = "";
    if (!get(cursor, magic, sizeof magic) || memcmp(magic, PREDICTOR_MAGIC, sizeof magic) != 0) {
        cursor->why = "it is not a predictor made by `bourse train`";
        cursor->at = cursor->end;
        return;
    }
    if (get_u32(cursor) != PREDICTOR_VERSION)
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
    get_floats(cursor, &model->length, 1);
    if (model->length < 0)
        wrong(cursor, "a model's answers have less than no length");
    get_shares(cursor, model->profile, tasks);
    get_floats(cursor, model->profile_rows, tasks);
    model->knots = get_count(cursor, PREDICTOR_KNOTS, "a calibration has too many knots");
    get_floats(cursor, model->from, model->knots);
    get_shares(cursor, model->to, model->knots);
    for (size_t i = 1; i < model->knots; i++)
        if (model->from[i] <= model->from[i - 1] || model->to[i] < model->to[i - 1])
            wrong(cursor, "a calibration falls");
}

static void get_trust(struct cursor *cursor, struct predictor_trust *trust, size_t tasks)
{
    get_floats(cursor, &trust->bias, 1);
    get_floats(cursor, trust->weight, SIGNAL_COUNT);
    get_floats(cursor, trust->mean, SIGNAL_COUNT);
    get_floats(cursor, trust->scale, SIGNAL_COUNT);
    get_floats(cursor, trust->task, tasks);
    get_floats(cursor, &trust->known_least, 1);
    get_floats(cursor, &trust->distance_most, 1);
}

static void get_sample(struct cursor *cursor, struct predictor_sample *sample, size_t models)
{
    size_t rows = get_count(cursor, SAMPLE_ROWS_MAX, "its sample has too many prompts");
    size_t cells = rows * models;
    uint32_t *tokens_in = arena_array(cursor->arena, rows, sizeof *tokens_in);
    uint8_t *task = arena_alloc(cursor->arena, rows);
    uint16_t *quality = arena_array(cursor->arena, cells, sizeof *quality);
    uint8_t *score = arena_alloc(cursor->arena, cells);
    for (size_t row = 0; row < rows; row++)
        tokens_in[row] = get_u32(cursor);
    get(cursor, task, rows);
    for (size_t i = 0; i < cells; i++) {
        uint8_t bytes[2] = { 0 };
        get(cursor, bytes, sizeof bytes);
        quality[i] = (uint16_t)(bytes[0] | bytes[1] << 8);
    }
    get(cursor, score, cells);
    *sample = (struct predictor_sample){ rows, tokens_in, task, quality, score };
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
    get_trust(cursor, &predictor->trust, predictor->task_count);
    get_sample(cursor, &predictor->sample, predictor->model_count);
    get_heads(cursor, predictor);
}

/* Over all but the last bytes, which say what it should be. */
static void check_digest(struct cursor *cursor, struct text bytes, struct predictor *predictor)
{
    uint8_t digest[PREDICTOR_DIGEST];
    struct text body = { bytes.data, bytes.len - PREDICTOR_DIGEST };
    predictor_file_digest(body, digest, predictor->digest);
    if (memcmp(digest, bytes.data + body.len, sizeof digest) != 0)
        wrong(cursor, "it is damaged: its digest is not that of its content");
}

struct predictor *predictor_parse(struct text bytes, struct arena *arena, const char **ret_why)
{
    struct predictor *predictor = arena_new(arena, struct predictor);
    size_t digest = bytes.len > PREDICTOR_DIGEST ? PREDICTOR_DIGEST : 0;
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
