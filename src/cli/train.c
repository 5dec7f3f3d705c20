/* train.c - `bourse train`: outcomes become a predictor, a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands.h"
#include "data.h"
#include "measure/lesson.h"
#include "options.h"

#define USAGE "train DATA.jsonl... -o FILE [--tasks MAP.yaml] [--label-free] [--print-profiles]"

struct order { /* what was asked for */
    const char *file, *tasks;
    bool label_free, print_profiles;
    struct data_files data;
};

static bool read_map(const struct order *order, struct arena *arena, struct task_map *map)
{
    struct problems problems;
    struct buffer printed;
    map->count = 0;
    if (!order->tasks)
        return true;
    problems_init(&problems, arena);
    if (task_map_read(order->tasks, arena, &problems, map))
        return true;
    buffer_init(&printed, 1 << 20);
    problems_print(&problems, &printed);
    buffer_write(&printed, stderr);
    buffer_clear(&printed);
    return false;
}

/* Beside it first, then in its place: a reader never sees half a file. */
static bool write_whole(const struct buffer *bytes, const char *path, struct arena *arena)
{
    const char *beside = arena_printf(arena, "%s.new", path);
    FILE *file = fopen(beside, "wbe");
    bool written = file && buffer_write(bytes, file);
    if (file)
        written = fclose(file) == 0 && written;
    if (written && rename(beside, path) == 0)
        return true;
    fprintf(stderr, "bourse train: %s cannot be written: %s\n", path, strerror(errno));
    unlink(beside);
    return false;
}

static int write_predictor(struct predictor *predictor, const char *path, struct arena *arena)
{
    struct buffer bytes;
    buffer_init(&bytes, PREDICTOR_FILE_MAX);
    bool written = predictor_print(predictor, &bytes) && write_whole(&bytes, path, arena);
    if (written)
        printf("wrote %s: %zu bytes, digest %.16s…\n", path, bytes.len, predictor->digest);
    buffer_clear(&bytes);
    return written ? EX_OK : EX_CANTCREAT;
}

/* A task's share of the outcomes tells how much a number rests on. */
static void print_profiles(const struct predictor *predictor)
{
    printf("models:\n");
    for (size_t m = 0; m < predictor->model_count; m++) {
        const struct predictor_model *model = &predictor->models[m];
        printf("  \"%s\":\n    quality:\n      default: %.3f   # %.0f outcomes\n", model->name,
               (double)model->mean, (double)model->rows);
        for (size_t t = 0; t < predictor->task_count; t++)
            printf("      \"%s\": %.3f   # %.0f outcomes\n", predictor->tasks[t],
                   (double)model->profile[t], (double)model->profile_rows[t]);
    }
}

static int train_on(const struct order *order, const struct outcomes *outcomes,
                    const struct task_map *map, struct arena *arena)
{
    const char *why = NULL;
    struct training_report report;
    struct corpus *corpus = corpus_of(outcomes, NULL, map, &why);
    if (!corpus) {
        fprintf(stderr, "bourse train: %s\n", why);
        return EX_DATAERR;
    }
    const struct training how = { order->label_free, 0, outcomes->digest };
    struct predictor *predictor = train(corpus, &how, arena, &report);
    corpus_free(corpus);
    if (order->print_profiles)
        print_profiles(predictor);
    else
        fputs(predictor->report, stdout);
    return order->file ? write_predictor(predictor, order->file, arena) : EX_OK;
}

int command_train(int argc, char **argv)
{
    struct order order = { .file = NULL };
    const struct option_row rows[] = {
        { "output", 'o', "FILE", "where the predictor goes", &order.file, NULL },
        { "tasks", 0, "MAP.yaml", "`category: task` for each line", &order.tasks, NULL },
        { "label-free", 0, NULL, "pass over categories; tasks are clusters of texts", NULL,
          &order.label_free },
        { "print-profiles", 0, NULL, "quality by task, as YAML to paste", NULL,
          &order.print_profiles },
        { 0 },
    };
    int first;
    int stop = options_read(argc, argv, rows, USAGE, &first);
    if (stop)
        return stop - 1;
    if (first == argc || (!order.file && !order.print_profiles)) {
        fprintf(stderr, "usage: bourse %s\n", USAGE);
        return EX_USAGE;
    }
    order.data = (struct data_files){ argv + first, argc - first };

    struct arena arena;
    struct outcomes outcomes;
    struct task_map map;
    arena_init(&arena);
    outcomes_init(&outcomes, &arena);
    int code = !data_read(&order.data, "train", &outcomes) ? EX_NOINPUT
               : !read_map(&order, &arena, &map)           ? EX_CONFIG
                                                 : train_on(&order, &outcomes, &map, &arena);
    arena_clear(&arena);
    return code;
}
