/* lesson.c - each row is read as a client's request would be, and added to the corpus. */
#include "measure/lesson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog/catalog.h"
#include "config/yaml.h"
#include "route/features.h"

static bool is_task(const char *name)
{
    for (int task = 0; task < TASK_COUNT; task++) {
        if (strcmp(task_name((enum task)task), name) == 0)
            return true;
    }
    return false;
}

static const char *nearest_task(struct problems *problems, struct text word)
{
    const char *names[TASK_COUNT];
    for (int task = 0; task < TASK_COUNT; task++)
        names[task] = task_name((enum task)task);
    return problems_nearest(problems, word, names, TASK_COUNT);
}

static void read_entry(const struct yaml_node *node, struct problems *problems,
                       struct task_map *map)
{
    if (node->kind != YAML_SCALAR || !is_task(node->scalar.data)) {
        struct text word = node->kind == YAML_SCALAR ? node->scalar : (struct text){ 0 };
        problems_add(problems, PROBLEM_ERROR, node, "is none of our tasks%s",
                     nearest_task(problems, word));
        return;
    }
    if (map->count == sizeof map->from / sizeof map->from[0]) {
        problems_add(problems, PROBLEM_ERROR, node, "there are too many categories");
        return;
    }
    map->from[map->count] = node->key;
    map->to[map->count++] = node->scalar.data;
}

static const struct yaml_node *read_yaml(const char *path, struct arena *arena,
                                         struct problems *problems)
{
    struct buffer bytes;
    char piece[16384];
    size_t len;
    FILE *file = fopen(path, "rbe");
    if (!file) {
        problems_add_at(problems, PROBLEM_ERROR, path, 0, 0, "the file cannot be opened");
        return NULL;
    }
    buffer_init(&bytes, YAML_TEXT_MAX + sizeof piece);
    while ((len = fread(piece, 1, sizeof piece, file)) > 0 && buffer_append(&bytes, piece, len))
        continue;
    fclose(file);
    struct text text = arena_text(arena, buffer_text(&bytes));
    buffer_clear(&bytes);
    return yaml_read_text(text, path, arena, problems);
}

bool task_map_read(const char *path, struct arena *arena, struct problems *problems,
                   struct task_map *ret_map)
{
    const struct yaml_node *root = read_yaml(path, arena, problems);
    ret_map->count = 0;
    if (root && root->kind != YAML_MAPPING)
        problems_add(problems, PROBLEM_ERROR, root, "expected a mapping of categories to tasks");
    for (const struct yaml_node *node = root && root->kind == YAML_MAPPING ? root->first : NULL;
         node; node = node->next)
        read_entry(node, problems, ret_map);
    return root && problems->errors == 0;
}

const char *task_map_find(const struct task_map *map, const char *category)
{
    for (size_t i = 0; map && category && i < map->count; i++) {
        if (strcmp(map->from[i], category) == 0)
            return map->to[i];
    }
    return category;
}

/* What the request is like to the router, and how the answers to it compare with usual ones. Not
 * asked where there are no models: the program's own classifier, which answers, is trained so. */
static void describe(const struct chat_request *request, const struct outcomes *outcomes,
                     const struct outcome_row *row, float *lengths, struct corpus_row *ret_row)
{
    struct features features;
    features_read(request, &features);
    double usual = task_usual_tokens(features.task);
    for (size_t m = 0; m < outcomes->model_count; m++) {
        int64_t tokens = outcomes_find(row, m).tokens_out;
        lengths[m] = tokens >= 0 ? (float)((double)tokens / usual) : NAN;
    }
    ret_row->tokens_in =
        features.tokens_in < UINT32_MAX ? (uint32_t)features.tokens_in : UINT32_MAX;
    ret_row->task = (uint8_t)features.task;
    ret_row->lengths = lengths;
}

static bool add_row(struct corpus *corpus, const struct outcomes *outcomes,
                    const struct outcome_row *row, const struct task_map *map,
                    struct reading *reading)
{
    float scores[PREDICTOR_MODELS_MAX], lengths[PREDICTOR_MODELS_MAX];
    struct corpus_row added = { .reading = reading,
                                .category = task_map_find(map, row->category),
                                .scores = scores };
    struct chat_request request;
    struct arena arena;
    const char *why;
    arena_init(&arena);
    bool good = outcome_request(row, &arena, &request, &why);
    if (good) {
        reading_read(&request, reading);
        for (size_t m = 0; m < outcomes->model_count; m++)
            scores[m] = outcomes_find(row, m).score;
        if (outcomes->model_count)
            describe(&request, outcomes, row, lengths, &added);
        good = corpus_add(corpus, &added);
    }
    arena_clear(&arena);
    return good;
}

struct corpus *corpus_of(const struct outcomes *outcomes, const bool *wanted,
                         const struct task_map *map, const char **ret_why)
{
    struct corpus *corpus = corpus_new(outcomes->models, outcomes->model_count);
    struct reading *reading = malloc(sizeof *reading);
    bool good = reading != NULL;
    for (size_t i = 0; i < outcomes->row_count && good; i++) {
        if (!wanted || wanted[i])
            good = add_row(corpus, outcomes, &outcomes->rows[i], map, reading);
    }
    free(reading);
    if (good)
        return corpus;
    *ret_why = "there are more than 64 categories: map them to fewer with --tasks, or leave them "
               "unused with --label-free";
    corpus_free(corpus);
    return NULL;
}
