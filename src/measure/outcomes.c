/* outcomes.c - reads outcome data: one JSON object a line, checked member by member. */
#include "measure/outcomes.h"

#include <jansson.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "dialect/openai.h"
#include "lines.h"

struct outcomes_hash {
    EVP_MD_CTX *context;
};

static void end_hash(void *context)
{
    EVP_MD_CTX_free(context);
}

static void end_rows(void *outcomes)
{
    free(((struct outcomes *)outcomes)->rows);
}

void outcomes_init(struct outcomes *outcomes, struct arena *arena)
{
    *outcomes = (struct outcomes){ .arena = arena };
    outcomes->hash = arena_new(arena, struct outcomes_hash);
    outcomes->hash->context = EVP_MD_CTX_new();
    arena_at_end(arena, end_hash, outcomes->hash->context);
    arena_at_end(arena, end_rows, outcomes);
    EVP_DigestInit_ex(outcomes->hash->context, EVP_sha256(), NULL);
}

void outcomes_finish(struct outcomes *outcomes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_DigestFinal_ex(outcomes->hash->context, digest, &len);
    for (unsigned i = 0; i < len && i < 32; i++)
        snprintf(outcomes->digest + 2 * i, 3, "%02x", digest[i]);
}

struct outcome outcomes_find(const struct outcome_row *row, size_t model)
{
    static const struct outcome none = { NAN, -1, -1, -1, -1 };
    return model < row->model_count ? row->models[model] : none;
}

/* ---- one line ---- */

struct reading_line {
    struct outcomes *outcomes;
    const char *why;
    struct outcome found[PREDICTOR_MODELS_MAX];
};

static bool refuse(struct reading_line *line, const char *why)
{
    if (!line->why)
        line->why = why;
    return false;
}

static int find_model(struct outcomes *outcomes, const char *name)
{
    for (size_t m = 0; m < outcomes->model_count; m++) {
        if (strcmp(outcomes->models[m], name) == 0)
            return (int)m;
    }
    if (outcomes->model_count == PREDICTOR_MODELS_MAX)
        return -1;
    outcomes->models[outcomes->model_count] = arena_string(outcomes->arena, name);
    return (int)outcomes->model_count++;
}

/* -1 where the member is absent or null. */
static bool read_number(struct reading_line *line, const json_t *object, const char *name,
                        const char *why, double *ret_number)
{
    const json_t *value = json_object_get(object, name);
    *ret_number = -1;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_number(value) || !(json_number_value(value) >= 0) ||
        json_number_value(value) > 1e12)
        return refuse(line, why);
    *ret_number = json_number_value(value);
    return true;
}

static bool read_outcome(struct reading_line *line, const char *name, const json_t *object)
{
    double in, out;
    int model = find_model(line->outcomes, name);
    const json_t *score = json_object_get(object, "score");
    if (model < 0)
        return refuse(line, "there are too many models; 64 is the maximum");
    if (strlen(name) > PREDICTOR_NAME_MAX || !*name)
        return refuse(line, "the name of a model is empty or too long");
    if (!json_is_number(score) || !(json_number_value(score) >= 0 && json_number_value(score) <= 1))
        return refuse(line, "a model's \"score\" is no number from 0 to 1");
    struct outcome *outcome = &line->found[model];
    outcome->score = (float)json_number_value(score);
    bool read =
        read_number(line, object, "cost_usd", "a \"cost_usd\" is no amount", &outcome->cost) &&
        read_number(line, object, "tokens_in", "a \"tokens_in\" is no count", &in) &&
        read_number(line, object, "tokens_out", "a \"tokens_out\" is no count", &out) &&
        read_number(line, object, "latency_ms", "a \"latency_ms\" is no duration",
                    &outcome->latency_ms);
    if (read) {
        outcome->tokens_in = (int64_t)in;
        outcome->tokens_out = (int64_t)out;
    }
    return read;
}

static bool read_models(struct reading_line *line, json_t *models)
{
    const char *name;
    json_t *object;
    for (size_t m = 0; m < PREDICTOR_MODELS_MAX; m++)
        line->found[m] = (struct outcome){ NAN, -1, -1, -1, -1 };
    if (!models || json_is_null(models))
        return true;
    if (!json_is_object(models))
        return refuse(line, "\"models\" is no object");
    json_object_foreach(models, name, object)
    {
        if (!read_outcome(line, name, object))
            return false;
    }
    return true;
}

/* The prompt or the messages as the body of a chat request. */
static bool make_body(struct reading_line *line, const json_t *object, struct text *ret_body)
{
    json_t *prompt = json_object_get(object, "prompt"), *messages;
    messages = json_object_get(object, "messages");
    if (messages ? !json_is_array(messages) : !json_is_string(prompt))
        return refuse(line, "there is neither a \"prompt\" text nor a list of \"messages\"");
    json_t *body = messages ? json_pack("{s:s, s:O}", "model", "auto", "messages", messages)
                            : json_pack("{s:s, s:[{s:s, s:O}]}", "model", "auto", "messages",
                                        "role", "user", "content", prompt);
    char *printed = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!printed)
        return refuse(line, "it cannot be made a request");
    *ret_body = text_of(arena_string(line->outcomes->arena, printed));
    free(printed);
    return true;
}

static bool read_name(struct reading_line *line, const json_t *object, const char *name,
                      const char *why, const char **ret_name)
{
    const json_t *value = json_object_get(object, name);
    *ret_name = NULL;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_string(value) || json_string_length(value) > PREDICTOR_NAME_MAX)
        return refuse(line, why);
    *ret_name = arena_string(line->outcomes->arena, json_string_value(value));
    return true;
}

static bool check_request(struct reading_line *line, const struct outcome_row *row)
{
    struct arena arena;
    struct chat_request request;
    const char *why = NULL;
    arena_init(&arena);
    bool good = outcome_request(row, &arena, &request, &why);
    if (!good)
        refuse(line, arena_printf(line->outcomes->arena, "it is no request: %s", why));
    arena_clear(&arena);
    return good;
}

static void keep_row(struct reading_line *line, struct outcome_row row)
{
    struct outcomes *outcomes = line->outcomes;
    struct outcome *kept = arena_array(outcomes->arena, outcomes->model_count, sizeof *kept);
    if (outcomes->model_count)
        memcpy(kept, line->found, outcomes->model_count * sizeof *kept);
    row.models = kept;
    row.model_count = outcomes->model_count;
    if (outcomes->row_count == outcomes->row_room) {
        outcomes->row_room = outcomes->row_room ? 2 * outcomes->row_room : 256;
        outcomes->rows = reallocarray(outcomes->rows, outcomes->row_room, sizeof row);
        if (!outcomes->rows)
            abort();
    }
    outcomes->rows[outcomes->row_count++] = row;
}

static bool read_object(struct reading_line *line, json_t *object)
{
    struct outcome_row row = { .id = NULL };
    if (!json_is_object(object))
        return refuse(line, "it is no JSON object");
    if (line->outcomes->row_count == OUTCOMES_ROWS_MAX)
        return refuse(line, "there are too many lines; 1,000,000 is the maximum");
    bool good =
        read_name(line, object, "id", "\"id\" is no short text", &row.id) &&
        read_name(line, object, "category", "\"category\" is no short text", &row.category) &&
        make_body(line, object, &row.body) &&
        read_models(line, json_object_get(object, "models")) && check_request(line, &row);
    if (good)
        keep_row(line, row);
    return good;
}

static bool read_line(void *context, struct text text, const char **ret_why)
{
    struct reading_line line = { .outcomes = context };
    json_error_t error;
    EVP_DigestUpdate(line.outcomes->hash->context, text.data, text.len);
    EVP_DigestUpdate(line.outcomes->hash->context, "\n", 1);
    if (text_trim(text).len == 0)
        return true;
    json_t *object = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (object)
        read_object(&line, object);
    else
        line.why = arena_printf(line.outcomes->arena, "it is no JSON: %s", error.text);
    json_decref(object);
    *ret_why = line.why;
    return line.why == NULL;
}

bool outcomes_read_file(struct outcomes *outcomes, const char *path, const char **ret_why)
{
    return lines_read_file(path, OUTCOMES_LINE_MAX, read_line, outcomes, outcomes->arena, ret_why);
}

bool outcomes_read_text(struct outcomes *outcomes, struct text lines, const char *name,
                        const char **ret_why)
{
    return lines_read_text(lines, name, read_line, outcomes, outcomes->arena, ret_why);
}

bool outcome_request(const struct outcome_row *row, struct arena *arena,
                     struct chat_request *ret_request, const char **ret_why)
{
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, arena);
    enum fail fail = request_reader_feed(reader, row->body, 0);
    if (!fail)
        fail = request_reader_finish(reader, row->body, ret_request);
    const struct reading_problem *problem = request_reader_problem(reader);
    if (fail)
        *ret_why = problem && problem->message ? problem->message : fail_row(fail)->sentence;
    return fail == FAIL_NONE;
}
