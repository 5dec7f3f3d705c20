/* classifier.c - how well tasks are told apart on labelled prompts: the rules alone, the builtin
 * predictor alone, both together; and the confusion matrix of the latter.
 *
 *     build/release/tests/bench/classifier config/predictor/heldout.jsonl */
#include <stdio.h>
#include <stdlib.h>

#include "measure/outcomes.h"
#include "route/classifier.h"

enum way { RULES, TRAINED, BOTH, WAY_COUNT };

static const char *const way_names[WAY_COUNT] = { "rules", "trained", "both" };

struct score {
    size_t rows, right[WAY_COUNT], right_by_task[WAY_COUNT][TASK_COUNT], rows_by_task[TASK_COUNT];
    size_t taken_for[TASK_COUNT][TASK_COUNT]; /* by both */
};

static int task_of(const char *category)
{
    for (int task = 0; task < TASK_COUNT; task++) {
        if (category && strcmp(task_name((enum task)task), category) == 0)
            return task;
    }
    fprintf(stderr, "classifier: %s is no task\n", category ? category : "(none)");
    exit(EXIT_FAILURE);
}

static int highest(const float score[TASK_COUNT])
{
    int best = 0;
    for (int task = 1; task < TASK_COUNT; task++)
        best = score[task] > score[best] ? task : best;
    return best;
}

static void classify(const struct chat_request *request, int ret_task[WAY_COUNT])
{
    float score[WAY_COUNT][TASK_COUNT];
    struct marks marks = { .bytes = 0 };
    marks_read_user(&marks, request);
    marks_read_around(&marks, request);
    classifier_rules(request, &marks, score[RULES]);
    classifier_trained(request, score[TRAINED]);
    classifier_read(request, &marks, score[BOTH]);
    for (int way = 0; way < WAY_COUNT; way++)
        ret_task[way] = highest(score[way]);
}

static void add_row(const struct outcome_row *row, struct score *score)
{
    int said[WAY_COUNT], task = task_of(row->category);
    const char *why;
    struct chat_request request;
    struct arena arena;
    arena_init(&arena);
    if (!outcome_request(row, &arena, &request, &why)) {
        fprintf(stderr, "classifier: %s: %s\n", row->id, why);
        exit(EXIT_FAILURE);
    }
    classify(&request, said);
    score->rows++;
    score->rows_by_task[task]++;
    score->taken_for[task][said[BOTH]]++;
    for (int way = 0; way < WAY_COUNT; way++) {
        score->right[way] += said[way] == task;
        score->right_by_task[way][task] += said[way] == task;
    }
    if (said[BOTH] != task && getenv("SHOW"))
        fprintf(stderr, "%s is taken for %s\n", row->id, task_name((enum task)said[BOTH]));
    arena_clear(&arena);
}

static void print_ways(const struct score *score)
{
    printf("%-15s %6s", "recognised, %", "all");
    for (int task = 0; task < TASK_COUNT; task++)
        printf(" %6.6s", task_name((enum task)task));
    for (int way = 0; way < WAY_COUNT; way++) {
        printf("\n%-15s %6.1f", way_names[way],
               100.0 * (double)score->right[way] / (double)score->rows);
        for (int task = 0; task < TASK_COUNT; task++)
            printf(" %6.0f", score->rows_by_task[task]
                                 ? 100.0 * (double)score->right_by_task[way][task] /
                                       (double)score->rows_by_task[task]
                                 : 0);
    }
}

static void print_matrix(const struct score *score)
{
    printf("\n\n%-15s", "taken for");
    for (int task = 0; task < TASK_COUNT; task++)
        printf(" %6.6s", task_name((enum task)task));
    for (int task = 0; task < TASK_COUNT; task++) {
        printf("\n%-15s", task_name((enum task)task));
        for (int other = 0; other < TASK_COUNT; other++)
            printf(" %6zu", score->taken_for[task][other]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "config/predictor/heldout.jsonl", *why;
    struct score score = { .rows = 0 };
    struct outcomes outcomes;
    struct arena arena;
    arena_init(&arena);
    outcomes_init(&outcomes, &arena);
    if (!outcomes_read_file(&outcomes, path, &why)) {
        fprintf(stderr, "classifier: %s\n", why);
        return EXIT_FAILURE;
    }
    outcomes_finish(&outcomes);
    for (size_t i = 0; i < outcomes.row_count; i++)
        add_row(&outcomes.rows[i], &score);
    print_ways(&score);
    print_matrix(&score);
    arena_clear(&arena);
    return EXIT_SUCCESS;
}
